namespace Microsoft.ML.Score.Goldens;

/// <summary>One quantity of one golden case compared with what this build computes.</summary>
/// <param name="Case">The case, for example "qwen25vl_tiny_A/case2_windows".</param>
/// <param name="Quantity">What was compared, for example "llm.final_norm".</param>
/// <param name="Deviation">
/// Largest absolute deviation in the units of the tolerance; for exact quantities the number of elements that differ; NaN for an
/// unsupported case.
/// </param>
/// <param name="Tolerance">The largest deviation allowed; 0 for exact quantities.</param>
/// <param name="Outcome">Whether the deviation is within the tolerance, or the kind of case does not exist.</param>
internal sealed record VerificationRow(string Case, string Quantity, double Deviation, double Tolerance, VerificationOutcome Outcome)
{
    /// <summary>A row judged by its deviation; NaN is never within a tolerance.</summary>
    public static VerificationRow Compare(string name, string quantity, double deviation, double tolerance) =>
        new(name, quantity, deviation, tolerance, deviation <= tolerance ? VerificationOutcome.Passed : VerificationOutcome.Failed);

    /// <summary>A row of values that must be equal; sequences of different lengths differ by infinity.</summary>
    public static VerificationRow Exactly<T>(string name, string quantity, IReadOnlyList<T> expected, IReadOnlyList<T> actual) => Compare(
        name, quantity, expected.Count == actual.Count ? expected.Zip(actual).Count(pair => !Equals(pair.First, pair.Second)) : double.PositiveInfinity, 0);

    /// <summary>A case of a kind that does not exist.</summary>
    public static VerificationRow Unsupported(string name, string kind) =>
        new(name, kind, double.NaN, double.NaN, VerificationOutcome.Unsupported);
}

internal enum VerificationOutcome
{
    Passed,
    Failed,
    Unsupported,
}
