using System.Buffers.Binary;

namespace Microsoft.ML.Score.Video;

/// <summary>
/// What the bytes of a picture file say of themselves. A file is what its content says: left to go by the name, FFmpeg takes
/// "shot%d.jpg" for a pattern and reads shot1.jpg. And it fills up what a cut picture lacks without an error.
/// </summary>
internal static class PictureFile
{
    /// <summary>How many bytes <see cref="Demuxer"/> looks at.</summary>
    public const int SignatureLength = 16;

    /// <summary>FFmpeg's demuxer of a picture with a signature; null for anything else.</summary>
    /// <param name="start">The file's first bytes, <see cref="SignatureLength"/> of them where it has so many.</param>
    /// <param name="extension">Of the file's name, with its dot: it tells a film made of JPEG pictures from one of them.</param>
    public static string? Demuxer(ReadOnlySpan<byte> start, string extension) =>
        start.StartsWith<byte>([0xFF, 0xD8, 0xFF]) ? extension.ToLowerInvariant() is ".mjpg" or ".mjpeg" ? "mjpeg" : "jpeg_pipe"
        : start.StartsWith<byte>([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]) ? "png_pipe"
        : start.StartsWith("RIFF"u8) && start[4..] is [_, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] ? "webp_pipe"
        : start.StartsWith("GIF8"u8) ? "gif"
        : start.StartsWith<byte>([(byte)'I', (byte)'I', 42, 0]) || start.StartsWith<byte>([(byte)'M', (byte)'M', 0, 42]) ? "tiff_pipe"
        : start is [(byte)'B', (byte)'M', _, _, _, _, 0, 0, 0, 0, ..] ? "bmp_pipe"
        : start is [(byte)'P', >= (byte)'1' and <= (byte)'6', (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t', ..]
            ? start[1] switch { (byte)'1' or (byte)'4' => "pbm_pipe", (byte)'2' or (byte)'5' => "pgm_pipe", _ => "ppm_pipe" }
        : start.StartsWith("qoif"u8) ? "qoi_pipe"
        : null;

    /// <summary>Whether a picture has its end, as far as its format marks one.</summary>
    public static bool HasEnd(Stream file, string demuxer)
    {
        file.Position = 0;
        using var buffered = new BufferedStream(file, 1 << 16);
        return demuxer switch
        {
            "jpeg_pipe" => JpegHasEnd(buffered),
            "png_pipe" => PngHasEnd(buffered),
            "qoi_pipe" => QoiHasEnd(buffered),
            _ => true,
        };
    }

    /// <summary>Segments from start of image (D8) to end of image (D9), ITU-T T.81 annex B; within a scan FF is followed by 00 or a restart mark.</summary>
    private static bool JpegHasEnd(Stream file)
    {
        file.Position = 2;
        var isScan = false;
        while (true)
        {
            int value;
            do
                value = file.ReadByte();
            while (isScan && value is not (-1 or 0xFF));
            if (value != 0xFF)
                return value >= 0; // no segment: damage, which the decoder reports
            while (value == 0xFF)
                value = file.ReadByte();
            switch (value)
            {
                case -1:
                    return false;
                case 0xD9:
                    return true;
                case 0x00 or 0x01 or (>= 0xD0 and <= 0xD7):
                    continue;
            }

            isScan = value == 0xDA || isScan;
            if (file.ReadByte() is var high && file.ReadByte() is var low && low < 0)
                return false;
            file.Position += Math.Max(0, (high << 8) + low - 2);
        }
    }

    /// <summary>Chunks of length, name, data and checksum up to IEND.</summary>
    private static bool PngHasEnd(Stream file)
    {
        file.Position = 8;
        Span<byte> header = stackalloc byte[8];
        while (file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length)
        {
            if (header.EndsWith("IEND"u8))
                return true;
            file.Position += BinaryPrimitives.ReadUInt32BigEndian(header) + 4L;
        }

        return false;
    }

    /// <summary>Seven bytes of 0 and one of 1 at the end.</summary>
    private static bool QoiHasEnd(Stream file)
    {
        Span<byte> end = stackalloc byte[8];
        file.Position = Math.Max(0, file.Length - end.Length);
        return file.ReadAtLeast(end, end.Length, throwOnEndOfStream: false) == end.Length && end.SequenceEqual<byte>([0, 0, 0, 0, 0, 0, 0, 1]);
    }
}
