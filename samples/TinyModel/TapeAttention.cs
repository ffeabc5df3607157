using System.Numerics.Tensors;

namespace Microsoft.ML.Score.TinyModel;

internal sealed partial class Tape
{
    private readonly AttentionHead _head = new();

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
            _head.Load(q, k, v, head, heads, layout, rotary);
            _head.Forward(layout, visible, logSums.AsSpan(head * q.Rows, q.Rows));
            _head.StoreResult(y, head);
        }

        _backward.Add(() =>
        {
            for (var head = 0; head < heads; head++)
            {
                _head.Load(q, k, v, head, heads, layout, rotary);
                _head.LoadResult(y, head);
                _head.Backward(layout, visible, logSums.AsSpan(head * q.Rows, q.Rows));
                _head.StoreGradients(q, k, v, head, rotary);
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
                rotary.Rotate(qkv.Row(row).Slice(head * d, d), rotated.Row(row).Slice(head * d, d), row % window, 1f);
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
                    rotary.Rotate(rotated.GradientRow(row).Slice(head * d, d), turned, row % window, -1f);
                    var target = qkv.GradientRow(row).Slice(head * d, d);
                    TensorPrimitives.Add(target, turned, target);
                }
        });
        return y;
    }
}
