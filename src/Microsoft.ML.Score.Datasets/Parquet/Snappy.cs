namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>Decompresses Snappy's raw format (format_description.txt of google/snappy): a length, then literals and copies of what came out before.</summary>
internal static class Snappy
{
    /// <summary>A copy of 64 bytes takes 3, so that no valid stream grows more; a length beyond that is refused before memory is taken.</summary>
    private const int MostGrowth = 24;

    /// <exception cref="InvalidDataException">The stream is damaged.</exception>
    public static byte[] Decompress(ReadOnlySpan<byte> input)
    {
        var position = 0;
        var length = ReadLength(input, ref position);
        if (length > (long)input.Length * MostGrowth)
            throw Damaged();

        var output = new byte[length];
        var written = 0;
        while (position < input.Length)
        {
            var tag = input[position++];
            var (count, offset) = (tag & 3) switch
            {
                0 => (LiteralLength(input, tag >> 2, ref position), 0),
                1 => ((tag >> 2 & 7) + 4, tag >> 5 << 8 | Number(input, 1, ref position)),
                2 => ((tag >> 2) + 1, Number(input, 2, ref position)),
                _ => ((tag >> 2) + 1, Number(input, 4, ref position)),
            };
            if (count <= 0 || count > output.Length - written)
                throw Damaged();
            if ((tag & 3) == 0)
            {
                if (count > input.Length - position)
                    throw Damaged();
                input.Slice(position, count).CopyTo(output.AsSpan(written));
                position += count;
            }
            else
            {
                if (offset <= 0 || offset > written)
                    throw Damaged();

                // A copy may reach into what it writes: byte by byte, so that it repeats.
                for (var i = 0; i < count; i++)
                    output[written + i] = output[written + i - offset];
            }

            written += count;
        }

        return written == output.Length ? output : throw Damaged();
    }

    private static int ReadLength(ReadOnlySpan<byte> input, ref int position)
    {
        var length = 0UL;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Number(input, 1, ref position);
            length |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return length <= int.MaxValue ? (int)length : throw Damaged();
        }

        throw Damaged();
    }

    /// <summary>Up to 60 the length less one is in the tag; above, the tag tells in how many bytes it follows.</summary>
    private static int LiteralLength(ReadOnlySpan<byte> input, int code, ref int position) => code < 60 ? code + 1 : Number(input, code - 59, ref position) + 1;

    /// <summary>A little-endian number; one above 2^31 - 2, which no valid stream needs, comes out negative or is damage later on.</summary>
    private static int Number(ReadOnlySpan<byte> input, int bytes, ref int position)
    {
        if (bytes > input.Length - position)
            throw Damaged();
        var number = 0;
        for (var i = 0; i < bytes; i++)
            number |= input[position++] << (8 * i);
        return number;
    }

    private static InvalidDataException Damaged() => new("a page compressed by Snappy is damaged");
}
