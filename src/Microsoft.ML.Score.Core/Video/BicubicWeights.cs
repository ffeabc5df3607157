namespace Microsoft.ML.Score.Video;

/// <summary>
/// Antialiased bicubic weights (Keys' kernel, a = -0.5) along one axis: which source pixels a destination pixel is made of, and how.
/// When shrinking the kernel is stretched by the scale. Both <see cref="TorchvisionResampler"/> and <see cref="PillowResampler"/> build on it.
/// </summary>
internal sealed class BicubicWeights
{
    /// <param name="sourceLength">Pixels before.</param>
    /// <param name="length">Pixels after.</param>
    public BicubicWeights(int sourceLength, int length)
    {
        var scale = (double)sourceLength / length;
        var stretch = Math.Max(scale, 1.0);
        var support = 2.0 * stretch;
        Starts = new int[length];
        Values = new double[length][];
        for (var i = 0; i < length; i++)
        {
            var center = (i + 0.5) * scale;
            Starts[i] = Math.Max((int)(center - support + 0.5), 0);
            var weights = new double[Math.Min((int)(center + support + 0.5), sourceLength) - Starts[i]];
            var sum = 0.0;
            for (var j = 0; j < weights.Length; j++)
                sum += weights[j] = Kernel((j + Starts[i] - center + 0.5) * (1.0 / stretch));
            for (var j = 0; j < weights.Length; j++)
                weights[j] *= 1.0 / sum;
            Values[i] = weights;
        }
    }

    /// <summary>The first source pixel of each destination pixel.</summary>
    public int[] Starts { get; }

    /// <summary>The weights of each destination pixel, from its first source pixel on; they sum to 1.</summary>
    public double[][] Values { get; }

    private static double Kernel(double x)
    {
        const double A = -0.5;
        x = Math.Abs(x);
        if (x < 1.0)
            return ((A + 2.0) * x - (A + 3.0)) * x * x + 1;
        return x < 2.0 ? (((x - 5) * x + 8) * x - 4) * A : 0.0;
    }
}
