using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// Whose tokens something takes or gives: whether a policy, a model, a file and a row fit each other is asked here, and told in one wording.
/// </summary>
/// <param name="Owner">Who takes or gives them, for messages, for example "the policy".</param>
/// <param name="Dimension">D of the tokens; null takes any.</param>
/// <param name="Fingerprint">Fingerprint of the encoder, as <see cref="VideoModelInfo.EncoderFingerprint"/>; null takes any.</param>
public sealed record EncoderIdentity(string Owner, int? Dimension, string? Fingerprint)
{
    /// <summary>Takes the tokens of every encoder.</summary>
    public static EncoderIdentity Any { get; } = new("", null, null);

    /// <summary>
    /// Takes the tokens of the model whatever its options of frame sampling and size were, as a language model does; a policy does not.
    /// </summary>
    public bool AnyProcessing { get; init; }

    /// <summary>The encoder of a frozen model.</summary>
    /// <param name="model">The model.</param>
    public static EncoderIdentity Of(VideoModelInfo model)
    {
        ArgumentNullException.ThrowIfNull(model);

        return new($"the model '{model.Source}'", model.Dimension, model.EncoderFingerprint);
    }

    /// <summary>Why tokens are refused, as a sentence, or null. What is unknown on either side is not refused.</summary>
    /// <param name="dimension">Their dimension; null where it is not known.</param>
    /// <param name="fingerprint">The fingerprint of their encoder; null where it is not known.</param>
    /// <param name="giver">Where they come from, for the message; null leaves it out.</param>
    public string? Refuses(int? dimension, string? fingerprint, string? giver = null)
    {
        var (owner, source) = (Owner.Length > 0 ? char.ToUpperInvariant(Owner[0]) + Owner[1..] : "", giver is null ? "" : $" from {giver}");
        if (Dimension is { } wanted && dimension is { } actual && wanted != actual)
            return $"{owner} takes tokens of dimension {wanted}, got {actual}{source}.";
        if (Fingerprint is null || fingerprint is null)
            return null;
        var (own, other) = (FingerprintParts.Of(Fingerprint), FingerprintParts.Of(fingerprint));
        if (AnyProcessing ? own.IsModelOf(other) : own.IsEncoderOf(other))
            return null;
        var reason = own.IsModelOf(other) ? " (the same model, loaded with other options of frame sampling or size)"
            : own.IsLayoutOf(other) ? " (a model of the same configuration with other weights)" : "";
        return $"{owner} takes tokens of encoder {Excerpt.Of(Fingerprint)}, got those of encoder {Excerpt.Of(fingerprint)}{source}{reason}.";
    }

    /// <summary>As the other, for the tokens of another encoder.</summary>
    /// <param name="giver">Whose tokens they are.</param>
    public string? Refuses(EncoderIdentity giver)
    {
        ArgumentNullException.ThrowIfNull(giver);

        return Refuses(giver.Dimension, giver.Fingerprint, giver.Owner);
    }
}
