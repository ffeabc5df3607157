using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score;

/// <summary>Applies a ready policy; nothing is trained.</summary>
internal sealed class ScorePolicyEstimator : IEstimator<ScoreCompressTransformer>
{
    private readonly string _outputColumnName;
    private readonly string _featuresColumnName;
    private readonly PolicyNetwork _policy;
    private readonly ScorePolicyOptions _options;

    public ScorePolicyEstimator(string outputColumnName, string featuresColumnName, PolicyNetwork policy, ScorePolicyOptions options)
    {
        _outputColumnName = outputColumnName;
        _featuresColumnName = featuresColumnName;
        _policy = policy;
        _options = options;
    }

    /// <summary>Reads the schema; no data is looked at.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An input column is missing, of another type, or from another encoder.</exception>
    public ScoreCompressTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);

        return Create(input.Schema);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        FeatureColumns.Check(inputSchema, _featuresColumnName, _options.GridColumnName, _options.FeatureOrder);
        return OutputShape.Append(inputSchema, ScoreCompressSettings.Promise(inputSchema, _featuresColumnName, _outputColumnName, _options));
    }

    internal ScoreCompressTransformer Create(DataViewSchema inputSchema)
    {
        var features = FeatureColumns.Resolve(inputSchema, _featuresColumnName, _options.GridColumnName, _options.FeatureOrder);
        var transformer = new ScoreCompressTransformer(ScoreCompressSettings.From(features, _outputColumnName, _options), _policy);
        transformer.GetOutputSchema(inputSchema);
        return transformer;
    }
}

/// <summary>How a policy is applied: the part of the options that a ready policy needs too.</summary>
#pragma warning disable RS0022 // Open to others, as its base is not: users make it themselves, and ScoreCompressOptions derives from it.
public class ScorePolicyOptions : TokenCompressionOptions
#pragma warning restore RS0022
{
    /// <summary>Name of an extra output column with the k kept flat grid indices, ascending (Vector of <see cref="int"/>). Default null: none.</summary>
    public string? KeptIndicesColumnName { get; init; }

    /// <summary>
    /// Name of an extra output column with the keep probability of each of the T*N tokens (Vector of <see cref="float"/>). Default null:
    /// none.
    /// </summary>
    public string? ProbabilitiesColumnName { get; init; }

    /// <summary>Takes features of another encoder than the policy was trained on, as long as their dimension is the same. Default false: an error.</summary>
    public bool AllowOtherEncoder { get; init; }

    private protected override OptionFaults Faults() => base.Faults()
        .RequireNameOrNull(KeptIndicesColumnName)
        .RequireNameOrNull(ProbabilitiesColumnName)
        .Require(
            string.IsNullOrEmpty(KeptIndicesColumnName) || KeptIndicesColumnName != ProbabilitiesColumnName,
            $"{nameof(KeptIndicesColumnName)} and {nameof(ProbabilitiesColumnName)} must differ, got '{KeptIndicesColumnName}' for both");
}
