namespace Microsoft.ML.Score.Policy;

/// <summary>
/// Where a trained policy came from: what its training depended on, and how it did on the validation set. It holds neither times nor paths, so
/// that the same training gives the same bytes.
/// </summary>
public sealed class PolicyProvenance
{
    internal PolicyProvenance()
    {
    }

    /// <summary>The version of this library that trained it.</summary>
    public string Version { get; internal init; } = "";

    /// <summary>The last part of the frozen model's source: "tiny", or the name of a checkpoint folder.</summary>
    public string Model { get; internal init; } = "";

    /// <summary>The frozen model's <see cref="Tokens.VideoModelInfo.Fingerprint"/>.</summary>
    public string ModelFingerprint { get; internal init; } = "";

    /// <summary>The seed.</summary>
    public int Seed { get; internal init; }

    /// <summary>Steps taken on pseudo-videos.</summary>
    public int WarmUpSteps { get; internal init; }

    /// <summary>Steps taken on videos.</summary>
    public int MainSteps { get; internal init; }

    /// <summary>Steps, of both stages, after which this policy was taken: the best on the validation set, else the last. 0 is the policy that training began with.</summary>
    public int KeptStep { get; internal init; }

    /// <summary>rho, at which policies were compared.</summary>
    public double RetentionRatio { get; internal init; }

    /// <summary>Rows of the training data that training came by, in their order; all of them where an epoch was completed.</summary>
    public int Rows { get; internal init; }

    /// <summary>How many of the rows are stills.</summary>
    public int Stills { get; internal init; }

    /// <summary>A SHA-256 over the rows' captions and which of them are stills, in their order; lower-case hexadecimal.</summary>
    public string RowsHash { get; internal init; } = "";

    /// <summary>The SHA-256 of the file of the policy that training began with; null for an untrained one.</summary>
    public string? InitialPolicy { get; internal init; }

    /// <summary>The kept policy's mean caption cross-entropy on the validation set, in nats a token; null without a validation set.</summary>
    public double? ValidationCrossEntropy { get; internal init; }

    /// <summary>That of the policy that training began with; null without a validation set.</summary>
    public double? UntrainedCrossEntropy { get; internal init; }
}
