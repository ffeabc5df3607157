using System.Numerics.Tensors;

namespace Microsoft.ML.Score.Video;

/// <summary>
/// Resizes RGB frames as torchvision's functional resize does with bicubic, antialias=True: bytes to float32, rows, then columns,
/// clamped to 0..255, rounded half to even and back to bytes. Where a value lies on a rounding tie the result may be one
/// level off, since the order of torch's float32 sums is its own. Safe to share between threads.
/// </summary>
internal sealed class TorchvisionResampler(int sourceHeight, int sourceWidth, int height, int width)
{
    private readonly (int Start, float[] Weights)[] _columns = InSinglePrecision(new BicubicWeights(sourceWidth, width));
    private readonly (int Start, float[] Weights)[] _rows = InSinglePrecision(new BicubicWeights(sourceHeight, height));

    /// <summary>Resizes one frame.</summary>
    /// <param name="source">[sourceHeight, sourceWidth, 3].</param>
    /// <param name="destination">[height, width, 3].</param>
    public void Resize(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        var narrowed = ResizeRows(source);
        var rowLength = width * 3;
        var sum = new float[rowLength];
        for (var y = 0; y < height; y++)
        {
            Array.Clear(sum);
            var (start, weights) = _rows[y];
            for (var j = 0; j < weights.Length; j++)
                TensorPrimitives.MultiplyAdd(narrowed.AsSpan((start + j) * rowLength, rowLength), weights[j], sum, sum);

            TensorPrimitives.Round(sum, sum);
            TensorPrimitives.ConvertSaturating<float, byte>(sum, destination.Slice(y * rowLength, rowLength));
        }
    }

    // [sourceHeight, sourceWidth, 3] -> [sourceHeight, width, 3]
    private float[] ResizeRows(ReadOnlySpan<byte> source)
    {
        var narrowed = new float[sourceHeight * width * 3];
        for (var y = 0; y < sourceHeight; y++)
            for (var x = 0; x < width; x++)
            {
                var (start, weights) = _columns[x];
                var pixels = source.Slice((y * sourceWidth + start) * 3, weights.Length * 3);
                float red = 0, green = 0, blue = 0;
                for (var j = 0; j < weights.Length; j++)
                {
                    red += pixels[3 * j] * weights[j];
                    green += pixels[3 * j + 1] * weights[j];
                    blue += pixels[3 * j + 2] * weights[j];
                }

                var place = (y * width + x) * 3;
                (narrowed[place], narrowed[place + 1], narrowed[place + 2]) = (red, green, blue);
            }

        return narrowed;
    }

    private static (int Start, float[] Weights)[] InSinglePrecision(BicubicWeights weights) =>
        [.. weights.Starts.Zip(weights.Values, (start, values) => (start, values.Select(value => (float)value).ToArray()))];
}
