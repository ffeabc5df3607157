using System.Buffers.Binary;

namespace Microsoft.ML.Score.Video;

/// <summary>
/// What the bytes of a picture file say of themselves. A file is what its content says: left to go by the name, FFmpeg takes
/// "shot%d.jpg" for a pattern and reads shot1.jpg. And it fills up what a cut picture lacks without an error.
/// </summary>
/// <param name="file">The file, at any position.</param>
/// <param name="checkProgress">Called now and then; throws where the look has to end.</param>
internal sealed class PictureFile(Stream file, Action checkProgress)
{
    private const int SignatureLength = 16;

    private readonly byte[] _buffer = new byte[1 << 16];
    private long _bufferStart;
    private int _bufferLength;

    /// <summary>FFmpeg's demuxer of a file with the signature of a picture; null for anything else.</summary>
    /// <param name="extension">Of the file's name, with its dot: it tells a film made of JPEG pictures from one of them.</param>
    public string? Demuxer(string extension)
    {
        var bytes = new byte[SignatureLength];
        file.Position = 0;
        var start = bytes.AsSpan(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        return start switch
        {
            [0xFF, 0xD8, 0xFF, 0xF7, ..] => "jpegls_pipe",
            [0xFF, 0xD8, 0xFF, ..] => extension.ToLowerInvariant() is ".mjpg" or ".mjpeg" ? "mjpeg" : "jpeg_pipe",
            [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => HasPngChunk("acTL"u8, before: "IDAT"u8) ? "apng" : "png_pipe",
            [(byte)'R', (byte)'I', (byte)'F', (byte)'F', _, _, _, _, (byte)'W', (byte)'E', (byte)'B', (byte)'P', ..] => "webp_pipe",
            [(byte)'G', (byte)'I', (byte)'F', (byte)'8', ..] => "gif",
            [(byte)'I', (byte)'I', 42, 0, ..] or [(byte)'M', (byte)'M', 0, 42, ..] => "tiff_pipe",
            [(byte)'B', (byte)'M', _, _, _, _, 0, 0, 0, 0, ..] => "bmp_pipe",
            [(byte)'P', var kind, (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t', ..] => (char)kind switch
            {
                '1' or '4' => "pbm_pipe",
                '2' or '5' => "pgm_pipe",
                '3' or '6' => "ppm_pipe",
                '7' => "pam_pipe",
                _ => null,
            },
            [0xFF, 0x0A, ..] or [0, 0, 0, 12, (byte)'J', (byte)'X', (byte)'L', (byte)' ', ..] => "jpegxl_pipe",
            [0xFF, 0x4F, 0xFF, 0x51, ..] or [0, 0, 0, 12, (byte)'j', (byte)'P', (byte)' ', (byte)' ', ..] => "j2k_pipe",
            [(byte)'q', (byte)'o', (byte)'i', (byte)'f', ..] => "qoi_pipe",
            _ => null,
        };
    }

    /// <summary>Whether a PNG has a channel of alpha. One with a transparent colour, or transparent entries in its palette, has none.</summary>
    public bool PngHasAlpha() => ByteAt(25) is 6; // IHDR is the first chunk: signature 8, length and name 8, size 8, depth 1, colour type; 4 is grey with alpha

    /// <summary>Whether a picture has its end, as far as its format marks one.</summary>
    public bool HasEnd(string demuxer) => demuxer switch
    {
        "jpeg_pipe" => JpegHasEnd(),
        "png_pipe" => HasPngChunk("IEND"u8, before: default),
        "qoi_pipe" => QoiHasEnd(),
        _ => true,
    };

    /// <summary>Segments from start of image (D8) to end of image (D9), ITU-T T.81 annex B; within a scan FF is followed by 00 or a restart mark.</summary>
    private bool JpegHasEnd()
    {
        var position = 2L;
        var isScan = false;
        while (true)
        {
            if (isScan)
                position = Find(0xFF, position);
            if (ByteAt(position) is not { } mark)
                return false;
            if (mark != 0xFF)
                return true; // no segment: damage, which the decoder reports
            int? kind;
            do
                kind = ByteAt(++position);
            while (kind == 0xFF);
            position++;
            switch (kind)
            {
                case null:
                    return false;
                case 0xD9:
                    return true;
                case 0x00 or 0x01 or (>= 0xD0 and <= 0xD7):
                    continue;
            }

            isScan |= kind == 0xDA;
            if (ByteAt(position) is not { } high || ByteAt(position + 1) is not { } low)
                return false;
            position += Math.Max(2, (high << 8) + low);
        }
    }

    /// <summary>Looks through the chunks: length, name, data, checksum.</summary>
    private bool HasPngChunk(ReadOnlySpan<byte> name, ReadOnlySpan<byte> before)
    {
        Span<byte> header = stackalloc byte[8];
        for (file.Position = 8; file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false) == header.Length; file.Position += BinaryPrimitives.ReadUInt32BigEndian(header) + 4L)
        {
            checkProgress();
            if (header[4..].SequenceEqual(name))
                return true;
            if (header[4..].SequenceEqual(before))
                return false;
        }

        return false;
    }

    /// <summary>Seven bytes of 0 and one of 1 at the end.</summary>
    private bool QoiHasEnd()
    {
        Span<byte> end = stackalloc byte[8];
        file.Position = Math.Max(0, file.Length - end.Length);
        return file.ReadAtLeast(end, end.Length, throwOnEndOfStream: false) == end.Length && end.SequenceEqual<byte>([0, 0, 0, 0, 0, 0, 0, 1]);
    }

    /// <summary>The next position of a byte, or the file's end.</summary>
    private long Find(byte value, long position)
    {
        while (ByteAt(position) is not null)
        {
            var rest = _buffer.AsSpan((int)(position - _bufferStart).._bufferLength);
            if (rest.IndexOf(value) is >= 0 and var found)
                return position + found;
            position += rest.Length;
        }

        return position;
    }

    private int? ByteAt(long position)
    {
        if (position < _bufferStart || position >= _bufferStart + _bufferLength)
        {
            checkProgress();
            file.Position = _bufferStart = position;
            _bufferLength = file.Read(_buffer);
        }

        return _bufferLength == 0 ? null : _buffer[position - _bufferStart];
    }
}
