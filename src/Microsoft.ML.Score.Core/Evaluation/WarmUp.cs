using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>
/// What precedes the first timed video: encoder, compressors and language model run on that video's opening and nothing of it is recorded,
/// so that no figure pays for compiling code, growing pools or the first reading of mapped weights. For concurrent calls: all wait for the first.
/// </summary>
internal sealed class WarmUp(IVideoLanguageModel model, IReadOnlyList<BenchmarkSystem> systems, BenchmarkOptions options)
{
    /// <summary>Two time steps of a model that samples 2 frames a second of a video of 30, and few enough to cost a real model seconds.</summary>
    private const int OpeningFrames = 16;

    /// <summary>The runtime compiles a method for speed once it was called 30 times, and counts only after a tenth of a second without new code: that is the second round's.</summary>
    private const int MostRepeats = 32;
    private const int Rounds = 2;

    private static readonly TimeSpan s_roundsTime = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_modelTime = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan s_compressorTime = TimeSpan.FromMilliseconds(150);

    private readonly Lock _lock = new();
    private bool _isDone;

    /// <summary>Runs once, on the first video that can be encoded.</summary>
    /// <exception cref="ArgumentException">The clip is not one that the model can encode.</exception>
    /// <exception cref="InvalidDataException">A frame cannot be decoded.</exception>
    public void Run(BenchmarkVideo video, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_isDone)
                return;

            var tokens = model.Encode(new Opening(video.Clip), cancellationToken);
            var start = options.TimeProvider.GetTimestamp();
            for (var round = 0; round < Rounds && options.TimeProvider.GetElapsedTime(start) < s_roundsTime; round++)
                Run(tokens, video.Questions, cancellationToken);
            _isDone = true;
        }
    }

    private void Run(VideoTokens tokens, IReadOnlyList<MultipleChoiceQuestion> questions, CancellationToken cancellationToken)
    {
        foreach (var system in systems.Where(system => system.Compressor is not null).DistinctBy(system => system.Name))
            Repeat(s_compressorTime, () => system.Compressor!.Compress(tokens, system.RatioOf(tokens.Grid.Count)), cancellationToken);
        var (all, generation) = (KeptTokens.All(tokens), new GenerationOptions { MaxNewTokens = Math.Min(2, options.MaxAnswerTokens) });
        if (questions is [var question, ..])
            Repeat(s_modelTime, () => model.Generate(all, question.Text, generation, cancellationToken: cancellationToken), cancellationToken);
    }

    /// <summary>At least once: a pass of a large model takes longer than any compiler.</summary>
    private void Repeat(TimeSpan time, Action action, CancellationToken cancellationToken)
    {
        var start = options.TimeProvider.GetTimestamp();
        for (var repeat = 0; repeat < MostRepeats && (repeat == 0 || options.TimeProvider.GetElapsedTime(start) < time); repeat++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            action();
        }
    }

    /// <summary>The first frames of a clip.</summary>
    private sealed class Opening(VideoClip clip) : VideoClip
    {
        public override int FrameCount => Math.Min(OpeningFrames, clip.FrameCount);

        public override int Height => clip.Height;

        public override int Width => clip.Width;

        public override double FramesPerSecond => clip.FramesPerSecond;

        public override IEnumerable<ReadOnlyMemory<byte>> ReadFrames(IReadOnlyList<int> frameIndices, CancellationToken cancellationToken = default) =>
            clip.ReadFrames(frameIndices, cancellationToken);
    }
}
