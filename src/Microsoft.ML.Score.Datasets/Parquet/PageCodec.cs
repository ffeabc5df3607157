using System.IO.Compression;

namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>Takes the compression off a page.</summary>
internal static class PageCodec
{
    private const int MostBytes = 1 << 28;

    private static readonly string[] s_names = ["uncompressed", "Snappy", "gzip", "LZO", "Brotli", "LZ4", "Zstandard", "LZ4 raw"];

    /// <param name="page">The page as it stands in the file.</param>
    /// <param name="codec">The codec's number in the format.</param>
    /// <param name="size">Its length without compression.</param>
    /// <exception cref="InvalidDataException">The bytes are damaged or not of that length, or the codec is not one of none, Snappy and gzip.</exception>
    public static ReadOnlySpan<byte> Decompress(ReadOnlySpan<byte> page, int codec, int size)
    {
        if (size is < 0 or > MostBytes)
            throw new InvalidDataException($"a page of it has {size} bytes, at most {MostBytes} are read");
        var bytes = codec switch
        {
            0 => page,
            1 => Snappy.Decompress(page),
            2 => Gunzip(page, size),
            _ => throw new InvalidDataException($"it is compressed by {(codec > 0 && codec < s_names.Length ? s_names[codec] : $"codec {codec}")}; what can be read is uncompressed, Snappy and gzip. "
                + "Write it anew with one of these"),
        };
        return bytes.Length == size ? bytes : throw new InvalidDataException($"a page of it has {bytes.Length} bytes, its header says {size}");
    }

    /// <summary>Memory grows with what comes out, not with what the header claims.</summary>
    private static byte[] Gunzip(ReadOnlySpan<byte> page, int size)
    {
        using var input = new GZipStream(new MemoryStream(page.ToArray()), CompressionMode.Decompress);
        using var output = new MemoryStream();
        var buffer = new byte[8192];
        for (int read; (read = input.Read(buffer)) > 0;)
        {
            output.Write(buffer.AsSpan(0, read));
            if (output.Length > size)
                break;
        }

        return output.ToArray();
    }
}
