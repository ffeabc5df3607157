using System.Collections;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Cli.Videos;

/// <summary>
/// Training rows with their tokens, made as they are asked for. The first 1 GiB of tokens stays in memory; rows beyond it are read from
/// the cache, or without one encoded, again each epoch. Not safe for concurrent enumerations.
/// </summary>
internal sealed class EncodedRows(TrainingRow[] rows, IVideoLanguageModel model, FeatureCache? cache, CancellationToken cancellationToken) : IEnumerable<TrainingExample>
{
    private const long MostBytesHeld = 1L << 30;

    private readonly VideoTokens?[] _held = new VideoTokens?[rows.Length];
    private long _bytesHeld;

    public IEnumerator<TrainingExample> GetEnumerator()
    {
        for (var i = 0; i < rows.Length; i++)
            yield return new TrainingExample(_held[i] ?? Get(i), rows[i].Caption);
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Encodes every row once, into the cache.</summary>
    /// <param name="report">Told the number of rows done.</param>
    public void Encode(Action<int> report)
    {
        foreach (var (index, _) in this.Index())
            report(index + 1);
    }

    private VideoTokens Get(int row)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var reference = rows[row].Video;
        var video = cache is null || reference.IsFeatureFile
            ? reference.Encode(model, cancellationToken)
            : FeatureFile.Read(cache.GetOrAdd(reference.Identity(), () => reference.Encode(model, cancellationToken)));
        var bytes = (long)video.Vectors.Length * sizeof(float);
        if (_bytesHeld + bytes <= MostBytesHeld)
        {
            _held[row] = video;
            _bytesHeld += bytes;
        }

        return video;
    }
}
