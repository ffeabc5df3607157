using System.Diagnostics;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>Where one step of the reinforcement learning (8 videos, K = 16) on the embedded model spends its time, and what it allocates.</summary>
internal static class StepSplit
{
    private const int Videos = 48; // six steps: each video is met again and again
    private const int WarmUp = 2 * Videos / BatchSize;
    private const int Steps = WarmUp + 30;
    private const int BatchSize = 8;

    public static void Run()
    {
        var kernels = new StepKernels(ComputeBackend.Simd.Kernels);
        var files = CheckpointFiles.FromResources(typeof(Models.VideoModel).Assembly, "Models/Tiny/");
        using var model = Qwen25VLVideoModel.Load("tiny", files, (Qwen25VLConfig)Models.VideoModel.ReadConfig(files), kernels, new Models.QwenVideoOptions(), encoderStatistics: false);
        TrainingRow[] rows = [.. Enumerable.Range(0, Videos).Select(index => SyntheticWorld.Generate(SyntheticSplit.PolicyTraining, index % 2 == 0 ? VideoLength.Short : VideoLength.Medium, index / 2))
            .Select(clip => new TrainingRow(model.Encode(clip.Clip), clip.Caption))];
        var trainer = new ScoreTrainer(model, new TrainerOptions { UseWarmUp = false, MainSteps = Steps, BatchSize = BatchSize });
        var steps = new Recorder(kernels);
        trainer.Fit(rows, progress: steps);
        steps.Print(PolicySeconds(rows) * BatchSize / Videos);
    }

    /// <summary>Forward and backward pass of the policy over all rows, once.</summary>
    private static double PolicySeconds(TrainingRow[] rows)
    {
        var policy = PolicyNetwork.Initialize(rows[0].ReadVideo().Dimension);
        var activations = new PolicyActivations();
        var gradient = new float[policy.Parameters.Length];
        var best = double.MaxValue;
        for (var round = 0; round < 20; round++)
        {
            var start = Stopwatch.GetTimestamp();
            foreach (var row in rows)
            {
                var logits = new float[row.ReadVideo().Grid.Count];
                PolicyForward.Run(policy, row.ReadVideo(), logits, activations);
                PolicyBackward.Accumulate(policy, row.ReadVideo(), activations, logits, gradient);
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private sealed class Recorder(StepKernels kernels) : IProgress<TrainingProgress>
    {
        private readonly List<(double Seconds, long Bytes, Dictionary<string, TimeSpan> Kernels)> _steps = [];
        private long _start = Stopwatch.GetTimestamp();
        private long _allocated = GC.GetTotalAllocatedBytes();

        public void Report(TrainingProgress progress)
        {
            if (progress.Metrics is not null && progress.Step > WarmUp)
                _steps.Add((Stopwatch.GetElapsedTime(_start).TotalSeconds, GC.GetTotalAllocatedBytes(precise: true) - _allocated, new(kernels.Times)));
            kernels.Reset();
            _allocated = GC.GetTotalAllocatedBytes(precise: true);
            _start = Stopwatch.GetTimestamp();
        }

        public void Print(double policySeconds)
        {
            var best = _steps.MinBy(step => step.Seconds);
            var inKernels = best.Kernels.Values.Sum(time => time.TotalSeconds);
            Console.WriteLine($"One step of {BatchSize} videos, K = 16, embedded model; the fastest of {_steps.Count} after {WarmUp}: {best.Seconds * 1e3:F1} ms");
            foreach (var (operation, time) in best.Kernels.OrderByDescending(pair => pair.Value))
                Row(operation, time.TotalSeconds);
            Row("all kernels", inKernels);
            Row("policy, timed alone", policySeconds);
            Row("kernels and policy", inKernels + policySeconds);
            Row("the rest", best.Seconds - inKernels - policySeconds);
            Console.WriteLine($"Allocated a step: {_steps.Average(step => step.Bytes) / 1e6:F3} MB, at most {_steps.Max(step => step.Bytes) / 1e6:F3} MB");

            void Row(string name, double seconds) => Console.WriteLine($"  {name,-22} {seconds * 1e3,9:F2} ms {seconds / best.Seconds,8:P1}");
        }
    }
}
