using System.Numerics.Tensors;
using Microsoft.ML.Score.Kernels.Simd;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>
/// One head of <see cref="Tape.StreamAttention"/> in dense copies: q turned and scaled, k turned, k and v also block-transposed where
/// a product needs it. Reused from head to head.
/// </summary>
internal sealed class AttentionHead
{
    private float[] _q = [], _k = [], _v = [], _keysTransposed = [], _valuesTransposed = [], _result = [];
    private float[] _qGradient = [], _kGradient = [], _vGradient = [], _resultGradient = [];
    private float[] _scores = [], _scoreGradients = [];
    private int _rows, _d;

    private float Scale => 1f / MathF.Sqrt(_d);

    public void Load(Variable q, Variable k, Variable v, int head, int heads, StreamLayout layout, RotaryTable rotary)
    {
        (_rows, _d) = (q.Rows, q.Columns / heads);
        var length = _rows * _d;
        Grow(length, _rows * StreamLayout.BlockLength);
        for (var row = 0; row < _rows; row++)
        {
            rotary.Rotate(q.Row(row).Slice(head * _d, _d), _q.AsSpan(row * _d, _d), row, 1f);
            rotary.Rotate(k.Row(row).Slice(head * _d, _d), _k.AsSpan(row * _d, _d), row, 1f);
            v.Row(row).Slice(head * _d, _d).CopyTo(_v.AsSpan(row * _d));
        }

        TensorPrimitives.Multiply(_q.AsSpan(0, length), Scale, _q.AsSpan(0, length));
        foreach (var (start, count, _) in layout.Blocks)
            for (var j = 0; j < count; j++)
                for (var i = 0; i < _d; i++)
                {
                    _keysTransposed[start * _d + i * count + j] = _k[(start + j) * _d + i];
                    _valuesTransposed[start * _d + i * count + j] = _v[(start + j) * _d + i];
                }
    }

    public void Forward(StreamLayout layout, int[][] visible, Span<float> logSums)
    {
        Span<float> maxima = stackalloc float[StreamLayout.BlockLength];
        Span<float> sums = stackalloc float[StreamLayout.BlockLength];
        _result.AsSpan(0, _rows * _d).Clear();
        for (var block = 0; block < visible.Length; block++)
        {
            var (start, rows, _) = layout.Blocks[block];
            var used = 0;
            foreach (var tile in visible[block])
            {
                var (keyStart, keys, _) = layout.Blocks[tile];
                var scores = _scores.AsSpan(used, rows * keys);
                MatrixProduct.Multiply(_q.AsSpan(start * _d, rows * _d), _keysTransposed.AsSpan(keyStart * _d, keys * _d), scores, rows, keys, _d);
                if (tile == block)
                    HideFuture(scores, keys, float.NegativeInfinity);
                used += rows * keys;
            }

            maxima.Fill(float.NegativeInfinity);
            sums.Clear();
            used = 0;
            foreach (var tile in visible[block])
            {
                var keys = layout.Blocks[tile].Length;
                for (var row = 0; row < rows; row++)
                    maxima[row] = Math.Max(maxima[row], TensorPrimitives.Max<float>(_scores.AsSpan(used + row * keys, keys)));
                used += rows * keys;
            }

            used = 0;
            foreach (var tile in visible[block])
            {
                var (keyStart, keys, _) = layout.Blocks[tile];
                var scores = _scores.AsSpan(used, rows * keys);
                Exponentials(scores, maxima, keys);
                for (var row = 0; row < rows; row++)
                    sums[row] += TensorPrimitives.Sum<float>(scores.Slice(row * keys, keys));
                MatrixProduct.Multiply(scores, _v.AsSpan(keyStart * _d, keys * _d), _result.AsSpan(start * _d, rows * _d), rows, _d, keys, accumulate: true);
                used += rows * keys;
            }

            for (var row = 0; row < rows; row++)
            {
                var result = _result.AsSpan((start + row) * _d, _d);
                TensorPrimitives.Divide(result, sums[row], result);
                logSums[start + row] = maxima[row] + MathF.Log(sums[row]);
            }
        }
    }

    public void Backward(StreamLayout layout, int[][] visible, ReadOnlySpan<float> logSums)
    {
        _qGradient.AsSpan(0, _rows * _d).Clear();
        _kGradient.AsSpan(0, _rows * _d).Clear();
        _vGradient.AsSpan(0, _rows * _d).Clear();
        Span<float> means = stackalloc float[StreamLayout.BlockLength];
        for (var block = 0; block < visible.Length; block++)
        {
            var (start, rows, _) = layout.Blocks[block];
            var q = _q.AsSpan(start * _d, rows * _d);
            var gradient = _resultGradient.AsSpan(start * _d, rows * _d);
            for (var row = 0; row < rows; row++)
                means[row] = TensorPrimitives.Dot<float>(gradient.Slice(row * _d, _d), _result.AsSpan((start + row) * _d, _d));
            foreach (var tile in visible[block])
            {
                var (keyStart, keys, _) = layout.Blocks[tile];
                var probabilities = _scores.AsSpan(0, rows * keys);
                var changes = _scoreGradients.AsSpan(0, rows * keys);
                MatrixProduct.Multiply(q, _keysTransposed.AsSpan(keyStart * _d, keys * _d), probabilities, rows, keys, _d);
                Exponentials(probabilities, logSums[start..], keys);
                if (tile == block)
                    HideFuture(probabilities, keys, 0f);
                MatrixProduct.MultiplyTransposedA(probabilities, gradient, _vGradient.AsSpan(keyStart * _d, keys * _d), keys, _d, rows, accumulate: true);
                MatrixProduct.Multiply(gradient, _valuesTransposed.AsSpan(keyStart * _d, keys * _d), changes, rows, keys, _d);
                for (var row = 0; row < rows; row++)
                    TensorPrimitives.Subtract(changes.Slice(row * keys, keys), means[row], changes.Slice(row * keys, keys));
                TensorPrimitives.Multiply(changes, probabilities, changes);
                MatrixProduct.Multiply(changes, _k.AsSpan(keyStart * _d, keys * _d), _qGradient.AsSpan(start * _d, rows * _d), rows, _d, keys, accumulate: true);
                MatrixProduct.MultiplyTransposedA(changes, q, _kGradient.AsSpan(keyStart * _d, keys * _d), keys, _d, rows, accumulate: true);
            }
        }
    }

    public void StoreResult(Variable y, int head)
    {
        for (var row = 0; row < _rows; row++)
            _result.AsSpan(row * _d, _d).CopyTo(y.Row(row).Slice(head * _d, _d));
    }

    public void LoadResult(Variable y, int head)
    {
        for (var row = 0; row < _rows; row++)
        {
            y.Row(row).Slice(head * _d, _d).CopyTo(_result.AsSpan(row * _d));
            y.GradientRow(row).Slice(head * _d, _d).CopyTo(_resultGradient.AsSpan(row * _d));
        }
    }

    public void StoreGradients(Variable q, Variable k, Variable v, int head, RotaryTable rotary)
    {
        Span<float> turned = stackalloc float[_d];
        TensorPrimitives.Multiply(_qGradient.AsSpan(0, _rows * _d), Scale, _qGradient.AsSpan(0, _rows * _d));
        for (var row = 0; row < _rows; row++)
        {
            rotary.Rotate(_qGradient.AsSpan(row * _d, _d), turned, row, -1f);
            Add(turned, q.GradientRow(row).Slice(head * _d, _d));
            rotary.Rotate(_kGradient.AsSpan(row * _d, _d), turned, row, -1f);
            Add(turned, k.GradientRow(row).Slice(head * _d, _d));
            Add(_vGradient.AsSpan(row * _d, _d), v.GradientRow(row).Slice(head * _d, _d));
        }

        static void Add(ReadOnlySpan<float> source, Span<float> target) => TensorPrimitives.Add(target, source, target);
    }

    private void Grow(int length, int scores)
    {
        if (_scores.Length < scores)
            _scores = new float[scores + scores / 2];
        if (_q.Length >= length)
            return;
        length += length / 2;
        _q = new float[length];
        _k = new float[length];
        _v = new float[length];
        _keysTransposed = new float[length];
        _valuesTransposed = new float[length];
        _result = new float[length];
        _qGradient = new float[length];
        _kGradient = new float[length];
        _vGradient = new float[length];
        _resultGradient = new float[length];
        _scoreGradients = new float[StreamLayout.BlockLength * StreamLayout.BlockLength];
    }

    private static void HideFuture(Span<float> scores, int keys, float hidden)
    {
        for (var row = 0; row < keys; row++)
            scores.Slice(row * keys + row + 1, keys - row - 1).Fill(hidden);
    }

    private static void Exponentials(Span<float> scores, ReadOnlySpan<float> shifts, int keys)
    {
        for (var row = 0; row * keys < scores.Length; row++)
            TensorPrimitives.Subtract(scores.Slice(row * keys, keys), shifts[row], scores.Slice(row * keys, keys));
        TensorPrimitives.Exp<float>(scores, scores);
    }
}
