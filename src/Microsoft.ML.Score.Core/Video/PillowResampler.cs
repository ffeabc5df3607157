using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Video;

/// <summary>
/// Resizes RGB frames exactly as Pillow's bicubic filter does: rows first, rounded and clipped to bytes, then columns, with
/// weights in 22-bit fixed point; or as torchvision does where it resizes bytes as bytes, the same with weights of 16 bits. Safe to share
/// between threads.
/// </summary>
/// <param name="sourceHeight">Pixels before.</param>
/// <param name="sourceWidth">Pixels before.</param>
/// <param name="height">Pixels after.</param>
/// <param name="width">Pixels after.</param>
/// <param name="shortWeights">torchvision's weights.</param>
internal sealed class PillowResampler(int sourceHeight, int sourceWidth, int height, int width, bool shortWeights = false)
{
    private const int MostBits = 22;

    private readonly Axis _columns = new(new BicubicWeights(sourceWidth, width), shortWeights);
    private readonly Axis _rows = new(new BicubicWeights(sourceHeight, height), shortWeights);

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
            Array.Fill(sums, _rows.Half);
            var (start, weights) = _rows.Pixels[y];
            for (var j = 0; j < weights.Length; j++)
                TensorPrimitives.MultiplyAdd(narrowed.AsSpan((start + j) * rowLength, rowLength), weights[j], sums, sums);
            TensorPrimitives.ShiftRightArithmetic(sums, _rows.Bits, sums);
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
                var (start, weights) = _columns.Pixels[x];
                var pixels = source.Slice((y * sourceWidth + start) * 3, weights.Length * 3);
                var (red, green, blue) = (_columns.Half, _columns.Half, _columns.Half);
                for (var j = 0; j < weights.Length; j++)
                {
                    red += pixels[3 * j] * weights[j];
                    green += pixels[3 * j + 1] * weights[j];
                    blue += pixels[3 * j + 2] * weights[j];
                }

                var place = (y * width + x) * 3;
                (narrowed[place], narrowed[place + 1], narrowed[place + 2]) = (_columns.ToByte(red), _columns.ToByte(green), _columns.ToByte(blue));
            }

        return narrowed;
    }

    /// <summary>The weights of an axis in fixed point.</summary>
    private sealed class Axis
    {
        public Axis(BicubicWeights weights, bool shortWeights)
        {
            Bits = shortWeights ? BitsOfShort(weights.Values.Max(values => values.Max())) : MostBits;
            Pixels = [.. weights.Starts.Zip(weights.Values, (start, values) => (start, Array.ConvertAll(values, value => (int)(value * (1 << Bits) + (value < 0 ? -0.5 : 0.5)))))];
        }

        public int Bits { get; }

        public int Half => 1 << (Bits - 1);

        /// <summary>Of each pixel after the first pixel before, and the weights from there on.</summary>
        public (int Start, int[] Weights)[] Pixels { get; }

        public int ToByte(int sum) => Math.Clamp(sum >> Bits, 0, 255);

        // As many as leave the largest weight of the axis within 16 bits.
        private static int BitsOfShort(double largest)
        {
            var bits = 0;
            while (bits < MostBits && (int)(0.5 + largest * (1 << (bits + 1))) < 1 << 15)
                bits++;
            return bits;
        }
    }
}
