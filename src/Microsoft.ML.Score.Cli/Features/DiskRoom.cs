using System.Globalization;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Score.Cli.Videos;

namespace Score.Cli.Features;

/// <summary>
/// What feature files of videos will take, from the grids that a model gives their clips: those of a sample, spread evenly, because a video's length is known only by
/// asking FFmpeg for it. Frames are not decoded.
/// </summary>
/// <param name="model">The model by what is known without loading it.</param>
/// <param name="options">How it is loaded, since frames and pixels depend on that.</param>
/// <param name="info">The loaded one.</param>
/// <param name="type">How tokens are stored.</param>
internal sealed class DiskRoom(ModelDescription model, VideoModelOptions options, VideoModelInfo info, TensorType type)
{
    /// <summary>Videos of the sample, at most.</summary>
    public const int MostProbed = 32;

    // As the cache leaves it on the disk.
    private const long StaysFree = 1_000_000_000;

    /// <summary>Free bytes of the disk of a folder.</summary>
    public Func<string, long> FreeBytes { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>About how many bytes the videos take; null where no video of the sample can be read, which is told when its turn comes.</summary>
    public long? Estimate(IReadOnlyList<VideoReference> videos, CancellationToken cancellationToken)
    {
        var step = Math.Max(1, videos.Count / (double)MostProbed);
        var known = new List<long>();
        for (var at = 0.0; at < videos.Count; at += step)
            if (BytesOf(videos[(int)at], cancellationToken) is { } bytes)
                known.Add(bytes);
        return known.Count == 0 ? null : (long)(known.Average() * videos.Count);
    }

    /// <summary>Says what videos will take.</summary>
    /// <param name="folder">The folder of feature files, which exists.</param>
    /// <param name="videos">The videos that are not there.</param>
    /// <param name="say">Told how many there are and what they take.</param>
    /// <param name="cancellationToken">Stops between videos.</param>
    /// <exception cref="IOException">The disk has less.</exception>
    public void Check(string folder, IReadOnlyList<VideoReference> videos, Action<string> say, CancellationToken cancellationToken)
    {
        if (Estimate(videos, cancellationToken) is not { } bytes)
            return;
        var (free, count) = (FreeBytes(folder), string.Create(CultureInfo.InvariantCulture, $"{videos.Count} {(videos.Count == 1 ? "video" : "videos")}"));
        if (bytes > free - StaysFree)
            throw new IOException($"The feature files of {count} take about {ByteCount.Format(bytes)}, and the disk of '{folder}' has {ByteCount.Format(free)} left, of which {ByteCount.Format(StaysFree)} stay free. "
                + $"Name a folder of another disk{(type == TensorType.F32 ? ", or store half as much with --feature-type bf16" : "")}.");
        say($"{count} to encode, about {ByteCount.Format(bytes)}; the disk has {ByteCount.Format(free)} left");
    }

    private long? BytesOf(VideoReference video, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return (long)model.GridOf(video.OpenClip(cancellationToken), options).Count * info.Dimension * (1 + info.DeepStackLevels) * (type == TensorType.F32 ? sizeof(float) : sizeof(ushort));
        }
        catch (Exception fault) when (fault is IOException or InvalidDataException or ArgumentException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
