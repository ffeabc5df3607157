using Microsoft.ML.Data;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Columns;

/// <summary>How a clip is read from a row, decided from the schema: the path of a video file, or RGB frames [F, height, width, 3] or one frame [height, width, 3].</summary>
/// <param name="Name">Name of the column.</param>
/// <param name="FrameHeight">Height of frames in memory; 0 for paths.</param>
/// <param name="FrameWidth">Width of frames in memory; 0 for paths.</param>
/// <param name="FramesPerSecond">Frames a second of frames in memory.</param>
/// <param name="Frames">How many frames each row has in memory, as the type says; 0 when it does not, and for paths.</param>
internal sealed record ClipColumn(string Name, int FrameHeight, int FrameWidth, double FramesPerSecond, int Frames = 0)
{
    public bool ByPath() => FrameWidth == 0;

    /// <summary>What is wrong with a column that comes from a zip: <see cref="Resolve"/> makes no such one.</summary>
    public OptionFaults Faults() => new OptionFaults(nameof(ClipColumn))
        .RequireName(Name)
        .Require(FrameHeight >= 0 && FrameWidth >= 0 && FrameHeight == 0 == (FrameWidth == 0), $"frames must have both sides or neither, got {FrameHeight}x{FrameWidth}")
        .Require(Frames >= 0 && (Frames == 0 || FrameWidth > 0), Frames, "be at least 0, and 0 for paths")
        .Require((Int128)Math.Max(Frames, 1) * FrameHeight * FrameWidth * 3 <= Array.MaxLength, $"{Frames} frames of {FrameHeight}x{FrameWidth} are more than a vector holds")
        .Require(FramesPerSecond > 0 && double.IsFinite(FramesPerSecond), FramesPerSecond, "be positive and finite");

    public static ClipColumn Resolve(DataViewSchema inputSchema, string name, double framesPerSecond)
    {
        var column = InputColumns.Find(inputSchema, name, ColumnKind.Text, ColumnKind.Bytes);
        if (column.Type is not VectorDataViewType type)
            return new(name, 0, 0, framesPerSecond);
        return FrameShape(type) is { Height: > 0, Width: > 0, Colours: 3 } shape && type.Dimensions is not [3, _, 3] // as much [3, height, 3] as [height, 3, 3]
            ? new(name, shape.Height, shape.Width, framesPerSecond, shape.Frames)
            : throw InputColumns.Mismatch(
                name, "Text, Vector<Byte, *, height, width, 3> or Vector<Byte, height, width, 3> (ExtractPixels gives it with interleavePixelColors: true)", type.ToString()!);
    }

    public DataViewSchema.Column Bind(DataViewSchema inputSchema)
    {
        var column = InputColumns.Find(inputSchema, Name, ByPath() ? ColumnKind.Text : ColumnKind.Bytes);
        if (column.Type is VectorDataViewType type && FrameShape(type) is { Height: > 0, Width: > 0, Colours: > 0 } shape
            && ((shape.Height, shape.Width, shape.Colours) != (FrameHeight, FrameWidth, 3) || (Frames > 0 && shape.Frames > 0 && shape.Frames != Frames)))
            throw InputColumns.Mismatch(Name, Detach().Type.ToString()!, column.Type.ToString()!);
        return column;
    }

    public DataViewSchema.DetachedColumn Detach() =>
        new(Name, ByPath() ? TextDataViewType.Instance : new VectorDataViewType(NumberDataViewType.Byte, Frames, FrameHeight, FrameWidth, 3));

    private static (int Frames, int Height, int Width, int Colours) FrameShape(VectorDataViewType type) => type.Dimensions switch
    {
        [var frames, var height, var width, var colours] => (frames, height, width, colours),
        [var height, var width, var colours] => (1, height, width, colours),
        _ => default,
    };

    /// <summary>A function that gives the clip at the row's current position, and on request what it is known by.</summary>
    /// <param name="row">The row.</param>
    /// <param name="readOptions">How video files are read.</param>
    public Func<Clip> Reader(DataViewRow row, VideoReadOptions readOptions)
    {
        var column = Bind(row.Schema);
        return ByPath() ? PathReader(row, column, readOptions) : FrameReader(row, column);
    }

    private static Func<Clip> PathReader(DataViewRow row, DataViewSchema.Column column, VideoReadOptions readOptions)
    {
        var path = TextColumn.Reader(row, column);
        return () =>
        {
            var file = path();
            return new Clip(row, column.Name, () => VideoFile.Open(file, readOptions), () => FeatureCache.KeyOfFile(file), _ => VideoFile.IsStillImage(file, readOptions));
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
            if (Frames > 0 && buffer.Length != Frames * frameLength)
                throw RowError.At(row, Name, $"{buffer.Length / frameLength} frames, but the column's type {column.Type} says {Frames}.");
            var rgb = new byte[buffer.Length];
            buffer.CopyTo(rgb);
            var frames = (int)(rgb.Length / frameLength);
            return new Clip(
                row, Name, () => new FrameClip(rgb, frames, FrameHeight, FrameWidth, FramesPerSecond), () => FeatureCache.KeyOfFrames(rgb, FrameHeight, FrameWidth, FramesPerSecond),
                framesPerStep => frames < 2 * framesPerStep);
        };
    }

    /// <summary>A clip of a row, not opened yet.</summary>
    internal readonly record struct Clip(DataViewRow Row, string Column, Func<VideoClip> Open, Func<byte[]> Key, Func<int, bool> IsStill)
    {
        /// <summary>What tells the clip from others in a feature cache.</summary>
        public byte[] FindKey() => RowError.Naming(Row, Column, Key);

        /// <summary>Whether it is a still: a picture, or frames in memory that are one time step. Nothing is decoded for it.</summary>
        /// <param name="framesPerStep">Frames of a time step of the model's.</param>
        public bool FindIsStill(int framesPerStep)
        {
            var isStill = IsStill;
            return RowError.Naming(Row, Column, () => isStill(framesPerStep));
        }

        /// <summary>Opens the clip and gives what is made of it.</summary>
        public TResult Read<TResult>(Func<VideoClip, TResult> read)
        {
            var open = Open;
            return RowError.Naming(Row, Column, () => read(open()));
        }
    }
}
