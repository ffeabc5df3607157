namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>Reads Parquet's mixture of runs and bit-packed groups of eight (Encodings.md of apache/parquet-format), which holds levels, dictionary indices and booleans.</summary>
internal static class HybridDecoder
{
    /// <param name="bytes">The runs.</param>
    /// <param name="bitWidth">Bits of a value, 0 to 32.</param>
    /// <param name="values">Filled whole.</param>
    /// <exception cref="InvalidDataException">The bytes end too early, or a run is empty.</exception>
    public static void Decode(ReadOnlySpan<byte> bytes, int bitWidth, Span<int> values)
    {
        var position = 0;
        while (values.Length > 0)
        {
            var head = Varint(bytes, ref position);
            var count = (int)Math.Min((head & 1) == 0 ? head >> 1 : (head >> 1) * 8, (ulong)values.Length);
            if (count == 0)
                throw new InvalidDataException("a page of it has an empty run");
            if ((head & 1) == 0)
            {
                values[..count].Fill((int)Bits(bytes, position * 8L, (bitWidth + 7) / 8 * 8));
                position += (bitWidth + 7) / 8;
            }
            else
            {
                for (var i = 0; i < count; i++)
                    values[i] = (int)Bits(bytes, position * 8L + (long)i * bitWidth, bitWidth);
                position = (int)Math.Min(position + (long)(head >> 1) * bitWidth, bytes.Length);
            }

            values = values[count..];
        }
    }

    /// <summary>Bits from the lowest of each byte up.</summary>
    private static uint Bits(ReadOnlySpan<byte> bytes, long start, int count)
    {
        if (start + count > bytes.Length * 8L)
            throw TooShort();
        var value = 0UL;
        var first = (int)(start / 8);
        for (var i = 0; i * 8 < count + (int)(start % 8); i++)
            value |= (ulong)bytes[first + i] << (8 * i);
        return (uint)(value >> (int)(start % 8) & ((1UL << count) - 1));
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int position)
    {
        var value = 0UL;
        for (var shift = 0; shift < 35; shift += 7)
        {
            if (position >= bytes.Length)
                throw TooShort();
            var next = bytes[position++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw new InvalidDataException("a page of it has a run of more than 32 bits");
    }

    private static InvalidDataException TooShort() => new("a page of it ends within a run");
}
