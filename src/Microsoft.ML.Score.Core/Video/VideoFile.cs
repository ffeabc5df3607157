using System.Globalization;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Video;

/// <summary>
/// A video file, or a still image as a video of one frame, decoded by FFmpeg's programs ffprobe and ffmpeg, which must be on the PATH.
/// Each reading runs a program of its own and holds one frame at a time; an instance keeps nothing open and may be shared
/// between threads. Only the file named is opened: containers and pictures, never playlists, devices or numbered pictures.
/// </summary>
public sealed class VideoFile : VideoClip
{
    // Keeps the command line below the limit of every system. Where more is needed to name the frames, they are picked out here.
    private const int MostExpressionCharacters = 30_000;

    // Every so many frames one comes that may not be asked for: a sign of progress, and how ffmpeg notices that nobody reads.
    private const int ProgressFrames = 64;

    private static readonly VideoReadOptions s_defaults = new();

    private readonly string _ffmpeg;
    private readonly VideoSource _source;
    private readonly VideoReadOptions _options;
    private readonly VideoProbe _probe;
    private readonly WhiteGround? _ground;

    private VideoFile(string path, VideoSource source, VideoReadOptions options, string ffmpeg, VideoProbe probe, WhiteGround? ground = null)
    {
        _ground = ground;
        Path = path;
        _source = source;
        _options = options;
        _ffmpeg = ffmpeg;
        _probe = probe;
    }

    /// <summary>The full path of the file.</summary>
    public string Path { get; }

    /// <summary>The frames that decoding gives, whatever the header promises.</summary>
    /// <inheritdoc/>
    public override int FrameCount => _probe.FrameCount;

    /// <summary>Height of the first frame as shown, after the turn that the file asks for; frames of another size are scaled to it.</summary>
    /// <inheritdoc/>
    public override int Height => _probe.Orientation.IsTurned ? _probe.Width : _probe.Height;

    /// <summary>Width of the first frame as shown, likewise.</summary>
    /// <inheritdoc/>
    public override int Width => _probe.Orientation.IsTurned ? _probe.Height : _probe.Width;

    /// <summary>The average rate by the frames' own times; for a still image what FFmpeg supposes, 25.</summary>
    /// <inheritdoc/>
    public override double FramesPerSecond => _probe.FramesPerSecond;

    /// <summary>One sentence about what of the file does not decode and is left out, with the number of frames; null if nothing is missed.</summary>
    public string? Warning => _probe.Warning;

    /// <summary>
    /// Finds size, rate and number of frames of a file's first video stream. All of it is decoded once: only that tells which frames there
    /// are.
    /// </summary>
    /// <param name="path">mp4, webm, avi, mkv, jpg, png and other containers and pictures that the installed FFmpeg reads.</param>
    /// <param name="cancellationToken">Stops the program.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is empty or no regular file, of a kind that is not read (a playlist, for one), has no video stream, is a picture that is cut
    /// off, or not one frame can be decoded within the limits.
    /// </exception>
    /// <exception cref="InvalidOperationException">FFmpeg is not installed.</exception>
    /// <example><code>
    /// var video = VideoFile.Open("clip.mp4");
    /// foreach (ReadOnlyMemory&lt;byte&gt; rgb in video.ReadFrames([0, video.FrameCount - 1])) { }
    /// </code></example>
    public static VideoFile Open(string path, CancellationToken cancellationToken = default) => Open(path, s_defaults, cancellationToken);

    /// <summary>Whether a file is one still picture, by its signature; of a picture the end is looked for, and nothing is decoded. Animations are not.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Limits; null means the defaults.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is empty or no regular file, or a picture that is cut off.</exception>
    /// <example><code>bool isStill = VideoFile.IsStillImage("photo.jpg"); // true</code></example>
    public static bool IsStillImage(string path, VideoReadOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        return VideoSource.Open(path, options ?? s_defaults, cancellationToken).IsStill;
    }

    /// <inheritdoc cref="Open(string, CancellationToken)"/>
    /// <param name="path">The file.</param>
    /// <param name="options">Limits, and who is told of frames that do not decode.</param>
    /// <param name="cancellationToken">Stops the program.</param>
    /// <exception cref="ArgumentException">Options are out of range; the message names all of them.</exception>
    public static VideoFile Open(string path, VideoReadOptions options, CancellationToken cancellationToken = default) =>
        Open(path, options, "ffprobe", "ffmpeg", cancellationToken);

    internal static VideoFile Open(string path, VideoReadOptions options, string ffprobe, string ffmpeg, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        options.ThrowIfFaulty(nameof(options));

        var source = VideoSource.Open(path, options, cancellationToken);
        var probe = VideoProbe.Run(path, source, options, ffprobe, cancellationToken);
        if (probe.Warning is { } warning)
            options.Warn?.Invoke(warning);
        return new VideoFile(System.IO.Path.GetFullPath(path), source, options, ffmpeg, probe);
    }

    internal override VideoClip OnWhite()
    {
        if (_source is not { IsStill: true, MayHaveAlpha: true } || WhiteGround.For(_probe.PixelFormat) is not { } ground)
            return this;
        return (long)Height * Width * ground.PixelLength <= Array.MaxLength
            ? new VideoFile(Path, _source, _options, _ffmpeg, _probe, ground)
            : throw new InvalidDataException($"The picture '{Path}' of {Height}x{Width} pixels with alpha takes more than the {Array.MaxLength} bytes of an array.");
    }

    /// <summary>The frames as RGB bytes. What a picture lets through is not looked at: its colours are given as they are stored.</summary>
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
        var delivered = Enumerable.Range(0, frameIndices[^1] + 1);
        if (select is not null)
            delivered = frameIndices.Union(delivered.Where(index => index % ProgressFrames == 0)).Order();
        int[] indices = [.. delivered];
        cancellationToken.ThrowIfCancellationRequested();
        using var process = new ChildProcess(_ffmpeg, Arguments(select, indices.Length));
        using var registration = cancellationToken.Register(process.Kill);
        var frame = new byte[Height * Width * (_ground?.PixelLength ?? 3)];
        var next = 0;
        foreach (var index in indices)
        {
            Read(process, frame, frameIndices[next], cancellationToken);
            var shown = _ground?.Show(frame) ?? frame;
            for (; next < frameIndices.Count && frameIndices[next] == index; next++)
                yield return shown;
        }
    }

    private void Read(ChildProcess process, byte[] frame, int index, CancellationToken cancellationToken)
    {
        int read;
        try
        {
            read = process.Within(() => process.Output.ReadAtLeast(frame, frame.Length, throwOnEndOfStream: false), _options.ProgressTimeout);
        }
        catch (TimeoutException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new InvalidDataException($"Decoding '{Path}' was given up before frame {index} of {FrameCount}: {exception.Message} ({nameof(VideoReadOptions)}.{nameof(VideoReadOptions.ProgressTimeout)}).", exception);
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (read == frame.Length)
            return;
        process.WaitForExit();
        throw new InvalidDataException($"Decoding '{Path}' stopped before frame {index} of {FrameCount}: {Excerpt.OfReason(process.ErrorTail)}");
    }

    private string[] Arguments(string? select, int frames) =>
    [
        // Several threads may give other frames of a damaged stream than the one thread that counted them.
        "-v", "error", "-nostdin", .. Warning is null ? Array.Empty<string>() : ["-threads", "1"],

        // Where a stream changes its size or format on the way, ffmpeg would build the filters anew and count from 0 again. These take
        // any frame and give it the size and format of the first; only then it is turned and becomes RGB, as the first.
        "-noautorotate", "-reinit_filter", "0", .. _source.InputOptions(_options), "-map", "0:V:0",

        // Numbering the frames anew, at the rate of the output, keeps ffmpeg from repeating or dropping some to fill or thin out a variable
        // rate. So low a rate, since it also compares a frame's own duration: where that is more than one tick, frames would be repeated.
        "-vf", string.Create(CultureInfo.InvariantCulture, $"{select}scale={_probe.Width}:{_probe.Height},format={_probe.PixelFormat},{_probe.Orientation.Filters}settb=1000,setpts=N"), "-r", "1/1000",
        "-frames:v", frames.ToString(CultureInfo.InvariantCulture), "-f", "rawvideo", "-pix_fmt", _ground?.Format ?? "rgb24", "pipe:1",
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
        var filter = string.Create(CultureInfo.InvariantCulture, $"select='if(mod(n,{ProgressFrames}),{Search(0, runs.Count)},1)',");
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
