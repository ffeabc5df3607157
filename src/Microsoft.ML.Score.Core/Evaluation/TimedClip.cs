using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>A clip that measures how long its frames take to come, so that decoding is told from encoding. For one reading at a time.</summary>
internal sealed class TimedClip(VideoClip clip, TimeProvider clock) : VideoClip
{
    public override int FrameCount => clip.FrameCount;

    public override int Height => clip.Height;

    public override int Width => clip.Width;

    public override double FramesPerSecond => clip.FramesPerSecond;

    /// <summary>The time spent in <see cref="ReadFrames"/> so far, without that of who consumes the frames.</summary>
    public TimeSpan Elapsed { get; private set; }

    public override IEnumerable<ReadOnlyMemory<byte>> ReadFrames(IReadOnlyList<int> frameIndices, CancellationToken cancellationToken = default)
    {
        var start = clock.GetTimestamp();
        using var frames = clip.ReadFrames(frameIndices, cancellationToken).GetEnumerator();
        while (frames.MoveNext())
        {
            Elapsed += clock.GetElapsedTime(start);
            yield return frames.Current;
            start = clock.GetTimestamp();
        }

        Elapsed += clock.GetElapsedTime(start);
    }
}
