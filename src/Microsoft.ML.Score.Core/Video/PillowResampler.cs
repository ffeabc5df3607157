using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Video;

/// <summary>
/// Resizes RGB frames exactly as Pillow's bicubic filter does: rows first, rounded and clipped to bytes, then columns, with
/// weights in 22-bit fixed point. Safe to share between threads.
/// </summary>
internal sealed class PillowResampler(int sourceHeight, int sourceWidth, int height, int width)
{
    private const int PrecisionBits = 22;
    private const int Half = 1 << (PrecisionBits - 1);

    private readonly (int Start, int[] Weights)[] _columns = InFixedPoint(new BicubicWeights(sourceWidth, width));
    private readonly (int Start, int[] Weights)[] _rows = InFixedPoint(new BicubicWeights(sourceHeight, height));

    /// <summary>Resizes one frame.</summary>
    /// <param name="source">[sourceHeight, sourceWidth, 3].</param>
    /// <param name="destination">[height, width, 3].</param>
    public void Resize(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var narrowed = ResizeRows(source);
        var rowLength = width * 3;
        var sums = new int[rowLength];
        for (var y = 0; y < height; y++)
        {
            Array.Fill(sums, Half);
            var (start, weights) = _rows[y];
            for (var j = 0; j < weights.Length; j++)
                TensorPrimitives.MultiplyAdd(narrowed.AsSpan((start + j) * rowLength, rowLength), weights[j], sums, sums);
            TensorPrimitives.ShiftRightArithmetic(sums, PrecisionBits, sums);
            TensorPrimitives.ConvertSaturating<int, byte>(sums, destination.Slice(y * rowLength, rowLength));
        }
    }

    // [sourceHeight, sourceWidth, 3] -> [sourceHeight, width, 3], bytes widened once for all rows that they go into.
    private int[] ResizeRows(ReadOnlySpan<byte> source)
    {
        var narrowed = new int[sourceHeight * width * 3];
        for (var y = 0; y < sourceHeight; y++)
            for (var x = 0; x < width; x++)
            {
                var (start, weights) = _columns[x];
                var pixels = source.Slice((y * sourceWidth + start) * 3, weights.Length * 3);
                var (red, green, blue) = (Half, Half, Half);
                for (var j = 0; j < weights.Length; j++)
                {
                    red += pixels[3 * j] * weights[j];
                    green += pixels[3 * j + 1] * weights[j];
                    blue += pixels[3 * j + 2] * weights[j];
                }

                var place = (y * width + x) * 3;
                (narrowed[place], narrowed[place + 1], narrowed[place + 2]) = (ToByte(red), ToByte(green), ToByte(blue));
            }

        return narrowed;
    }

    private static int ToByte(int sum) => Math.Clamp(sum >> PrecisionBits, 0, 255);

    private static (int Start, int[] Weights)[] InFixedPoint(BicubicWeights weights) =>
        [.. weights.Starts.Zip(weights.Values, (start, values) => (start, values.Select(value => (int)(value * (1 << PrecisionBits) + (value < 0 ? -0.5 : 0.5))).ToArray()))];
}
