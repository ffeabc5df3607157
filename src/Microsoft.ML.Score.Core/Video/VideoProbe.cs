using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Video;

/// <summary>
/// What decoding tells of the first video stream of a file. Every frame is decoded once: a header's count is a promise that cut files,
/// edit lists, empty chunks and damage break, and frames that are numbered by it would be the wrong ones.
/// </summary>
/// <param name="FrameCount">Frames that decoding gives.</param>
/// <param name="Height">Height of the first frame as stored.</param>
/// <param name="Width">Width of the first frame as stored.</param>
/// <param name="PixelFormat">Pixel format of the first frame, by ffmpeg's name.</param>
/// <param name="Orientation">How the frames are to be turned.</param>
/// <param name="FramesPerSecond">Average rate.</param>
/// <param name="Warning">What did not decode; null if nothing is missed.</param>
internal sealed partial record VideoProbe(int FrameCount, int Height, int Width, string PixelFormat, Orientation Orientation, double FramesPerSecond, string? Warning)
{
    private const string Entries =
        "packet=flags:frame=width,height,pix_fmt,best_effort_timestamp_time,duration_time,pkt_duration_time:frame_side_data=displaymatrix"
        + ":stream=codec_name,avg_frame_rate,r_frame_rate,nb_frames:stream_side_data=displaymatrix:format=format_name,start_time,duration";

    private static readonly string[] s_onePacket = ["-read_intervals", "%+#1"];

    /// <param name="path">The file's name in messages.</param>
    /// <param name="source">The file.</param>
    /// <param name="options">Limits.</param>
    /// <param name="program">ffprobe.</param>
    /// <param name="cancellationToken">Kills the program.</param>
    /// <exception cref="InvalidDataException">The file is of no kind that is read, has no video stream, not one frame can be decoded, or nothing comes.</exception>
    public static VideoProbe Run(string path, VideoSource source, VideoReadOptions options, string program, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // V leaves out cover pictures. Lines come as frames are decoded, so memory does not grow with the file.
        using var process = new ChildProcess(program, ["-v", "error", "-select_streams", "V:0", "-show_entries", Entries, "-of", "compact", .. source.IsStill ? s_onePacket : [], .. source.InputOptions(options)]);
        using var registration = cancellationToken.Register(process.Kill);
        using var output = new StreamReader(process.Output);
        var stream = new StreamReport();
        try
        {
            while (process.Within(output.ReadLine, options.ProgressTimeout) is { } line)
                stream.Read(line);
        }
        catch (TimeoutException exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new InvalidDataException($"Reading the video '{path}' was given up: {exception.Message} ({nameof(VideoReadOptions)}.{nameof(VideoReadOptions.ProgressTimeout)}).", exception);
        }

        var exitCode = process.WaitForExit();
        cancellationToken.ThrowIfCancellationRequested();
        if (ForeignFormat().Match(process.ErrorTail) is { Success: true } format)
            throw new InvalidDataException($"The file '{path}' is of the kind '{format.Groups[1].Value}', which is not read; expected {VideoSource.Kinds}.");
        if (process.ErrorTail.Contains("exceeds specified max pixel count", StringComparison.Ordinal) || (long)stream.Height * stream.Width > options.MaxPixels)
            throw new InvalidDataException(
                $"The video '{path}' has frames of more than {options.MaxPixels} pixels, the limit of {nameof(VideoReadOptions)}.{nameof(VideoReadOptions.MaxPixels)}.");
        if (exitCode != 0 && (stream.Frames == 0 || ChildProcess.Signal(exitCode) is not null))
            throw new InvalidDataException($"The file '{path}' cannot be read as a video: {Excerpt.OfReason(process.ErrorTail)}");
        if (!stream.IsThere)
            throw new InvalidDataException($"The file '{path}' has no video stream.");
        if (stream.Frames == 0)
            throw new InvalidDataException(
                $"Not one frame of '{path}' can be decoded: {(process.HasComplained ? Excerpt.OfReason(process.ErrorTail) : "the file is damaged, or ffmpeg lacks its decoder")}");
        if (stream.Frames > int.MaxValue)
            throw new InvalidDataException($"The video '{path}' has {stream.Frames} frames, more than the {int.MaxValue} that can be numbered.");
        return new VideoProbe(
            source.IsStill ? 1 : (int)stream.Frames,
            stream.Height,
            stream.Width,
            stream.PixelFormat,
            stream.Orientation,
            stream.FramesPerSecond ?? throw new InvalidDataException($"The video stream of '{path}' has neither times nor a frame rate."),
            Describe(path, stream.Missed(process.HasComplained), stream.Frames, process));
    }

    private static string? Describe(string path, long missed, long frames, ChildProcess process) =>
        missed > 0 ? $"{missed} of {frames + missed} frames of '{path}' cannot be decoded and are left out{(process.HasComplained ? $": {Excerpt.OfReason(process.ErrorTail)}" : ".")}"
        : process.HasComplained ? $"decoding '{path}' met damage, some of its {frames} frames may show it: {Excerpt.OfReason(process.ErrorTail)}"
        : null;

    [GeneratedRegex("^[a-z0-9_]+$")]
    private static partial Regex PixelFormatName();

    [GeneratedRegex(@"\[(\w[\w,]*)] Format not on whitelist")]
    private static partial Regex ForeignFormat();

    /// <summary>ffprobe's lines, added up.</summary>
    private sealed class StreamReport
    {
        private readonly FrameTimes _times = new();
        private long _packets;
        private long _promised;
        private string? _codec;
        private double? _averageRate;
        private double? _baseRate;
        private double? _containerEnd;
        private bool _mayJump;
        private string? _frameMatrix;
        private string? _streamMatrix;

        public long Frames { get; private set; }

        public int Height { get; private set; }

        public int Width { get; private set; }

        public string PixelFormat { get; private set; } = "";

        public bool IsThere => _codec is not null;

        public Orientation Orientation => Orientation.Of(_streamMatrix ?? _frameMatrix ?? "");

        public double? FramesPerSecond => _times.Rate(Frames, _mayJump, _containerEnd, [_averageRate, _baseRate]) ?? _averageRate ?? _baseRate;

        /// <summary>
        /// Packets that gave no frame. Some codecs have packets that show nothing, so only a decoder's complaint makes them a loss, or HEVC,
        /// whose pictures before a random access point are dropped without a word. A cut file lacks those that its header counts.
        /// </summary>
        public long Missed(bool hasComplained) =>
            hasComplained ? Math.Max(0, Math.Max(_packets, _promised) - Frames)
            : _codec == "hevc" ? Math.Max(0, _packets - Frames)
            : 0;

        public void Read(string line)
        {
            var fields = line.Split('|');
            switch (fields[0])
            {
                case "packet" when Value("flags")?.Contains('D') == false: // what an edit list takes out is no loss
                    _packets++;
                    break;
                case "frame":
                    if (Frames == 0)
                    {
                        (Width, Height) = ((int)(Number("width") ?? 0), (int)(Number("height") ?? 0));
                        PixelFormat = Value("pix_fmt") is { } format && PixelFormatName().IsMatch(format) ? format : "rgb24";
                        _frameMatrix = Value("displaymatrix");
                    }

                    Frames++;
                    _times.Add(Number("best_effort_timestamp_time"), Number("duration_time") ?? Number("pkt_duration_time"));
                    break;
                case "stream":
                    _codec = Value("codec_name") ?? "unknown";
                    (_averageRate, _baseRate) = (Fraction("avg_frame_rate"), Fraction("r_frame_rate"));
                    _promised = (long)(Number("nb_frames") ?? 0);
                    _streamMatrix = Value("displaymatrix");
                    break;
                case "format":
                    _mayJump = Value("format_name") is "mpegts" or "mpeg" or "ogg";
                    _containerEnd = (Number("start_time") ?? 0) + Number("duration");
                    break;
            }

            string? Value(string name) => fields.FirstOrDefault(field => field.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

            // "N/A" when unknown.
            double? Number(string name) =>
                double.TryParse(Value(name), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;

            // "30000/1001"; "0/0" when unknown.
            double? Fraction(string name) => Value(name)?.Split('/') is [var numerator, var denominator]
                && long.TryParse(numerator, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && long.TryParse(denominator, NumberStyles.None, CultureInfo.InvariantCulture, out var d)
                && n > 0 && d > 0 ? (double)n / d : null;
        }
    }
}
