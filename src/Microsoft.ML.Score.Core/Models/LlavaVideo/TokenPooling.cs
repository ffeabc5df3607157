using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>
/// Pools the tokens of one frame, a square of <c>side</c> x <c>side</c>, by 2 in height and width. Every pooled token is made of
/// four tokens: two rows by two columns. Safe to share between threads.
/// </summary>
internal sealed class TokenPooling
{
    private readonly SpatialPoolMode _mode;
    private readonly int _side;
    private readonly (int First, int Second, float Fraction)[] _lines;

    public TokenPooling(SpatialPoolMode mode, int side)
    {
        _mode = mode;
        _side = side;
        Side = mode == SpatialPoolMode.Bilinear ? (side + 1) / 2 : side / 2;
        _lines = [.. Enumerable.Range(0, Side).Select(Line)];
    }

    /// <summary>Tokens along a side after pooling.</summary>
    public int Side { get; }

    /// <summary>Tokens of a frame after pooling.</summary>
    public int Count => Side * Side;

    /// <summary>One value for each pooled token, of one for each token.</summary>
    public float[] Pool(ReadOnlySpan<float> frame)
    {
        var pooled = new float[Count];
        Pool(frame, 1, pooled);
        return pooled;
    }

    /// <param name="frame">[side * side, dimension], row-major.</param>
    /// <param name="dimension">Values of a token.</param>
    /// <param name="pooled">[Side * Side, dimension].</param>
    public void Pool(ReadOnlySpan<float> frame, int dimension, Span<float> pooled)
    {
        var (upper, lower) = (new float[dimension], new float[dimension]);
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
            {
                var (top, bottom, down) = _lines[y];
                var (left, right, across) = _lines[x];
                var result = pooled.Slice((y * Side + x) * dimension, dimension);
                Combine(Token(frame, top, left), Token(frame, top, right), across, upper);
                Combine(Token(frame, bottom, left), Token(frame, bottom, right), across, lower);
                Combine(upper, lower, down, result);
            }

        ReadOnlySpan<float> Token(ReadOnlySpan<float> tokens, int row, int column) => tokens.Slice((row * _side + column) * dimension, dimension);
    }

    private void Combine(ReadOnlySpan<float> first, ReadOnlySpan<float> second, float fraction, Span<float> result)
    {
        if (_mode == SpatialPoolMode.Max)
            TensorPrimitives.Max(first, second, result);
        else
            TensorPrimitives.Lerp(first, second, fraction, result);
    }

    // The two lines of tokens that line i of the result lies between, and how far along. Interpolation is torch's with
    // align_corners=False, in single precision; its source of the first line may lie before 0.
    private (int First, int Second, float Fraction) Line(int i)
    {
        if (_mode != SpatialPoolMode.Bilinear)
            return (2 * i, 2 * i + 1, 0.5f);
        var source = MathF.Max(0, (i + 0.5f) * ((float)_side / Side) - 0.5f);
        var first = (int)source;
        return (first, Math.Min(first + 1, _side - 1), source - first);
    }
}
