using System.Collections;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;
using Score.Cli.Videos;

namespace Score.Cli.Training;

/// <summary>
/// Training rows with their tokens, made as they are asked for. The first 1 GiB of tokens stays in memory; rows beyond it are read from
/// the cache, or without one encoded, again each epoch. Not safe for concurrent enumerations.
/// </summary>
internal sealed class EncodedRows(IReadOnlyCollection<CaptionedVideo> rows, IVideoLanguageModel model, FeatureCache? cache, CancellationToken cancellationToken)
    : IEnumerable<TrainingRow>
{
    private const long MostBytesHeld = 1L << 30;

    private readonly Dictionary<int, VideoTokens> _held = [];
    private long _bytesHeld;

    public IEnumerator<TrainingRow> GetEnumerator()
    {
        foreach (var (index, row) in rows.Index())
            yield return new TrainingRow(_held.GetValueOrDefault(index) ?? Get(index, row.Video), row.Caption);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Encodes every row once, into the cache.</summary>
    /// <param name="report">Told the number of rows done.</param>
    public void Encode(Action<int> report)
    {
        foreach (var (index, _) in this.Index())
            report(index + 1);
    }

    private VideoTokens Get(int index, VideoReference reference)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var video = cache is null || reference.IsFeatureFile
            ? reference.Encode(model, cancellationToken)
            : FeatureFile.Read(cache.GetOrAdd(reference.Identity(), () => reference.Encode(model, cancellationToken)));
        var bytes = (long)video.Vectors.Length * sizeof(float);
        if (_bytesHeld + bytes <= MostBytesHeld)
        {
            _held.Add(index, video);
            _bytesHeld += bytes;
        }

        return video;
    }
}
