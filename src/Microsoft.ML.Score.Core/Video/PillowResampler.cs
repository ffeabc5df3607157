namespace Microsoft.ML.Score.Video;

/// <summary>
/// Resizes RGB frames exactly as Pillow's bicubic filter does: rows first, rounded and clipped to bytes, then columns, with
/// weights in 22-bit fixed point. Safe to share between threads.
/// </summary>
internal sealed class PillowResampler(int sourceHeight, int sourceWidth, int height, int width)
{
    private const int PrecisionBits = 22;

    private readonly BicubicWeights _columns = new(sourceWidth, width);
    private readonly BicubicWeights _rows = new(sourceHeight, height);

    /// <summary>Resizes one frame.</summary>
    /// <param name="source">[sourceHeight, sourceWidth, 3].</param>
    /// <param name="destination">[height, width, 3].</param>
    public void Resize(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var narrowed = new byte[sourceHeight * width * 3];
        Along(source, narrowed, _columns, outer: sourceHeight, sourceLength: sourceWidth, inner: 3);
        Along(narrowed, destination, _rows, outer: 1, sourceLength: sourceHeight, inner: width * 3);
    }

    // source [outer, sourceLength, inner] -> destination [outer, length, inner]
    private static void Along(ReadOnlySpan<byte> source, Span<byte> destination, BicubicWeights weights, int outer, int sourceLength, int inner)
    {
        var length = weights.Starts.Length;
        var sums = new int[inner];
        for (var i = 0; i < length; i++)
        {
            int[] fixedPoint = [.. weights.Values[i].Select(weight => (int)(weight * (1 << PrecisionBits) + (weight < 0 ? -0.5 : 0.5)))];
            for (var o = 0; o < outer; o++)
            {
                Array.Fill(sums, 1 << (PrecisionBits - 1));
                for (var j = 0; j < fixedPoint.Length; j++)
                {
                    var row = source.Slice((o * sourceLength + weights.Starts[i] + j) * inner, inner);
                    for (var k = 0; k < inner; k++)
                        sums[k] += row[k] * fixedPoint[j];
                }

                var result = destination.Slice((o * length + i) * inner, inner);
                for (var k = 0; k < inner; k++)
                    result[k] = (byte)Math.Clamp(sums[k] >> PrecisionBits, 0, 255);
            }
        }
    }
}
