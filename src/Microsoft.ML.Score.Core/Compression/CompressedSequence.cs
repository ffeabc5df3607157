using System.Numerics.Tensors;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>What a compressor puts out, in the order in which its original does: tokens kept as they are, and merged ones.</summary>
internal sealed class CompressedSequence
{
    private readonly List<int> _indices = [];
    private readonly List<float[]?> _merged = [];

    /// <summary>Flat grid indices: a kept token's own, a merged token's centre.</summary>
    public IReadOnlyList<int> Indices => _indices;

    /// <summary>The vectors [D] of merged tokens, null for tokens kept as they are.</summary>
    public IReadOnlyList<float[]?> Merged => _merged;

    public void Keep(int index)
    {
        _indices.Add(index);
        _merged.Add(null);
    }

    public void Keep(int first, int count)
    {
        for (var i = 0; i < count; i++)
            Keep(first + i);
    }

    public void Merge(int centre, float[] vector)
    {
        _indices.Add(centre);
        _merged.Add(vector);
    }

    /// <summary>The tokens in the order of their positions, which the language model needs.</summary>
    public KeptTokens ToKept(VideoTokens video)
    {
        var order = Enumerable.Range(0, _indices.Count).OrderBy(i => _indices[i]).ToArray();
        return ToKept(video, order, Array.ConvertAll(order, i => _indices[i]));
    }

    /// <summary>The tokens in the order in which they were put out, at the given positions in place of their own.</summary>
    public KeptTokens ToKept(VideoTokens video, int[] positions) => ToKept(video, [.. Enumerable.Range(0, _indices.Count)], positions);

    private KeptTokens ToKept(VideoTokens video, int[] order, int[] positions)
    {
        var d = video.Dimension;
        var vectors = new float[order.Length * d];
        for (var i = 0; i < order.Length; i++)
        {
            ReadOnlySpan<float> vector = _merged[order[i]] is { } merged ? merged : video.Token(_indices[order[i]]);
            vector.CopyTo(vectors.AsSpan(i * d));
        }

        return new KeptTokens(video.Grid, d, positions, vectors) { Times = video.Times, DeepStack = DeepStackFeatures.Gather(video.DeepStack, d, positions) };
    }
}

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
