using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Goldens;

/// <summary>The tensors of one golden case, and comparison with them. Arrays of different lengths differ by infinity.</summary>
internal sealed record GoldenTensors(string Case, SafetensorsFile File)
{
    public VerificationRow Close(string quantity, float[] expected, float[] actual, double tolerance)
    {
        var deviation = expected.Length == actual.Length ? 0.0 : double.PositiveInfinity;
        for (var i = 0; i < Math.Min(expected.Length, actual.Length) && !double.IsNaN(deviation); i++)
        {
            // Max and comparison would drop a NaN.
            var difference = Math.Abs((double)expected[i] - actual[i]);
            deviation = double.IsNaN(difference) ? double.NaN : Math.Max(deviation, difference);
        }

        return VerificationRow.Compare(Case, quantity, deviation, tolerance);
    }

    public VerificationRow Exactly(string quantity, int[] expected, int[] actual) => VerificationRow.Exactly(Case, quantity, expected, actual);
}
