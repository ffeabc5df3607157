using System.Numerics.Tensors;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// Clustering by density peaks over k nearest neighbours, as HoliTom and FastVID use it: d(i,j) = |a_i - a_j| / sqrt(D), the
/// density of a row is exp(-mean of its k smallest d^2, itself included), and a row scores its density times the distance to
/// the nearest denser row (the largest distance of all, for the densest).
/// </summary>
internal sealed class DensityPeaks
{
    private const double NoiseWeight = 1e-6;

    private readonly int _count;
    private readonly double[] _distances; // [n, n]
    private readonly double[] _scores;

    /// <param name="rows">The vectors, n of [D].</param>
    /// <param name="neighbours">k; fewer where there are fewer rows.</param>
    /// <param name="noise">Drawn once for each row.</param>
    public DensityPeaks(IReadOnlyList<ReadOnlyMemory<float>> rows, int neighbours, DensityNoise noise)
    {
        _count = rows.Count;
        _distances = Distances(rows);
        var k = Math.Min(neighbours, _count);
        var drawn = noise.Draw(_count);
        var density = new double[_count];
        var nearest = new double[k];
        for (var i = 0; i < _count; i++)
            density[i] = Math.Exp(-MeanOfSmallestSquares(Row(i), nearest)) + (drawn.IsEmpty ? 0 : NoiseWeight * drawn[i]);

        var largest = _count == 0 ? 0 : TensorPrimitives.Max<double>(_distances);
        _scores = new double[_count];
        for (var i = 0; i < _count; i++)
        {
            var toDenser = largest;
            for (var j = 0; j < _count; j++)
                if (density[j] > density[i])
                    toDenser = Math.Min(toDenser, Row(i)[j]);
            _scores[i] = toDenser * density[i];
        }
    }

    /// <summary>The rows that score highest, ascending.</summary>
    public int[] Centres(int count) => Ranking.Highest(_scores, count);

    /// <summary>The centre nearest to a row, as a number among the centres; the first of equally near ones.</summary>
    public int Nearest(int row, int[] centres)
    {
        var nearest = 0;
        for (var c = 1; c < centres.Length; c++)
            if (Row(row)[centres[c]] < Row(row)[centres[nearest]])
                nearest = c;
        return nearest;
    }

    private ReadOnlySpan<double> Row(int row) => _distances.AsSpan(row * _count, _count);

    private static double MeanOfSmallestSquares(ReadOnlySpan<double> distances, Span<double> nearest)
    {
        nearest.Fill(double.PositiveInfinity);
        foreach (var distance in distances)
        {
            var square = distance * distance;
            if (square >= nearest[^1])
                continue;
            var place = nearest.Length - 1;
            for (; place > 0 && nearest[place - 1] > square; place--)
                nearest[place] = nearest[place - 1];
            nearest[place] = square;
        }

        var sum = 0d;
        foreach (var square in nearest)
            sum += square;
        return sum / nearest.Length;
    }

    // By differences, not by scalar products: near duplicates are what is looked for, and there the products cancel.
    private static double[] Distances(IReadOnlyList<ReadOnlyMemory<float>> rows)
    {
        var n = rows.Count;
        var distances = new double[n * n];
        Parallel.For(0, n, i =>
        {
            var row = rows[i].Span;
            for (var j = 0; j < i; j++)
                distances[i * n + j] = distances[j * n + i] = Math.Sqrt(WideSums.SquaredDistance(row, rows[j].Span) / row.Length);
        });
        return distances;
    }
}

/// <summary>
/// The uniform noise that the originals add to densities, replayed in the order of their draws. Ours add none, which
/// makes the lower index win where densities are equal.
/// </summary>
internal sealed class DensityNoise(ReadOnlyMemory<float> values)
{
    public static readonly DensityNoise None = new(default);

    private int _next;

    /// <summary>The next <paramref name="count"/> values; empty where there is no noise.</summary>
    public ReadOnlySpan<float> Draw(int count)
    {
        if (values.IsEmpty)
            return default;
        _next += count;
        return values.Span.Slice(_next - count, count);
    }
}
