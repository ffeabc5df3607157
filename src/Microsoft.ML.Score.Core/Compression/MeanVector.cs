using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Compression;

/// <summary>A running mean of vectors [D], summed in double precision.</summary>
internal sealed class MeanVector(int dimension)
{
    private readonly double[] _sum = new double[dimension];
    private readonly double[] _widened = new double[dimension];

    public int Count { get; private set; }

    public void Add(ReadOnlySpan<float> vector)
    {
        TensorPrimitives.ConvertTruncating<float, double>(vector[.._sum.Length], _widened);
        TensorPrimitives.Add<double>(_sum, _widened, _sum);
        Count++;
    }

    public float[] Value() => Array.ConvertAll(_sum, sum => (float)(sum / Count));

    /// <summary>weight * centre + (1 - weight) * mean; the centre itself where nothing was added.</summary>
    public float[] Blend(ReadOnlySpan<float> centre, double weight)
    {
        var blended = centre.ToArray();
        if (Count == 0)
            return blended;
        for (var i = 0; i < blended.Length; i++)
            blended[i] = (float)(weight * centre[i] + (1 - weight) * (_sum[i] / Count));
        return blended;
    }
}
