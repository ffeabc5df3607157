namespace Microsoft.ML.Score.Video;

/// <summary>
/// Pictures with alpha laid on white, as qwen-vl-utils does: a white picture into which Pillow pastes, with the picture's alpha for the mask. It does so for
/// pictures that Pillow opens as RGBA; grey ones with alpha and palettes with transparent entries are shown in their colours.
/// </summary>
internal sealed class WhiteGround
{
    private static readonly string[] s_formats = ["rgba", "argb", "bgra", "abgr", "gbrap", "yuva"];

    private readonly int _channelLength;

    private WhiteGround(bool isDeep)
    {
        _channelLength = isDeep ? 2 : 1;
        Format = isDeep ? "rgba64be" : "rgba";
    }

    /// <summary>The format that frames must have for <see cref="Show"/>, by ffmpeg's name.</summary>
    public string Format { get; }

    /// <summary>Bytes of a pixel of that format.</summary>
    public int PixelLength => 4 * _channelLength;

    /// <summary>The ground for pictures of a format; null where they have no colours with alpha.</summary>
    /// <param name="pixelFormat">What decoding gives, by ffmpeg's name.</param>
    public static WhiteGround? For(string pixelFormat) =>
        s_formats.Any(format => pixelFormat.StartsWith(format, StringComparison.Ordinal)) ? new(isDeep: pixelFormat.StartsWith("rgba64", StringComparison.Ordinal)) : null;

    /// <summary>The picture on white, RGB, in the memory of the frame. Of 16 bits Pillow reads the upper 8.</summary>
    public ReadOnlyMemory<byte> Show(byte[] frame)
    {
        var length = 0;
        for (var pixel = 0; pixel < frame.Length; pixel += PixelLength)
        {
            var alpha = frame[pixel + 3 * _channelLength];
            for (var channel = 0; channel < 3; channel++)
                frame[length++] = Blend(frame[pixel + channel * _channelLength], alpha);
        }

        return frame.AsMemory(0, length);
    }

    /// <summary>(255 (255 - alpha) + value alpha) / 255 to the nearest, by Pillow's shifts.</summary>
    private static byte Blend(byte value, byte alpha)
    {
        var sum = byte.MaxValue * (byte.MaxValue - alpha) + value * alpha + 128;
        return (byte)((sum >> 8) + sum >> 8);
    }
}
