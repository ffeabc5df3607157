namespace Microsoft.ML.Score;

/// <summary>How a policy is applied: the part of the options that a ready policy needs too.</summary>
public class ScorePolicyOptions
{
    /// <summary>rho, the share of tokens that stay: k = max(1, floor(rho*T*N)) in double arithmetic. In (0, 1]. Default 0.10.</summary>
    public double RetentionRatio { get; init; } = 0.10;

    /// <summary>Name of an extra output column with the k kept flat grid indices, ascending (Vector of <see cref="int"/>). Default null: none.</summary>
    public string? KeptIndicesColumnName { get; init; }

    /// <summary>Name of an extra output column with the keep probability of each of the T*N tokens (Vector of <see cref="float"/>). Default null: none.</summary>
    public string? ProbabilitiesColumnName { get; init; }

    /// <summary>
    /// Name of the grid column, a Vector of <see cref="float"/> of 4 = (T, H, W, seconds per step). Not needed where the features
    /// column has dimensions [*, H, W, D] or holds paths of feature files. Default "Grid".
    /// </summary>
    public string GridColumnName { get; init; } = "Grid";

    /// <summary>Takes features of another encoder than the policy was trained on, as long as their dimension is the same. Default false: an error.</summary>
    public bool AllowOtherEncoder { get; init; }

    /// <summary>What is wrong with these options, each in a few words.</summary>
    private protected virtual IEnumerable<string> Faults()
    {
        if (!(RetentionRatio > 0) || RetentionRatio > 1)
            yield return $"{nameof(RetentionRatio)} must lie in (0, 1], got {RetentionRatio}";
        if (string.IsNullOrEmpty(GridColumnName))
            yield return $"{nameof(GridColumnName)} must not be empty";
        if (KeptIndicesColumnName == "")
            yield return $"{nameof(KeptIndicesColumnName)} must be null or a name, got an empty string";
        if (ProbabilitiesColumnName == "")
            yield return $"{nameof(ProbabilitiesColumnName)} must be null or a name, got an empty string";
        if (KeptIndicesColumnName is { Length: > 0 } name && name == ProbabilitiesColumnName)
            yield return $"{nameof(KeptIndicesColumnName)} and {nameof(ProbabilitiesColumnName)} are both '{name}'";
    }

    /// <summary>Reports all faults at once.</summary>
    internal void ThrowIfFaulty(string parameterName)
    {
        var faults = Faults().ToArray();
        if (faults.Length > 0)
            throw new ArgumentException($"Invalid {GetType().Name}: {string.Join("; ", faults)}.", parameterName);
    }
}
