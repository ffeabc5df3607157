using System.Collections;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;
using Score.Cli.Output;
using Score.Cli.Videos;

namespace Score.Cli.Training;

/// <summary>
/// Training rows with their tokens, made when they are asked for. The first 1 GiB of tokens stays in memory; rows beyond it are read from
/// the cache, or without one encoded, again each epoch. Not safe for concurrent enumerations.
/// </summary>
internal sealed class EncodedRows(IReadOnlyCollection<CaptionedVideo> rows, IVideoLanguageModel model, FeatureCache? cache) : IEnumerable<TrainingRow>
{
    /// <summary>Of tokens in memory; of the rest each epoch encodes or reads them again.</summary>
    public const long MostBytesHeld = 1L << 30;

    private readonly Dictionary<int, VideoTokens> _held = [];
    private long _bytesHeld;

    public IEnumerator<TrainingRow> GetEnumerator() => rows
        .Select((row, index) => new TrainingRow(
            row.Caption, IsStill(row.Video), token => Named(row, () => Read(index, row.Video, token)), () => Named(row, () => Grid(index, row.Video))))
        .GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>What cannot tell is taken for a video, whose reading then says what is wrong.</summary>
    public static bool IsStill(VideoReference video)
    {
        try
        {
            return video.IsStill;
        }
        catch (Exception fault) when (IsOfTheFile(fault))
        {
            return false;
        }
    }

    /// <summary>Reads something of a row's video; what is wrong with that is told with the row's place.</summary>
    public static T Named<T>(CaptionedVideo row, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception fault) when (IsOfTheFile(fault))
        {
            throw new InvalidDataException($"{row.VideoPlace}: {FaultText.Of(fault)}", fault);
        }
    }

    private static bool IsOfTheFile(Exception fault) =>
        fault is InvalidDataException or FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException or ArgumentException;

    private TokenGrid Grid(int index, VideoReference video)
    {
        if (_held.TryGetValue(index, out var held))
            return held.Grid;
        return video.FindGrid(model, cache) ?? Read(index, video, CancellationToken.None).Grid;
    }

    private VideoTokens Read(int index, VideoReference reference, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (_held.TryGetValue(index, out var held))
            return held;
        var video = cache is null || reference.IsFeatureFile
            ? reference.Encode(model, cancellationToken)
            : cache.GetOrAdd(reference.Key(), () => reference.Encode(model, cancellationToken));
        var bytes = (long)video.Vectors.Length * sizeof(float);
        if (_bytesHeld + bytes <= MostBytesHeld)
        {
            _held.Add(index, video);
            _bytesHeld += bytes;
        }

        return video;
    }
}
