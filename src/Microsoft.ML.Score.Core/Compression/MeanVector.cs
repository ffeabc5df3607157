namespace Microsoft.ML.Score.Compression;

/// <summary>A running mean of vectors [D], summed in double precision.</summary>
internal sealed class MeanVector(int dimension)
{
    private readonly double[] _sum = new double[dimension];

    public int Count { get; private set; }

    public void Add(ReadOnlySpan<float> vector)
    {
        for (var i = 0; i < _sum.Length; i++)
            _sum[i] += vector[i];
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
