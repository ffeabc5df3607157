using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Experiment;

/// <summary>Everything that is compared: SCORE first, then all tokens, the ablations, the rivals and the controls.</summary>
internal static class SelectionList
{
    public static Selection[] Make(IVideoLanguageModel model, PolicyRuns policies, ExperimentSettings settings)
    {
        int[] seeds = [.. Enumerable.Range(1, settings.Seeds)];
        var (warmUp, main) = (settings.WarmUpSteps, settings.MainSteps);

        // An ablation of a stage sees as many videos as the whole curriculum does.
        return
        [
            Trained("SCORE", SelectionKind.Score, "score", seed => new TrainerOptions { Seed = seed, WarmUpSteps = warmUp, MainSteps = main }),
            new("all tokens", SelectionKind.AllTokens, settings.Ratios, _ => [BenchmarkSystem.AllTokens]),
            Trained("stage 1 only", SelectionKind.Ablation, "stage-1", seed => new TrainerOptions { Seed = seed, WarmUpSteps = warmUp + main, UseMainStage = false }),
            Trained("stage 2 only", SelectionKind.Ablation, "stage-2", seed => new TrainerOptions { Seed = seed, MainSteps = warmUp + main, UseWarmUp = false }),
            Trained("no residual", SelectionKind.Ablation, "no-residual", seed => new TrainerOptions { Seed = seed, WarmUpSteps = warmUp, MainSteps = main, UseResidual = false }),
            Of(SelectionKind.Rival, new DyCokeCompressor()),
            Of(SelectionKind.Rival, new VidCom2Compressor()),
            Of(SelectionKind.Rival, new HoliTomCompressor()),
            Of(SelectionKind.Rival, new FastVidCompressor(FastVidVariant.Qwen25VL)),
            Of(SelectionKind.Rival, new EvsCompressor()),
            Of(SelectionKind.Control, [.. seeds.Select(seed => new RandomCompressor(seed))]),
            Of(SelectionKind.Control, new UniformCompressor()),
            Of(SelectionKind.Control, [.. seeds.Select(seed => new JitteredUniformCompressor(seed))]),
            Of(SelectionKind.Control, new LargestResidualCompressor()),
            Of(SelectionKind.Control, [.. seeds.Select(seed => new ScoreCompressor(PolicyNetwork.Initialize(model.Info.Dimension, seed: seed), name: "untrained policy"))]),
            Of(SelectionKind.Control, new FrameDropCompressor()),
            new("low resolution", SelectionKind.Control, settings.Ratios, ratio => [BenchmarkSystem.Reencoded(ratio)]),
        ];

        Selection Trained(string name, SelectionKind kind, string file, Func<int, TrainerOptions> options)
        {
            ITokenCompressor[] runs = [.. seeds.Select(seed => new ScoreCompressor(policies.TrainOrLoad($"{file}-{seed}", options(seed)), name: name))];
            return Of(kind, runs);
        }

        Selection Of(SelectionKind kind, params ITokenCompressor[] runs) =>
            new(runs[0].Name, kind, settings.Ratios, ratio => runs.Select(run => new BenchmarkSystem(run, ratio)));
    }
}
