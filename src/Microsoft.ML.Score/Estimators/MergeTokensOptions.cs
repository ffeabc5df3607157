namespace Microsoft.ML.Score;

/// <summary>Options of <c>MergeTokens</c>.</summary>
public sealed class MergeTokensOptions : TokenCompressionOptions
{
    /// <summary>Name of the column of positions. Default null: the output column's name with "Positions" after it.</summary>
    public string? PositionsColumnName { get; init; }

    /// <summary>
    /// Name of a column with the attention that each of the T*N tokens receives in the encoder (Vector of <see cref="float"/>), which a
    /// vector column of features does not carry; it goes before what feature files carry. Default null: feature files are
    /// needed by the methods that choose by attention.
    /// </summary>
    public string? SalienceColumnName { get; init; }

    private protected override IEnumerable<string> Faults()
    {
        foreach (var fault in base.Faults())
            yield return fault;
        if (PositionsColumnName == "")
            yield return $"{nameof(PositionsColumnName)} must be null or a name, got an empty string";
        if (SalienceColumnName == "")
            yield return $"{nameof(SalienceColumnName)} must be null or a name, got an empty string";
    }
}
