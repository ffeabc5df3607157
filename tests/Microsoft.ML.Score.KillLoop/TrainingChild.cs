using System.Diagnostics;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Training;

namespace Score.KillLoop;

/// <summary>The process that is killed: a short training run with a checkpoint after every step.</summary>
internal static class TrainingChild
{
    /// <param name="model">What is trained on.</param>
    public static KilledWork Work(string model) => new("policy", folder => Start(folder, model), folder => File.ReadAllBytes(PolicyPath(folder)));

    public static int Run(string folder, string source)
    {
        using IVideoLanguageModel model = source == "planted" ? new PlantedModel(TimeSpan.FromMilliseconds(5)) : VideoModel.Load(source);
        var options = new TrainerOptions
        {
            WarmUpSteps = 20,
            MainSteps = 30,
            BatchSize = 2,
            Rollouts = 4,
            ValidationInterval = 7,
            CheckpointFolder = folder,
            CheckpointInterval = 1,
            MetricsPath = Path.Combine(folder, "metrics.jsonl"),
        };
        var result = new ScoreTrainer(model, options).Fit(Rows(model, 0, 24), [.. Rows(model, 24, 4)]);
        result.Policy.Save(PolicyPath(folder));
        return 0;
    }

    private static ProcessStartInfo Start(string folder, string model)
    {
        var host = Environment.ProcessPath!;
        string[] assembly = Path.GetFileNameWithoutExtension(host) == "dotnet" ? [typeof(Program).Assembly.Location] : [];
        return new ProcessStartInfo(host, [.. assembly, "train", folder, "--model", model]);
    }

    private static string PolicyPath(string folder) => Path.Combine(folder, "policy.safetensors");

    private static IEnumerable<TrainingRow> Rows(IVideoLanguageModel model, int first, int count) => Enumerable.Range(first, count).Select(index =>
    {
        if (model is PlantedModel)
            return PlantedModel.Example(index, index % 2 == 0 ? 1 : 6);
        SyntheticClip clip = index % 2 == 0
            ? SyntheticWorld.GenerateImage(SyntheticSplit.PolicyTraining, index)
            : SyntheticWorld.Generate(SyntheticSplit.PolicyTraining, VideoLength.Short, index);
        return new TrainingRow(model.Encode(clip.Clip), clip.Caption);
    });
}
