using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>The benchmark of the synthetic world: the first videos of a split in each of the given lengths, eight questions each.</summary>
public sealed class SyntheticBenchmark : MultipleChoiceBenchmark
{
    private readonly SyntheticSplit _split;
    private readonly VideoLength[] _lengths;
    private readonly int _videosPerLength;

    /// <param name="videosPerLength">Videos of each length, at least 1.</param>
    /// <param name="lengths">Which lengths; null means all three.</param>
    /// <param name="split">Which split. Default Test; choose settings and checkpoints on Validation.</param>
    /// <exception cref="ArgumentException">There is no length, or one is listed twice.</exception>
    public SyntheticBenchmark(int videosPerLength, IReadOnlyList<VideoLength>? lengths = null, SyntheticSplit split = SyntheticSplit.Test)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(videosPerLength, 1);
        lengths ??= Enum.GetValues<VideoLength>();
        if (lengths.Count == 0 || lengths.Distinct().Count() != lengths.Count)
            throw new ArgumentException($"List at least one length, each once; got: {string.Join(", ", lengths)}.", nameof(lengths));

        _split = split;
        _lengths = [.. lengths];
        _videosPerLength = videosPerLength;
    }

    /// <inheritdoc/>
    public override string Name => "synthetic";

    /// <inheritdoc/>
    public override int Count => _videosPerLength * _lengths.Length;

    /// <inheritdoc/>
    public override BenchmarkVideo GetVideo(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);

        var video = SyntheticWorld.Generate(_split, _lengths[index / _videosPerLength], index % _videosPerLength);
        return new BenchmarkVideo(video.Id, video.Length.ToString().ToLowerInvariant(), video.Clip, video.Caption, SyntheticQuestions.Of(video));
    }
}
