using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Video;

/// <summary>A local file as FFmpeg may open it: containers and pictures only, and no other file beside the one named.</summary>
/// <param name="Path">Full path of a regular file, links followed.</param>
/// <param name="Demuxer">The demuxer that the signature of a picture asks for; null leaves the choice to FFmpeg.</param>
/// <param name="MayHaveAlpha">False where the file says that it has no channel of alpha, though FFmpeg decodes it to one.</param>
internal sealed record VideoSource(string Path, string? Demuxer, bool MayHaveAlpha)
{
    // Whatever reads other files or addresses is left out: playlists (hls, dash, concat, imf), addresses (sdp, rtsp), numbered pictures
    // (image2), devices, drawings with links (svg), scripts.
    private const string Containers =
        "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,flv,live_flv,asf,asf_o,ogg,nut,mxf,gxf,wtv,rm,dv,ivf,obu,h261,h263,h264,hevc,vvc,m4v,vc1,"
        + "cavsvideo,dirac,mjpeg,yuv4mpegpipe,flic,smjpeg,nsv,nuv,roq,bink,smk,gif,apng,wav,aiff,caf,mp3,aac,ac3,flac";

    private const string Pictures =
        "jpeg_pipe,png_pipe,bmp_pipe,webp_pipe,tiff_pipe,gif_pipe,ppm_pipe,pgm_pipe,pbm_pipe,pam_pipe,jpegxl_pipe,jpegxl_anim,jpegls_pipe,j2k_pipe,qoi_pipe";

    /// <summary>What messages call the kinds that are read.</summary>
    public const string Kinds = "containers such as mp4, mkv, webm, avi, ts, flv, gif or wmv and pictures such as jpg, png, webp or tiff";

    /// <summary>Looks at a path and, for a picture, at its bytes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="options">Limits.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is empty, a device, pipe or socket, a link in a circle, or a picture that is cut off, or whose end is not found in time.</exception>
    public static VideoSource Open(string path, VideoReadOptions options, CancellationToken cancellationToken)
    {
        var target = Target(path);

        // Devices, pipes and sockets have no length, and opening one may never return.
        if (new FileInfo(target).Length == 0)
            throw new InvalidDataException(
                FileIdentity.Of(target) is { IsFileOrFolder: false } ? $"'{path}' is a device, pipe or socket; expected a video file." : $"The video file '{path}' is empty.");
        using var file = new FileStream(target, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var start = Stopwatch.GetTimestamp();
        var picture = new PictureFile(file, CheckProgress);
        var demuxer = picture.Demuxer(System.IO.Path.GetExtension(path));
        if (demuxer is not null && !picture.HasEnd(demuxer))
            throw new InvalidDataException($"The picture '{path}' is cut off: its end is missing.");
        return new VideoSource(target, demuxer, demuxer != "png_pipe" || picture.PngHasAlpha());

        void CheckProgress()
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (options.ProgressTimeout != Timeout.InfiniteTimeSpan && Stopwatch.GetElapsedTime(start) > options.ProgressTimeout)
                throw new InvalidDataException(
                    $"Looking for the end of the picture '{path}' was given up after {options.ProgressTimeout.TotalSeconds} s ({nameof(VideoReadOptions)}.{nameof(VideoReadOptions.ProgressTimeout)}).");
        }
    }

    /// <summary>Whether the file holds one picture, whatever follows it, as the second one of a stereo photograph.</summary>
    public bool IsStill => Demuxer?.EndsWith("_pipe", StringComparison.Ordinal) == true;

    /// <summary>The options with which ffmpeg and ffprobe open this file and nothing else.</summary>
    public IEnumerable<string> InputOptions(VideoReadOptions options) =>
    [
        "-protocol_whitelist", "file", "-format_whitelist", $"{Containers},{Pictures}",

        // FFmpeg counts pixels of its buffers, which are wider than the picture; the exact check is the probe's.
        "-max_pixels", (options.MaxPixels + options.MaxPixels / 4 + ushort.MaxValue).ToString(CultureInfo.InvariantCulture),
        .. Demuxer is null ? Array.Empty<string>() : ["-f", Demuxer],

        // "file:" keeps a colon in the path from being taken for a protocol.
        "-i", "file:" + Path,
    ];

    private static string Target(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        if (!File.Exists(full))
            throw new FileNotFoundException($"There is no video file '{path}'.", path);
        try
        {
            var target = File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
            return File.Exists(target) ? target : throw new FileNotFoundException($"The video file '{path}' is a link to '{target}', which is no file.", path);
        }
        catch (IOException exception) when (exception is not FileNotFoundException)
        {
            throw new InvalidDataException($"The video file '{path}' is a link that leads nowhere: {exception.Message}", exception);
        }
    }
}
