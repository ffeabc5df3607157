namespace Microsoft.ML.Score.TinyModel;

/// <summary>Compares hand-written derivatives with central differences of the loss, in single precision.</summary>
internal static class FiniteDifferences
{
    private const float Step = 1e-2f;

    // Rounding of the loss (about 1e-6 over a step of 2e-2) and the third derivative leave about 1e-3.
    private const double RelativeTolerance = 4e-3, AbsoluteTolerance = 1e-4;

    /// <summary>Asserts |computed - estimated| / |estimated| over the gradient of each array of values.</summary>
    /// <param name="loss">Records the computation on an empty tape and returns the loss.</param>
    /// <param name="values">The arrays to vary: the loss reads them anew each time. With each its computed derivative.</param>
    /// <param name="samples">About how many values of an array are varied.</param>
    public static void AssertGradients(Func<double> loss, IReadOnlyList<(string Name, Memory<float> Values, float[] Computed)> values, int samples)
    {
        foreach (var (name, array, computed) in values)
        {
            double difference = 0, norm = 0;
            for (var i = 0; i < array.Length; i += 1 + array.Length / samples)
            {
                var kept = array.Span[i];
                array.Span[i] = kept + Step;
                var above = loss();
                array.Span[i] = kept - Step;
                var below = loss();
                array.Span[i] = kept;
                var estimated = (above - below) / (2 * Step);
                difference += Math.Pow(estimated - computed[i], 2);
                norm += Math.Pow(estimated, 2);
            }

            Assert.That(Math.Sqrt(difference), Is.LessThan(RelativeTolerance * Math.Sqrt(norm) + AbsoluteTolerance), $"{name}: gradient norm {Math.Sqrt(norm):G4}");
        }
    }
}
