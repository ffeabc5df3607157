using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Experiment;

/// <summary>Everything that is compared: SCORE first, then all tokens, the ablations, the rivals and the controls.</summary>
internal static class SelectionList
{
    private static readonly CompressionMethod[] s_rivals =
        [CompressionMethod.DyCoke, CompressionMethod.VidCom2, CompressionMethod.HoliTom, CompressionMethod.FastVid, CompressionMethod.Evs];

    private static readonly CompressionMethod[] s_controls =
    [
        CompressionMethod.Random, CompressionMethod.Uniform, CompressionMethod.Jittered, CompressionMethod.Residual, CompressionMethod.Untrained,
        CompressionMethod.FrameDrop,
    ];

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
            .. s_rivals.Select(method => Untrained(SelectionKind.Rival, method)),
            .. s_controls.Select(method => Untrained(SelectionKind.Control, method)),
            new("low resolution", SelectionKind.Control, settings.Ratios, ratio => [BenchmarkSystem.Reencoded(ratio)]),
        ];

        Selection Trained(string name, SelectionKind kind, string file, Func<int, TrainerOptions> options)
        {
            ITokenCompressor[] runs = [.. seeds.Select(seed => new ScoreCompressor(policies.TrainOrLoad($"{file}-{seed}", options(seed)), name: name))];
            return Of(kind, runs);
        }

        Selection Untrained(SelectionKind kind, CompressionMethod method)
        {
            var draws = method.Needs.HasFlag(CompressionNeeds.Seed) ? seeds : seeds[..1];
            return Of(kind, Array.ConvertAll(draws, seed => method.Create(new CompressionOptions { Seed = seed, Model = model }))) with { Merges = method.Merges };
        }

        Selection Of(SelectionKind kind, ITokenCompressor[] runs) =>
            new(runs[0].Name, kind, settings.Ratios, ratio => runs.Select(run => new BenchmarkSystem(run, ratio)));
    }
}
