using System.Globalization;

namespace Microsoft.ML.Score.Video;

/// <summary>
/// A video file, or a still image as a video of one frame, decoded by FFmpeg's programs ffprobe and ffmpeg, which must be on the PATH.
/// Each reading runs a program of its own and holds one frame at a time; an instance keeps nothing open and may be shared
/// between threads. Only local files are opened.
/// </summary>
public sealed class VideoFile : VideoClip
{
    // Keeps the command line below the limit of every system. Where more is needed to name the frames, they are picked out here.
    private const int MostExpressionCharacters = 30_000;

    private readonly string _ffmpeg;

    private VideoFile(string path, string ffmpeg, VideoProbe probe)
    {
        Path = path;
        _ffmpeg = ffmpeg;
        FrameCount = probe.FrameCount;
        Height = probe.Height;
        Width = probe.Width;
        FramesPerSecond = probe.FramesPerSecond;
    }

    /// <summary>The full path of the file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public override int FrameCount { get; }

    /// <inheritdoc/>
    public override int Height { get; }

    /// <inheritdoc/>
    public override int Width { get; }

    /// <summary>The average rate; for a still image what FFmpeg supposes, 25.</summary>
    public override double FramesPerSecond { get; }

    /// <summary>
    /// Finds size, rate and number of frames of a file's first video stream. Where the file's header does not tell the number, all of it is
    /// decoded once.
    /// </summary>
    /// <param name="path">mp4, webm, avi, mkv, jpg, png and whatever else the installed FFmpeg reads.</param>
    /// <param name="cancellationToken">Stops the program.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is empty, damaged or no video, or has no video stream.</exception>
    /// <exception cref="InvalidOperationException">FFmpeg is not installed.</exception>
    public static VideoFile Open(string path, CancellationToken cancellationToken = default) => Open(path, "ffprobe", "ffmpeg", cancellationToken);

    internal static VideoFile Open(string path, string ffprobe, string ffmpeg, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new FileNotFoundException($"There is no video file '{path}'.", path);
        if (file.Length == 0)
            throw new InvalidDataException($"The video file '{path}' is empty.");

        return new VideoFile(file.FullName, ffmpeg, VideoProbe.Run(file.FullName, ffprobe, cancellationToken));
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidDataException">Decoding stopped before the last frame asked for.</exception>
    /// <exception cref="InvalidOperationException">FFmpeg is not installed.</exception>
    public override IEnumerable<ReadOnlyMemory<byte>> ReadFrames(IReadOnlyList<int> frameIndices, CancellationToken cancellationToken = default)
    {
        ThrowIfNotFrameIndices(frameIndices);

        return frameIndices.Count == 0 ? [] : Decode(frameIndices, cancellationToken);
    }

    private IEnumerable<ReadOnlyMemory<byte>> Decode(IReadOnlyList<int> frameIndices, CancellationToken cancellationToken)
    {
        var select = SelectFilter(frameIndices);
        int[] delivered = select is null ? [.. Enumerable.Range(0, frameIndices[^1] + 1)] : [.. frameIndices.Distinct()];
        cancellationToken.ThrowIfCancellationRequested();
        using var process = new ChildProcess(_ffmpeg, Arguments(select, delivered.Length));
        using var registration = cancellationToken.Register(process.Kill);
        var frame = new byte[Height * Width * 3];
        var next = 0;
        foreach (var index in delivered)
        {
            var read = process.Output.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false);
            cancellationToken.ThrowIfCancellationRequested();
            if (read < frame.Length)
            {
                process.WaitForExit();
                throw new InvalidDataException($"Decoding '{Path}' stopped before frame {index} of {FrameCount}: {process.ErrorTail}");
            }

            for (; next < frameIndices.Count && frameIndices[next] == index; next++)
                yield return frame;
        }
    }

    private string[] Arguments(string? select, int frames) =>
    [
        "-v", "error", "-nostdin", "-protocol_whitelist", "file", "-i", "file:" + Path, "-map", "0:V:0",

        // A stream may change its size on the way: all frames get that of the first. Numbering them anew, at the rate of the
        // output, keeps ffmpeg from repeating or dropping frames to fill or thin out a variable rate.
        "-vf", string.Create(CultureInfo.InvariantCulture, $"{select}scale={Width}:{Height},settb=1/25,setpts=N"), "-r", "25",
        "-frames:v", frames.ToString(CultureInfo.InvariantCulture), "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1",
    ];

    // Frames are counted as they leave the decoder, in presentation order. Runs of neighbours are the leaves of a binary search:
    // ffmpeg limits how deep an expression may go, and a sum of many terms is deep.
    private static string? SelectFilter(IReadOnlyList<int> frameIndices)
    {
        var runs = new List<(int First, int Last)>();
        foreach (var index in frameIndices)
            if (runs.Count > 0 && index <= runs[^1].Last + 1)
                runs[^1] = (runs[^1].First, index);
            else
                runs.Add((index, index));
        if (runs.Count > MostExpressionCharacters / "if(lt(n,0),eq(n,0),)".Length)
            return null;
        var filter = $"select='{Search(0, runs.Count)}',";
        return filter.Length <= MostExpressionCharacters ? filter : null;

        string Search(int start, int end)
        {
            var (first, last) = runs[start];
            var middle = (start + end) / 2;
            return end - start > 1 ? string.Create(CultureInfo.InvariantCulture, $"if(lt(n,{runs[middle].First}),{Search(start, middle)},{Search(middle, end)})")
                : first == last ? string.Create(CultureInfo.InvariantCulture, $"eq(n,{first})")
                : string.Create(CultureInfo.InvariantCulture, $"between(n,{first},{last})");
        }
    }
}
