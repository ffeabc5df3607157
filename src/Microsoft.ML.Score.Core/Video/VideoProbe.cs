using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Score.Video;

/// <summary>What ffprobe finds out about the first video stream of a file.</summary>
/// <param name="FrameCount">Frames that decoding gives.</param>
/// <param name="Height">Height as shown, after the rotation that the file asks for.</param>
/// <param name="Width">Width, likewise.</param>
/// <param name="FramesPerSecond">Average rate.</param>
internal sealed record VideoProbe(int FrameCount, int Height, int Width, double FramesPerSecond)
{
    private static readonly JsonSerializerOptions s_json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, NumberHandling = JsonNumberHandling.AllowReadingFromString };

    /// <param name="path">Full path of an existing file.</param>
    /// <param name="program">ffprobe.</param>
    /// <param name="cancellationToken">Kills the program.</param>
    /// <exception cref="InvalidDataException">The file is no video, has no video stream, is truncated, or not one frame can be decoded.</exception>
    public static VideoProbe Run(string path, string program, CancellationToken cancellationToken)
    {
        var header = Ask(path, program, ["-show_entries", "stream=width,height,avg_frame_rate,r_frame_rate,nb_frames:stream_side_data=rotation:packet=flags"], cancellationToken);
        if (header.Streams is not [var stream, ..])
            throw new InvalidDataException($"The file '{path}' has no video stream.");
        if (stream.Width < 1 || stream.Height < 1 || (long)stream.Width * stream.Height * 3 > Array.MaxLength)
            throw new InvalidDataException($"The video stream of '{path}' has frames of {stream.Height}x{stream.Width} pixels, which cannot be read.");

        var turned = stream.SideDataList?.Any(data => Math.Abs(data.Rotation % 180) is > 45 and < 135) == true;
        return new VideoProbe(
            CountFrames(path, program, stream, header.Packets ?? [], cancellationToken),
            turned ? stream.Width : stream.Height,
            turned ? stream.Height : stream.Width,
            Rate(stream.AvgFrameRate) ?? Rate(stream.RFrameRate) ?? throw new InvalidDataException($"The video stream of '{path}' has no frame rate."));
    }

    // A header's count is right when just as many packets are there and none is to be discarded (an edit list's doing). Otherwise,
    // or without one, only decoding tells: packets and frames are not one to one in every format.
    private static int CountFrames(string path, string program, StreamJson stream, PacketJson[] packets, CancellationToken cancellationToken)
    {
        var promised = int.TryParse(stream.NbFrames, NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;
        if (promised > packets.Length)
            throw new InvalidDataException($"The video '{path}' is truncated or damaged: its header promises {promised} frames, {packets.Length} are there.");
        if (promised > 0 && promised == packets.Length && !packets.Any(packet => packet.Flags?.Contains('D') == true))
            return promised;

        var decoded = Ask(path, program, ["-count_frames", "-show_entries", "stream=nb_read_frames"], cancellationToken);
        return decoded.Streams is [{ NbReadFrames: { } text }, ..] && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var frames) && frames > 0
            ? frames
            : throw new InvalidDataException($"Not one frame of '{path}' can be decoded: the file is damaged, or ffmpeg lacks its decoder.");
    }

    private static OutputJson Ask(string path, string program, string[] question, CancellationToken cancellationToken)
    {
        // V leaves out cover pictures. "file:" keeps a colon in the path from being taken for a protocol.
        using var process = new ChildProcess(program, ["-v", "error", "-protocol_whitelist", "file", "-select_streams", "V:0", .. question, "-of", "json", "-i", "file:" + path]);
        using var registration = cancellationToken.Register(process.Kill);
        using var output = new MemoryStream();
        process.Output.CopyTo(output);
        var exitCode = process.WaitForExit();
        cancellationToken.ThrowIfCancellationRequested();
        if (exitCode != 0)
            throw new InvalidDataException($"The file '{path}' cannot be read as a video: {process.ErrorTail}");
        try
        {
            return JsonSerializer.Deserialize<OutputJson>(output.ToArray(), s_json) ?? new OutputJson();
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"ffprobe's answer about '{path}' is not understood: {exception.Message}", exception);
        }
    }

    // "30000/1001"; "0/0" when unknown.
    private static double? Rate(string? fraction) =>
        fraction?.Split('/') is [var numerator, var denominator]
        && double.TryParse(numerator, NumberStyles.Float, CultureInfo.InvariantCulture, out var n) && double.TryParse(denominator, NumberStyles.Float, CultureInfo.InvariantCulture, out var d)
        && n / d is > 0 and < double.PositiveInfinity and var rate ? rate : null;

    private sealed record OutputJson(StreamJson[]? Streams = null, PacketJson[]? Packets = null);

    private sealed record PacketJson(string? Flags = null);

    private sealed record StreamJson(
        int Width = 0, int Height = 0, string? AvgFrameRate = null, string? RFrameRate = null, string? NbFrames = null, string? NbReadFrames = null, SideDataJson[]? SideDataList = null);

    private sealed record SideDataJson(double Rotation = 0);
}
