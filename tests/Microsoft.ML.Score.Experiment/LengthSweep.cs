using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.Experiment;

/// <summary>
/// Context rot: the same three objects to be found in ever more video. Only the length varies, with scene cuts in proportion; the number
/// of objects is one that the model was trained on, so that what is lost with length is lost to length. The length class is the number of steps.
/// </summary>
internal sealed class LengthSweep(int videosPerLength) : MultipleChoiceBenchmark
{
    private const int Objects = 3;

    public static IReadOnlyList<int> Steps { get; } = [8, 16, 24, 32, 48, 64, 96, 128];

    public override string Name => "length sweep";

    public override int Count => videosPerLength * Steps.Count;

    public override BenchmarkVideo GetVideo(int index)
    {
        var steps = Steps[index / videosPerLength];
        var video = SyntheticWorld.Generate(SyntheticSplit.Test, steps, Objects, index);
        return new BenchmarkVideo($"{steps}-steps-{index}", $"{steps}", video.Clip, video.Caption, SyntheticQuestions.Of(video));
    }
}
