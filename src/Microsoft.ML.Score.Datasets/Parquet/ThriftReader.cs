namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>
/// Reads structures of Thrift's compact protocol, in which Parquet writes its footer and the headers of its pages: the fields that are asked for, the others passed over.
/// </summary>
/// <param name="stream">At the start of a structure; afterwards behind it.</param>
internal sealed class ThriftReader(Stream stream)
{
    private const int MostDepth = 32;

    private int _depth;

    /// <summary>The types of fields that are told apart here.</summary>
    private enum Kind
    {
        True = 1,
        False = 2,
        Byte = 3,
        Int16 = 4,
        Int32 = 5,
        Int64 = 6,
        Double = 7,
        Binary = 8,
        List = 9,
        Set = 10,
        Map = 11,
        Struct = 12,
        Uuid = 13,
    }

    /// <summary>Reads one structure.</summary>
    /// <param name="number">Told each whole number with its field.</param>
    /// <param name="structure">Told each field that is a structure, or a list of them once for each; reads it by this reader and gives true, or gives false to pass over it.</param>
    /// <exception cref="InvalidDataException">It is no such structure, or ends too early.</exception>
    public void ReadStruct(Action<int, long>? number = null, Func<int, bool>? structure = null)
    {
        if (++_depth > MostDepth)
            throw new InvalidDataException("its metadata is nested too deeply");
        var field = 0;
        while (Byte() is not 0 and var header)
        {
            field = header >> 4 is not 0 and var step ? field + step : checked((int)ZigZag());
            var kind = (Kind)(header & 15);
            if (kind is Kind.Int16 or Kind.Int32 or Kind.Int64)
            {
                var value = ZigZag();
                number?.Invoke(field, value);
            }
            else if (kind is not (Kind.True or Kind.False)) // which are a field's value too
                ReadValue(kind, field, structure);
        }

        _depth--;
    }

    private void ReadValue(Kind kind, int field, Func<int, bool>? structure)
    {
        switch (kind)
        {
            case Kind.True or Kind.False or Kind.Byte:
                Byte();
                break;
            case Kind.Int16 or Kind.Int32 or Kind.Int64:
                Unsigned();
                break;
            case Kind.Double:
                Skip(8);
                break;
            case Kind.Uuid:
                Skip(16);
                break;
            case Kind.Binary:
                Skip(Unsigned());
                break;
            case Kind.Struct:
                if (structure?.Invoke(field) != true)
                    ReadStruct();
                break;
            case Kind.List or Kind.Set:
                var header = Byte();
                for (var left = header >> 4 is not 15 and var few ? (ulong)few : Unsigned(); left > 0; left--)
                    ReadValue((Kind)(header & 15), field, structure);
                break;
            case Kind.Map:
                var pairs = Unsigned();
                var kinds = pairs == 0 ? 0 : Byte();
                for (; pairs > 0; pairs--)
                {
                    ReadValue((Kind)(kinds >> 4), field, structure: null);
                    ReadValue((Kind)(kinds & 15), field, structure: null);
                }

                break;
            default:
                throw new InvalidDataException($"its metadata has a value of the unknown type {(int)kind}");
        }
    }

    private long ZigZag()
    {
        var value = Unsigned();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong Unsigned()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var part = Byte();
            value |= (ulong)(part & 127) << shift;
            if (part < 128)
                return value;
        }

        throw new InvalidDataException("its metadata has a number of more than 64 bits");
    }

    private void Skip(ulong length)
    {
        if (length > (ulong)(stream.Length - stream.Position))
            throw new InvalidDataException($"its metadata has a value of {length} bytes, {stream.Length - stream.Position} are left");
        stream.Position += (long)length;
    }

    private int Byte() => stream.ReadByte() is >= 0 and var value ? value : throw new InvalidDataException("its metadata is cut off");
}
