using System.Buffers.Binary;
using System.Security.Cryptography;
using Microsoft.ML.Data;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Rows;

/// <summary>How a clip is read from a row, decided from the schema: the path of a video file, or RGB frames [F, height, width, 3].</summary>
/// <param name="Name">Name of the column.</param>
/// <param name="FrameHeight">Height of frames in memory; 0 for paths.</param>
/// <param name="FrameWidth">Width of frames in memory; 0 for paths.</param>
/// <param name="FramesPerSecond">Frames a second of frames in memory.</param>
internal sealed record ClipColumn(string Name, int FrameHeight, int FrameWidth, double FramesPerSecond)
{
    public bool ByPath() => FrameWidth == 0;

    public static ClipColumn Resolve(DataViewSchema inputSchema, string name, double framesPerSecond)
    {
        var column = InputColumns.Find(inputSchema, name, ColumnKind.Text, ColumnKind.Bytes);
        if (column.Type is not VectorDataViewType type)
            return new(name, 0, 0, framesPerSecond);
        return type.Dimensions is [_, > 0, > 0, 3]
            ? new(name, type.Dimensions[1], type.Dimensions[2], framesPerSecond)
            : throw InputColumns.Mismatch(name, "Vector<Byte, *, height, width, 3> or Text", type.ToString()!);
    }

    public DataViewSchema.Column Bind(DataViewSchema inputSchema)
    {
        var column = InputColumns.Find(inputSchema, Name, ByPath() ? ColumnKind.Text : ColumnKind.Bytes);
        if (column.Type is VectorDataViewType { Dimensions: [_, > 0, > 0, > 0] dimensions } && (dimensions[1], dimensions[2], dimensions[3]) != (FrameHeight, FrameWidth, 3))
            throw InputColumns.Mismatch(Name, Detach().Type.ToString()!, column.Type.ToString()!);
        return column;
    }

    public DataViewSchema.DetachedColumn Detach() =>
        new(Name, ByPath() ? TextDataViewType.Instance : new VectorDataViewType(NumberDataViewType.Byte, 0, FrameHeight, FrameWidth, 3));

    /// <summary>A function that gives the clip at the row's current position, and on request the SHA-256 of its content.</summary>
    public Func<Clip> Reader(DataViewRow row)
    {
        var column = Bind(row.Schema);
        return ByPath() ? PathReader(row, column) : FrameReader(row, column);
    }

    private static Func<Clip> PathReader(DataViewRow row, DataViewSchema.Column column)
    {
        var path = TextColumn.Reader(row, column);
        return () =>
        {
            var file = path();
            return new Clip(row, column.Name, () => VideoFile.Open(file), () => HashFile(file));
        };
    }

    private Func<Clip> FrameReader(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<VBuffer<byte>>(column);
        var buffer = new VBuffer<byte>();
        var frameLength = (long)FrameHeight * FrameWidth * 3;
        return () =>
        {
            getter(ref buffer);
            if (buffer.Length == 0 || buffer.Length % frameLength != 0)
                throw RowError.At(row, Name, $"{buffer.Length} bytes are not one or more RGB frames of {FrameHeight}x{FrameWidth} pixels = {frameLength} bytes.");
            var rgb = new byte[buffer.Length];
            buffer.CopyTo(rgb);
            return new Clip(row, Name, () => new FrameClip(rgb, (int)(rgb.Length / frameLength), FrameHeight, FrameWidth, FramesPerSecond), () => HashFrames(rgb));
        };
    }

    private static byte[] HashFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no video file '{path}'.", path);
        using var stream = File.OpenRead(path);
        return SHA256.HashData(stream);
    }

    private byte[] HashFrames(byte[] rgb)
    {
        Span<byte> header = stackalloc byte[16];
        BinaryPrimitives.WriteInt32LittleEndian(header, FrameHeight);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], FrameWidth);
        BinaryPrimitives.WriteDoubleLittleEndian(header[8..], FramesPerSecond);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(header);
        hash.AppendData(rgb);
        return hash.GetHashAndReset();
    }

    /// <summary>A clip of a row, not opened yet.</summary>
    internal readonly record struct Clip(DataViewRow Row, string Column, Func<VideoClip> Open, Func<byte[]> Hash)
    {
        /// <summary>SHA-256 of the content.</summary>
        public byte[] HashContent() => RowError.Naming(Row, Column, Hash);

        /// <summary>Opens the clip and gives what is made of it.</summary>
        public TResult Read<TResult>(Func<VideoClip, TResult> read)
        {
            var open = Open;
            return RowError.Naming(Row, Column, () => read(open()));
        }
    }
}
