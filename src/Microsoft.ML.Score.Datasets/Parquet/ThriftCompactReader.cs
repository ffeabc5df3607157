using System.Text;

namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>
/// Reads Thrift's compact protocol (thrift-compact-protocol.md of the Apache Thrift specification), in which Parquet keeps its metadata. Every
/// read is checked against the bytes that there are; lists cannot claim more elements than bytes remain.
/// </summary>
internal ref struct ThriftCompactReader(ReadOnlySpan<byte> bytes)
{
    private const int DeepestNesting = 24;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    private enum Wire
    {
        Stop, True, False, Byte, Int16, Int32, Int64, Double, Binary, List, Set, Map, Struct,
    }

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    private Wire _type;

    /// <summary>Goes to a struct's next field; its value must then be read or skipped.</summary>
    /// <param name="id">The id of the field before, 0 at first; becomes this one's.</param>
    /// <returns>False at the end of the struct.</returns>
    public bool NextField(ref int id)
    {
        var head = NextByte();
        _type = Known(head & 0x0F);
        if (_type == Wire.Stop)
        {
            // What has ended is a struct: in a list the next one follows.
            _type = Wire.Struct;
            return false;
        }

        var delta = head >> 4;
        id = delta == 0 ? (int)Math.Clamp(ZigZag(), short.MinValue, short.MaxValue) : id + delta;
        return true;
    }

    /// <summary>The value of a field of whole numbers.</summary>
    public long ReadInteger()
    {
        if (_type is not (Wire.Int16 or Wire.Int32 or Wire.Int64))
            throw new InvalidDataException($"its metadata has {_type} where a whole number belongs");
        return ZigZag();
    }

    /// <summary>The value of a field of whole numbers that fit 32 bits.</summary>
    public int ReadInt32()
    {
        var value = ReadInteger();
        return value is >= int.MinValue and <= int.MaxValue ? (int)value : throw new InvalidDataException($"its metadata has the number {value}, which needs more than 32 bits");
    }

    public bool ReadBoolean() => _type is Wire.True or Wire.False ? _type == Wire.True : throw new InvalidDataException($"its metadata has {_type} where yes or no belongs");

    /// <summary>The value of a text field; bytes that are not UTF-8 become U+FFFD.</summary>
    public string ReadText()
    {
        Expect(Wire.Binary);
        return Encoding.UTF8.GetString(Take(Varint()));
    }

    /// <summary>Goes into a field that is a struct.</summary>
    public void EnterStruct() => Expect(Wire.Struct);

    /// <summary>Goes into a field that is a list; then its elements follow, each to be read as the value of a field.</summary>
    public int EnterList()
    {
        Expect(Wire.List);
        return ListHead();
    }

    /// <summary>Passes over the field's value.</summary>
    public void Skip() => Skip(_type, depth: 0);

    private void Skip(Wire type, int depth)
    {
        if (depth > DeepestNesting)
            throw new InvalidDataException($"its metadata is nested deeper than {DeepestNesting}");
        switch (type)
        {
            case Wire.True or Wire.False:
                break;
            case Wire.Byte:
                NextByte();
                break;
            case Wire.Int16 or Wire.Int32 or Wire.Int64:
                Varint();
                break;
            case Wire.Double:
                Take(sizeof(double));
                break;
            case Wire.Binary:
                Take(Varint());
                break;
            case Wire.List or Wire.Set:
                for (var left = ListHead(); left > 0; left--)
                    SkipElement(_type, depth);
                break;
            case Wire.Map:
                SkipMap(depth);
                break;
            default:
                for (var id = 0; NextField(ref id);)
                    Skip(_type, depth + 1);
                break;
        }
    }

    private void SkipMap(int depth)
    {
        var count = Varint();
        if (count == 0)
            return;
        var types = NextByte();
        for (; count > 0; count--)
        {
            SkipElement(Known(types >> 4), depth);
            SkipElement(Known(types & 0x0F), depth);
        }
    }

    /// <summary>Within lists and maps a yes or no takes a byte.</summary>
    private void SkipElement(Wire type, int depth)
    {
        var before = _type;
        Skip(type is Wire.True or Wire.False ? Wire.Byte : type, depth + 1);
        _type = before;
    }

    private int ListHead()
    {
        var head = NextByte();
        _type = Known(head & 0x0F);
        var count = head >> 4 == 15 ? Varint() : (ulong)(head >> 4);
        return count <= (ulong)(_bytes.Length - Position) ? (int)count : throw new InvalidDataException($"its metadata has a list of {count} elements in {_bytes.Length - Position} bytes");
    }

    private readonly void Expect(Wire type)
    {
        if (_type != type)
            throw new InvalidDataException($"its metadata has {_type} where {type} belongs");
    }

    private static Wire Known(int type) => type <= (int)Wire.Struct ? (Wire)type : throw new InvalidDataException($"its metadata has the unknown type {type}");

    private long ZigZag()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong Varint()
    {
        var value = 0UL;
        for (var shift = 0; shift < 64; shift += 7)
        {
            var next = NextByte();
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }

        throw new InvalidDataException("its metadata has a number of more than 64 bits");
    }

    private byte NextByte() => Take(1)[0];

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_bytes.Length - Position))
            throw new InvalidDataException("its metadata ends too early");
        var taken = _bytes.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }
}
