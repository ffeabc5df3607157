using System.Globalization;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Score.Cli.Output;
using Score.Cli.Videos;

namespace Score.Cli.Features;

/// <summary>A video that was passed over.</summary>
internal sealed record UnreadVideo(string Video, string Reason);

/// <summary>
/// Encodes videos into the feature files of a <see cref="FeatureCache"/>, so that whoever names its folder finds them. First every video is looked for and told from others by
/// its content, which says what is left to do; then those are encoded whose file is missing, damaged or another model's. Not safe for concurrent use.
/// </summary>
/// <param name="model">The frozen model.</param>
/// <param name="cache">The folder, with the type that tokens are stored in.</param>
/// <param name="index">What tells which file is whose; the caller saves it.</param>
/// <param name="progress">Progress, and what is said of videos that are passed over.</param>
internal sealed class CorpusEncoder(IVideoLanguageModel model, FeatureCache cache, FeatureIndex index, WorkProgress progress)
{
    private readonly List<UnreadVideo> _unread = [];

    /// <summary>Whether videos that cannot be read are passed over.</summary>
    public bool SkipUnread { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Asked about the videos that are not there, before the first is encoded; throws where there is no room for them.</summary>
    public Action<IReadOnlyList<VideoReference>, CancellationToken> CheckRoom { get; init; } = (_, _) => { };

    public IReadOnlyList<UnreadVideo> Unread => _unread;

    /// <summary>Distinct videos that were looked at and are no fault.</summary>
    public int Videos { get; private set; }

    public int Encoded { get; private set; }

    public int AlreadyThere { get; private set; }

    /// <summary>Bytes of the files of the videos.</summary>
    public long Bytes { get; private set; }

    /// <summary>Bytes of those written now.</summary>
    public long NewBytes { get; private set; }

    /// <summary>The grids of the videos, for what a model knows of them.</summary>
    public List<TokenGrid?> Grids { get; } = [];

    /// <exception cref="InvalidDataException">A video cannot be read or encoded, and none is to be passed over; the message names it.</exception>
    /// <exception cref="IOException">The disk has no room.</exception>
    /// <exception cref="OperationCanceledException">It was stopped; what is encoded is in the index.</exception>
    public void Run(IReadOnlyList<CorpusVideo> videos, CancellationToken cancellationToken)
    {
        var found = Find(videos, cancellationToken);
        var left = found.Where(video => cache.FindGrid(video.Key) is null).ToList();
        if (left.Count > 0)
            CheckRoom([.. left.Select(video => video.Reference)], cancellationToken);
        var (toEncode, start) = (left.Count, Time.GetTimestamp());
        var written = new HashSet<string>();
        foreach (var (at, video) in found.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress.Report(at, found.Count, $"encoding videos{Pace(Encoded, toEncode - Encoded, Time.GetElapsedTime(start))}");
            Encode(video, written, cancellationToken);
        }
    }

    /// <summary>How fast it goes and how long it will take, to be put behind what is done; nothing before the first video.</summary>
    public static string Pace(int encoded, int left, TimeSpan elapsed)
    {
        if (encoded == 0 || left <= 0 || elapsed <= TimeSpan.Zero)
            return "";
        var perMinute = encoded / elapsed.TotalMinutes;
        var remaining = left / perMinute;
        return string.Create(CultureInfo.InvariantCulture, $", {perMinute:0.#} a minute, {(remaining < 90 ? $"{Math.Ceiling(remaining)} min" : $"{remaining / 60:0.0} h")} left");
    }

    private List<(CorpusVideo Video, VideoReference Reference, byte[] Key)> Find(IReadOnlyList<CorpusVideo> videos, CancellationToken cancellationToken)
    {
        var found = new List<(CorpusVideo, VideoReference, byte[])>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (at, video) in videos.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            progress.Report(at, videos.Count, "looking at videos");
            if (!names.Add(video.Name))
                continue;
            try
            {
                var reference = video.Open();
                found.Add((video, reference, reference.Key()));
            }
            catch (Exception fault) when (fault is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                PassOver(video, fault);
            }
        }

        return found;
    }

    private void Encode((CorpusVideo Video, VideoReference Reference, byte[] Key) video, HashSet<string> written, CancellationToken cancellationToken)
    {
        var isNew = false;
        try
        {
            var path = cache.GetOrAddFile(video.Key, () =>
            {
                var tokens = Read(video.Reference, cancellationToken);
                isNew = true;
                return tokens;
            });
            var added = index.Add(video.Video.Name, path);
            Grids.Add(new TokenGrid(added.Grid.TimeSteps, added.Grid.Height, added.Grid.Width, added.Grid.SecondsPerStep));
            Videos++;
            Encoded += isNew ? 1 : 0;
            AlreadyThere += isNew ? 0 : 1;
            NewBytes += isNew ? added.Bytes : 0;
            Bytes += written.Add(path) ? added.Bytes : 0;
        }
        catch (Exception fault) when (fault is InvalidDataException or ArgumentException)
        {
            PassOver(video.Video, fault);
        }
    }

    /// <summary>Encodes; a fault of reading the video is told from one of writing its features.</summary>
    private VideoTokens Read(VideoReference video, CancellationToken cancellationToken)
    {
        try
        {
            return model.Encode(video.OpenClip(cancellationToken), cancellationToken);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException(fault.Message, fault);
        }
    }

    private void PassOver(CorpusVideo video, Exception fault)
    {
        var text = FaultText.Of(fault);
        var reason = text.Contains(video.Name, StringComparison.Ordinal) ? text : $"'{video.Name}': {text}";
        var told = video.Place.Length > 0 ? $"{video.Place}: {reason}" : reason;
        if (!SkipUnread)
            throw new InvalidDataException($"{told} --skip-damaged passes over such videos.", fault);
        _unread.Add(new UnreadVideo(video.Name, text));
        progress.Say($"score: warning: passed over a video: {told}");
    }
}
