using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Evaluation;

internal sealed class TwoVideos : MultipleChoiceBenchmark
{
    public int? Broken { get; init; }

    public StepClock? Clock { get; init; }

    public override string Name => "two videos";

    public override int Count => 2;

    public override IReadOnlyList<BenchmarkMetric> Metrics => [BenchmarkMetric.Accuracy, BenchmarkMetric.MeanOverTasks];

    public override BenchmarkVideo GetVideo(int index)
    {
        if (index == Broken)
            throw new InvalidDataException("Frame 3 cannot be decoded.");
        int[] answers = index == 0 ? [0, 0] : [0, 1, 1];
        var questions = answers.Select((answer, number) => new MultipleChoiceQuestion("Is it: yes or no?", ["yes", "no"], answer, number % 2 == 0 ? "even" : "odd"));
        return new BenchmarkVideo($"video {index}", index == 0 ? "short" : "long", new SlowClip(() => Clock?.Advance(7)), index == 0 ? "A thing." : null, [.. questions]);
    }
}

/// <summary>One frame, before which something happens.</summary>
internal sealed class SlowClip(Action beforeFrame) : VideoClip
{
    public override int FrameCount => 1;

    public override int Height => 1;

    public override int Width => 1;

    public override double FramesPerSecond => 1;

    public override IEnumerable<ReadOnlyMemory<byte>> ReadFrames(IReadOnlyList<int> frameIndices, CancellationToken cancellationToken = default)
    {
        beforeFrame();
        yield return new byte[3];
    }
}

/// <summary>Stands still but for <see cref="Advance"/>.</summary>
internal sealed class StepClock : TimeProvider
{
    private long _milliseconds;

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => _milliseconds;

    public void Advance(int milliseconds) => _milliseconds += milliseconds;
}
