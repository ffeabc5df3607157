using System.Numerics.Tensors;
using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Saving;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score;

/// <summary>
/// Adds the mask of the k = max(1, floor(rho*T*N)) tokens that the policy scores highest, ties to the lower index; deterministic.
/// Made by <see cref="ScoreCompressEstimator"/> or from a ready policy. Needs no frozen model.
/// </summary>
/// <remarks>
/// The mask column is a Vector of <see cref="bool"/> of T*N values in flat grid order, of type [T, H, W] where H and W are
/// the same for all rows, T being * unless it is too. Its annotations: "Grid" = (T, H, W) as a Vector of <see cref="int"/>, 0 for what differs from row to row;
/// "GridColumn", the name of the column that gives each row's grid, where there is one; "RetentionRatio".
/// A row whose content is unusable (values not divisible by the grid, NaN or infinity, T = 0, another dimension or encoder) throws
/// <see cref="InvalidDataException"/> with the row's zero-based number when a cursor or engine reads the new columns.
/// </remarks>
public sealed class ScoreCompressTransformer : VideoTransformer
{
    internal const string Kind = "ScoreCompress";

    private readonly ScoreCompressSettings _settings;
    private readonly EncoderIdentity _encoder;

    internal ScoreCompressTransformer(ScoreCompressSettings settings, PolicyNetwork policy)
    {
        _settings = settings;
        _encoder = new EncoderIdentity("The policy", policy.Dimension, settings.AllowOtherEncoder ? null : policy.EncoderFingerprint);
        Policy = policy;
    }

    internal ScoreCompressTransformer(ScoreCompressSettings settings, byte[] policyFile)
        : this(settings, PolicyFile.Parse(policyFile, "the saved policy"))
    {
    }

    /// <summary>The policy that scores the tokens.</summary>
    public PolicyNetwork Policy { get; }

    /// <summary>rho, the share of tokens that stay.</summary>
    public double RetentionRatio => _settings.RetentionRatio;

    internal override IEnumerable<DataViewSchema.DetachedColumn> FittedColumns => _settings.Features.Detach();

    internal override SavedTransformer ToSaved() => SavedTransformer.Create(Kind, _settings, PolicyFile.ToBytes(Policy));

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        var features = _settings.Features.Bind(inputSchema, _encoder);
        var added = new List<OutputColumn<Scores>>
        {
            MaskColumn.Output<Scores>(_settings.Mask, _settings.Features, RetentionRatio, scores => scores.Mask()),
        };
        if (_settings.KeptIndices is { } indices)
            added.Add(OutputColumn.Vector<Scores, int>(indices, _settings.IndicesType(), scores => scores.Kept));
        if (_settings.Probabilities is { } probabilities)
            added.Add(OutputColumn.Vector<Scores, float>(probabilities, _settings.Features.PerTokenType(NumberDataViewType.Single), scores => scores.Probabilities()));
        return new RowMapping<Scores>(inputSchema, features, added, row =>
        {
            var video = new FeatureReader(_settings.Features, row, _encoder);
            return () => Score(video.Logits(Policy));
        });
    }

    private Scores Score(float[] logits) => new(logits, TopK.Select(logits, TopK.RetainedCount(RetentionRatio, logits.Length)));

    private sealed record Scores(float[] Logits, int[] Kept)
    {
        public ReadOnlyMemory<bool> Mask()
        {
            var mask = new bool[Logits.Length];
            foreach (var index in Kept)
                mask[index] = true;
            return mask;
        }

        public ReadOnlyMemory<float> Probabilities()
        {
            var probabilities = new float[Logits.Length];
            TensorPrimitives.Sigmoid(Logits, probabilities);
            return probabilities;
        }
    }
}

/// <summary>What <see cref="ScoreCompressTransformer"/> is made of, beside its policy, and saved as.</summary>
internal sealed record ScoreCompressSettings(
    FeatureColumns Features, string Mask, string? KeptIndices, string? Probabilities, double RetentionRatio, bool AllowOtherEncoder)
{
    public static ScoreCompressSettings From(FeatureColumns features, string mask, ScorePolicyOptions options) =>
        new(features, mask, options.KeptIndicesColumnName, options.ProbabilitiesColumnName, options.RetentionRatio, options.AllowOtherEncoder);

    /// <summary>The type of the kept indices: [k] where all videos are of one size.</summary>
    public VectorDataViewType IndicesType() => Features.PerTokenType(NumberDataViewType.Int32) is { IsKnownSize: true, Size: var count }
        ? new(NumberDataViewType.Int32, TopK.RetainedCount(RetentionRatio, count))
        : new(NumberDataViewType.Int32);

    /// <summary>The columns that the transformer promises, of known size or not.</summary>
    public static DataViewSchema.DetachedColumn[] Promise(SchemaShape inputSchema, string features, string mask, ScorePolicyOptions options)
    {
        var outputs = new List<DataViewSchema.DetachedColumn> { new(mask, Type(BooleanDataViewType.Instance)) };
        if (options.KeptIndicesColumnName is { } indices)
            outputs.Add(new(indices, Type(NumberDataViewType.Int32)));
        if (options.ProbabilitiesColumnName is { } probabilities)
            outputs.Add(new(probabilities, Type(NumberDataViewType.Single)));
        return [.. outputs];

        VectorDataViewType Type(PrimitiveDataViewType itemType) => FeatureColumns.PromisedPerTokenType(inputSchema, features, options.GridColumnName, itemType);
    }
}
