namespace Microsoft.ML.Score.Benchmarks;

/// <summary>Operands of the benchmarks.</summary>
internal static class RandomValues
{
    /// <summary>Values in [-1, 1).</summary>
    public static float[] Of(int seed, int count)
    {
        var random = new Random(seed);
        var values = new float[count];
        foreach (ref var value in values.AsSpan())
            value = random.NextSingle() * 2 - 1;
        return values;
    }
}
