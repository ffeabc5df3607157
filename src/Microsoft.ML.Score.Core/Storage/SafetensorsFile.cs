using System.IO.MemoryMappedFiles;

namespace Microsoft.ML.Score.Storage;

/// <summary>
/// A safetensors file (https://huggingface.co/docs/safetensors), memory-mapped: opening costs the header alone, whatever the
/// size. The whole header is validated when it is opened. Safe for concurrent reading; nothing may be read, and no span be
/// used, after <see cref="Dispose"/>. The file must not be shortened while it is open.
/// </summary>
internal sealed unsafe class SafetensorsFile : IDisposable
{
    private readonly byte* _data;
    private readonly int _dataStart;
    private readonly Action _release;
    private bool _disposed;

    private SafetensorsFile(byte* file, long length, string name, Action release)
    {
        var header = SafetensorsHeader.Read(file, length, name);
        _data = file + header.DataStart;
        _dataStart = (int)header.DataStart;
        _release = release;
        Name = name;
        Metadata = header.Metadata;
        Tensors = header.Tensors;
    }

    /// <summary>The path, or the name given to <see cref="Parse"/>; for messages.</summary>
    public string Name { get; }

    /// <summary>The free-form strings under <c>__metadata__</c>; empty where there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>The tensors by name.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>Maps a file into memory and validates its header.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The file, which the caller disposes.</returns>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is not a safetensors file, is cut off or breaks a rule of the format, or the path names a folder, a pipe or a device.
    /// </exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        RegularFile.ThrowIfNot(path);
        if (RegularFile.LengthOf(path) == 0)
            throw new InvalidDataException($"'{path}' is not a safetensors file: it is empty, or a pipe or device.");

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        var length = stream.Length;
        if (length == 0)
            throw new InvalidDataException($"'{path}' is not a safetensors file: it is empty.");
        var map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true);
        var view = map.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        byte* file = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref file);
        return Create(file + view.PointerOffset, length, path, () =>
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
            view.Dispose();
            map.Dispose();
        });
    }

    /// <summary>Whether a file is safetensors, and of the kind that its header is asked for.</summary>
    public static bool Is(string path, Func<SafetensorsFile, bool> isOfKind)
    {
        try
        {
            using var file = Open(path);
            return isOfKind(file);
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Reads a file already in memory.</summary>
    /// <param name="bytes">The whole file; not copied, so it must not change.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="InvalidDataException">The bytes are not a safetensors file, are cut off or break a rule of the format.</exception>
    public static SafetensorsFile Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        ArgumentNullException.ThrowIfNull(name);

        var pin = bytes.Pin();
        return Create((byte*)pin.Pointer, bytes.Length, name, pin.Dispose);
    }

    /// <summary>The stored bytes of a tensor, little endian, row-major, without a copy; valid until <see cref="Dispose"/>.</summary>
    /// <param name="name">The tensor's name in the file.</param>
    /// <exception cref="KeyNotFoundException">There is no such tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    /// <exception cref="NotSupportedException">The tensor has 2 GiB or more, too much for one span.</exception>
    public ReadOnlySpan<byte> Bytes(string name)
    {
        var entry = Find(name);
        if (entry.ByteLength > int.MaxValue)
            throw new NotSupportedException($"Tensor '{name}' of '{Name}' has {entry.ByteLength} bytes; one span holds at most {int.MaxValue}.");

        return new ReadOnlySpan<byte>(_data + entry.Offset, (int)entry.ByteLength);
    }

    /// <summary>A floating-point tensor as single precision: F32 as stored, F16 and BF16 widened, F64 rounded.</summary>
    /// <param name="name">The tensor's name in the file.</param>
    /// <returns>A copy of the elements, row-major over <see cref="TensorEntry.Shape"/>.</returns>
    /// <exception cref="KeyNotFoundException">There is no such tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    /// <exception cref="InvalidDataException">The tensor holds integers.</exception>
    public float[] ReadSingle(string name)
    {
        var entry = Find(name);
        var values = new float[entry.Count];
        ReadSingle(name, 0, values);
        return values;
    }

    /// <summary>An integer tensor, sign-extended; U8 and Bool zero-extended.</summary>
    /// <param name="name">The tensor's name in the file.</param>
    /// <returns>A copy of the elements, row-major over <see cref="TensorEntry.Shape"/>.</returns>
    /// <exception cref="KeyNotFoundException">There is no such tensor.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    /// <exception cref="InvalidDataException">The tensor holds floating-point numbers.</exception>
    public long[] ReadInt64(string name)
    {
        var entry = Find(name);
        if (entry.Type is not { } type || type.IsFloatingPoint())
            throw new InvalidDataException($"Tensor '{name}' of '{Name}' is {entry}, expected integers.");

        var values = new long[entry.Count];
        var source = _data + entry.Offset;
        for (var i = 0; i < values.Length; i++)
            values[i] = type switch
            {
                TensorType.I64 => ((long*)source)[i],
                TensorType.I32 => ((int*)source)[i],
                TensorType.I16 => ((short*)source)[i],
                TensorType.I8 => ((sbyte*)source)[i],
                _ => source[i],
            };
        return values;
    }

    /// <summary>Unmaps the file. Spans from <see cref="Bytes(string)"/> become invalid.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _release();
    }

    /// <summary>Everything before the data section, as it stands in the file; valid until <see cref="Dispose"/>.</summary>
    internal ReadOnlySpan<byte> HeaderBytes
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return new ReadOnlySpan<byte>(_data - _dataStart, _dataStart);
        }
    }

    /// <summary>Elements [start, start + destination.Length) of a floating-point tensor as single precision.</summary>
    internal void ReadSingle(string name, long start, Span<float> destination)
    {
        var entry = Find(name);
        if (entry.Type is not { } type || !type.IsFloatingPoint())
            throw new InvalidDataException($"Tensor '{name}' of '{Name}' is {entry}, expected F64, F32, F16 or BF16.");
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, entry.Count - destination.Length);

        // In pieces, since a large embedding has more bytes than one span can hold.
        const int piece = 1 << 24;
        var size = type.Size();
        for (var from = 0; from < destination.Length; from += piece)
        {
            var count = Math.Min(piece, destination.Length - from);
            var source = new ReadOnlySpan<byte>(_data + entry.Offset + (start + from) * size, count * size);
            StoredValues.Widen(type, source, destination.Slice(from, count));
        }
    }

    /// <summary>The stored bytes of elements [start, start + count) of a tensor, without a copy; valid until <see cref="Dispose"/>.</summary>
    internal ReadOnlySpan<byte> Bytes(string name, long start, int count)
    {
        var entry = Find(name);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, entry.Count - count);

        var size = entry.Type?.Size() ?? throw new InvalidDataException($"Tensor '{name}' of '{Name}' is {entry}, a type that is not read.");
        return new ReadOnlySpan<byte>(_data + entry.Offset + start * size, checked(count * size));
    }

    /// <summary>Bytes [start, start + count) of a tensor of any type, without a copy; valid until <see cref="Dispose"/>.</summary>
    internal ReadOnlySpan<byte> RawBytes(string name, long start, int count)
    {
        var entry = Find(name);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(start, entry.ByteLength - count);

        return new ReadOnlySpan<byte>(_data + entry.Offset + start, count);
    }

    /// <summary>Elements of an F32 tensor without a copy; valid until <see cref="Dispose"/>.</summary>
    internal ReadOnlySpan<float> SingleSpan(string name)
    {
        var entry = Find(name);
        return new ReadOnlySpan<float>(_data + entry.Offset, checked((int)entry.Count));
    }

    private static SafetensorsFile Create(byte* file, long length, string name, Action release)
    {
        try
        {
            return new SafetensorsFile(file, length, name, release);
        }
        catch
        {
            release();
            throw;
        }
    }

    private TensorEntry Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        ObjectDisposedException.ThrowIf(_disposed, this);

        return Tensors.TryGetValue(name, out var entry)
            ? entry
            : throw new KeyNotFoundException($"'{Name}' has no tensor '{name}'.");
    }
}
