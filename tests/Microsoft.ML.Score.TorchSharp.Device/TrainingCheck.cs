using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.TorchSharp.Device;

/// <summary>A training of the embedded model: processor time a step, memory along it, and after 20 steps the policy beside the managed one.</summary>
internal static class TrainingCheck
{
    private const int ComparedSteps = 20;

    private const double Tolerance = 1e-3, MostGrowth = 0.05;

    public static int Run(ComputeBackend backend, int steps)
    {
        using var managed = VideoModel.Load("tiny");
        using var model = VideoModel.Load("tiny", new VideoModelOptions { Backend = backend });
        TrainingRow[] rows = [.. Enumerable.Range(0, 8).Select(i => SyntheticWorld.Generate(SyntheticSplit.PolicyTraining, VideoLength.Short, i))
            .Select(example => new TrainingRow(managed.Encode(example.Clip), example.Caption))];

        var (expected, reference) = Timed(managed, rows, ComparedSteps, null);
        var (actual, sample) = Timed(model, rows, ComparedSteps, null);
        var difference = actual.Parameters.ToArray().Zip(expected.Parameters.ToArray(), (a, b) => (double)Math.Abs(a - b)).Max();
        Console.WriteLine($"train: {ComparedSteps} steps, policies differ by {difference:G2}; processor seconds a step: simd {reference / ComparedSteps:F3}, {backend} {sample / ComparedSteps:F3}, ratio {sample / reference:F2}");

        long early = 0, late = 0;
        if (steps > ComparedSteps)
        {
            var (first, last) = (steps / 10, steps);
            Timed(model, rows, steps, step =>
            {
                if (step == first)
                    early = Environment.WorkingSet;
                if (step == last)
                    late = Environment.WorkingSet;
            });
            Console.WriteLine($"train: memory at step {first} {early / 1e6:F0} MB, at step {last} {late / 1e6:F0} MB, {(double)(late - early) / early:+0.0%;-0.0%}");
        }

        return difference <= Tolerance && late <= early * (1 + MostGrowth) ? 0 : 1;
    }

    private static (PolicyNetwork Policy, double Seconds) Timed(IVideoLanguageModel model, TrainingRow[] rows, int steps, Action<int>? onStep)
    {
        var start = Environment.CpuUsage.TotalTime;
        var options = new TrainerOptions { UseWarmUp = false, MainSteps = steps, BatchSize = 2, Rollouts = 4, HiddenWidth = 16 };
        var result = new ScoreTrainer(model, options).Fit(rows, progress: onStep is null ? null : new Progress(onStep));
        return (result.Policy, (Environment.CpuUsage.TotalTime - start).TotalSeconds);
    }

    private sealed class Progress(Action<int> onStep) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => onStep(value.Step);
    }
}
