using System.Globalization;

namespace Microsoft.ML.Score.Video;

/// <summary>
/// Videos whose frames say their number: eight columns, each white where a bit of the number is set, above the same in negative. Any
/// codec, size and turn leaves it readable.
/// </summary>
internal static class CounterVideo
{
    private const int Bits = 8;

    /// <summary>An input of ffmpeg that draws the counter, with some noise to give it weight.</summary>
    /// <param name="frames">How many frames.</param>
    /// <param name="width">In pixels.</param>
    /// <param name="height">In pixels.</param>
    /// <param name="first">The number of the first frame.</param>
    /// <param name="rate">Frames a second.</param>
    /// <param name="filters">Further filters, each behind a comma.</param>
    public static string[] Input(int frames, int width = 64, int height = 48, int first = 0, int rate = 10, string filters = "") =>
    [
        "-f", "lavfi", "-i", string.Create(CultureInfo.InvariantCulture,
            $"color=black:size={width}x{height}:rate={rate}:duration={frames / (double)rate},format=yuv444p,"
            + $"geq=lum='abs(255*gte(Y,H/2)-255*mod(floor((N+{first})/pow(2,floor(X*{Bits}/W))),2))':cb=128:cr=128,noise=alls=24:allf=t{filters}"),
    ];

    /// <summary>The number in a frame.</summary>
    /// <param name="rgb">[height, width, 3].</param>
    /// <param name="height">In pixels.</param>
    /// <param name="width">In pixels.</param>
    /// <returns>The number; -1 where the two halves do not agree.</returns>
    public static int Read(ReadOnlySpan<byte> rgb, int height, int width)
    {
        var number = 0;
        for (var bit = 0; bit < Bits; bit++)
        {
            var column = (int)((bit + 0.5) * width / Bits);
            var (upper, lower) = (rgb[(height / 4 * width + column) * 3] > 127, rgb[(height * 3 / 4 * width + column) * 3] > 127);
            if (upper == lower)
                return -1;
            number |= upper ? 1 << bit : 0;
        }

        return number;
    }
}
