using System.Numerics.Tensors;
using Microsoft.ML.Score.Numerics;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>Cosines and sines [rows, headDimension / 2] of the rotary angles: element j of a head turns with element j + headDimension / 2.</summary>
internal sealed record RotaryTable(float[] Cosines, float[] Sines, int Half)
{
    /// <summary>The table of given angles [rows, half].</summary>
    public static RotaryTable FromAngles(float[] angles, int half) =>
        new(Array.ConvertAll(angles, MathF.Cos), Array.ConvertAll(angles, MathF.Sin), half);
}

/// <summary>
/// Who sees whom in a training sequence: a causal prefix (prompt and visual tokens), then streams (one question and answer
/// each) that see the whole prefix and, causally, themselves. Rows are cut into blocks of at most <see cref="BlockLength"/>.
/// </summary>
internal sealed class StreamLayout
{
    public const int BlockLength = 64;

    public StreamLayout(int prefixLength, IEnumerable<int> streamLengths)
    {
        AddBlocks(prefixLength);
        PrefixBlocks = Blocks.Count;
        foreach (var length in streamLengths)
            AddBlocks(length);
    }

    /// <summary>First row, number of rows, and the first block of the stream (or prefix) that the block belongs to.</summary>
    public List<(int Start, int Length, int FirstBlock)> Blocks { get; } = [];

    /// <summary>How many of the blocks are the prefix.</summary>
    public int PrefixBlocks { get; }

    /// <summary>The blocks whose keys the rows of <paramref name="block"/> see; the last is the block itself, seen causally.</summary>
    public IEnumerable<int> VisibleBlocks(int block) => block < PrefixBlocks
        ? Enumerable.Range(0, block + 1)
        : Enumerable.Range(0, PrefixBlocks).Concat(Enumerable.Range(Blocks[block].FirstBlock, block - Blocks[block].FirstBlock + 1));

    private void AddBlocks(int length)
    {
        var start = Blocks.Count == 0 ? 0 : Blocks[^1].Start + Blocks[^1].Length;
        var first = Blocks.Count;
        for (var done = 0; done < length; done += BlockLength)
            Blocks.Add((start + done, Math.Min(BlockLength, length - done), first));
    }
}

internal sealed partial class Tape
{
    private readonly AttentionScratch _scratch = new();

    /// <summary>
    /// Multi-head attention with rotary positions over a <see cref="StreamLayout"/>; q, k, v and the result are [rows, heads * d].
    /// Backward computes the probabilities again from the saved log-sums, so no [rows, rows] matrix is kept.
    /// </summary>
    public Variable StreamAttention(Variable q, Variable k, Variable v, int heads, StreamLayout layout, RotaryTable rotary)
    {
        var y = New(q.Rows, q.Columns);
        var logSums = new float[heads * q.Rows];
        var visible = Enumerable.Range(0, layout.Blocks.Count).Select(block => layout.VisibleBlocks(block).ToArray()).ToArray();
        for (var head = 0; head < heads; head++)
        {
            _scratch.Load(q, k, v, head, heads, layout, rotary);
            _scratch.Forward(layout, visible, logSums.AsSpan(head * q.Rows, q.Rows));
            _scratch.StoreResult(y, head);
        }

        _backward.Add(() =>
        {
            for (var head = 0; head < heads; head++)
            {
                _scratch.Load(q, k, v, head, heads, layout, rotary);
                _scratch.LoadResult(y, head);
                _scratch.Backward(layout, visible, logSums.AsSpan(head * q.Rows, q.Rows));
                _scratch.StoreGradients(q, k, v, head, rotary);
            }
        });
        return y;
    }

    /// <summary>
    /// Multi-head attention within windows of <paramref name="window"/> consecutive rows, rotary angles [window] repeating:
    /// qkv [rows, 3 * heads * d] (all q, all k, all v), result [rows, heads * d].
    /// </summary>
    public Variable WindowAttention(Variable qkv, int heads, int window, RotaryTable rotary)
    {
        var width = qkv.Columns / 3;
        var d = width / heads;
        var scale = 1f / MathF.Sqrt(d);
        var y = New(qkv.Rows, width);
        y.Value.Clear();
        var rotated = New(qkv.Rows, 2 * width);
        for (var row = 0; row < qkv.Rows; row++)
            for (var head = 0; head < 2 * heads; head++)
                Rotate(qkv.Row(row).Slice(head * d, d), rotated.Row(row).Slice(head * d, d), rotary, row % window, 1f);
        var probabilities = new float[qkv.Rows * heads * window];
        for (var row = 0; row < qkv.Rows; row++)
            for (var head = 0; head < heads; head++)
            {
                var first = row - row % window;
                var p = probabilities.AsSpan((row * heads + head) * window, window);
                for (var j = 0; j < window; j++)
                    p[j] = scale * TensorPrimitives.Dot<float>(rotated.Row(row).Slice(head * d, d), rotated.Row(first + j).Slice(width + head * d, d));
                var maximum = TensorPrimitives.Max<float>(p);
                var sum = 0f;
                foreach (ref var value in p)
                    sum += value = MathF.Exp(value - maximum);
                var result = y.Row(row).Slice(head * d, d);
                for (var j = 0; j < window; j++)
                    TensorPrimitives.MultiplyAdd(qkv.Row(first + j).Slice(2 * width + head * d, d), p[j] /= sum, result, result);
            }

        _backward.Add(() =>
        {
            Span<float> change = stackalloc float[window];
            for (var row = 0; row < qkv.Rows; row++)
                for (var head = 0; head < heads; head++)
                {
                    var first = row - row % window;
                    var p = probabilities.AsSpan((row * heads + head) * window, window);
                    var gradient = y.GradientRow(row).Slice(head * d, d);
                    for (var j = 0; j < window; j++)
                    {
                        var value = 2 * width + head * d;
                        change[j] = TensorPrimitives.Dot<float>(gradient, qkv.Row(first + j).Slice(value, d));
                        var valueGradient = qkv.GradientRow(first + j).Slice(value, d);
                        TensorPrimitives.MultiplyAdd(gradient, p[j], valueGradient, valueGradient);
                    }

                    var mean = TensorPrimitives.Dot<float>(p, change);
                    var queryGradient = rotated.GradientRow(row).Slice(head * d, d);
                    for (var j = 0; j < window; j++)
                    {
                        var scoreGradient = scale * p[j] * (change[j] - mean);
                        var key = width + head * d;
                        TensorPrimitives.MultiplyAdd(rotated.Row(first + j).Slice(key, d), scoreGradient, queryGradient, queryGradient);
                        var keyGradient = rotated.GradientRow(first + j).Slice(key, d);
                        TensorPrimitives.MultiplyAdd(rotated.Row(row).Slice(head * d, d), scoreGradient, keyGradient, keyGradient);
                    }
                }

            Span<float> turned = stackalloc float[d];
            for (var row = 0; row < qkv.Rows; row++)
                for (var head = 0; head < 2 * heads; head++)
                {
                    Rotate(rotated.GradientRow(row).Slice(head * d, d), turned, rotary, row % window, -1f);
                    var target = qkv.GradientRow(row).Slice(head * d, d);
                    TensorPrimitives.Add(target, turned, target);
                }
        });
        return y;
    }

    /// <summary>Turns one head by the angles of a table row; direction -1 turns back, which is also the derivative.</summary>
    private static void Rotate(ReadOnlySpan<float> source, Span<float> target, RotaryTable rotary, int row, float direction)
    {
        var half = rotary.Half;
        var cosines = rotary.Cosines.AsSpan(row * half, half);
        var sines = rotary.Sines.AsSpan(row * half, half);
        for (var j = 0; j < half; j++)
        {
            var (first, second, sine) = (source[j], source[j + half], direction * sines[j]);
            target[j] = first * cosines[j] - second * sine;
            target[j + half] = second * cosines[j] + first * sine;
        }
    }

    /// <summary>The dense working copies of one head: q turned and scaled, k turned, both also block-transposed where a product needs it.</summary>
    private sealed class AttentionScratch
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
            Grow(length);
            for (var row = 0; row < _rows; row++)
            {
                Rotate(q.Row(row).Slice(head * _d, _d), _q.AsSpan(row * _d, _d), rotary, row, 1f);
                Rotate(k.Row(row).Slice(head * _d, _d), _k.AsSpan(row * _d, _d), rotary, row, 1f);
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
                Rotate(_qGradient.AsSpan(row * _d, _d), turned, rotary, row, -1f);
                Add(turned, q.GradientRow(row).Slice(head * _d, _d));
                Rotate(_kGradient.AsSpan(row * _d, _d), turned, rotary, row, -1f);
                Add(turned, k.GradientRow(row).Slice(head * _d, _d));
                Add(_vGradient.AsSpan(row * _d, _d), v.GradientRow(row).Slice(head * _d, _d));
            }

            static void Add(ReadOnlySpan<float> source, Span<float> target) => TensorPrimitives.Add(target, source, target);
        }

        private void Grow(int length)
        {
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
            _scores = new float[length / _d * StreamLayout.BlockLength];
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
}
