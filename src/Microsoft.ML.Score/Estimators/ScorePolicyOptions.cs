namespace Microsoft.ML.Score;

/// <summary>How a policy is applied: the part of the options that a ready policy needs too.</summary>
public class ScorePolicyOptions : TokenCompressionOptions
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

    private protected override IEnumerable<string> Faults()
    {
        foreach (var fault in base.Faults())
            yield return fault;
        if (KeptIndicesColumnName == "")
            yield return $"{nameof(KeptIndicesColumnName)} must be null or a name, got an empty string";
        if (ProbabilitiesColumnName == "")
            yield return $"{nameof(ProbabilitiesColumnName)} must be null or a name, got an empty string";
        if (KeptIndicesColumnName is { Length: > 0 } name && name == ProbabilitiesColumnName)
            yield return $"{nameof(KeptIndicesColumnName)} and {nameof(ProbabilitiesColumnName)} are both '{name}'";
    }
}
