using System.Globalization;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Experiment;

/// <summary>Trains policies and keeps them in a folder of the model and the settings, so that a stopped run goes on where it was and another model starts anew.</summary>
internal sealed class PolicyRuns(IVideoLanguageModel model, ExperimentSettings settings, string output, Action<string> log)
{
    private readonly string _folder = Directory.CreateDirectory(Path.Combine(
        output, "policies", $"{model.Info.Fingerprint[..12]}-{settings.WarmUpSteps}-{settings.MainSteps}-{settings.TrainingVideos}")).FullName;

    private readonly Lazy<TrainingData> _data = new(() => TrainingData.Encode(model, images: 400, settings.TrainingVideos));

    public PolicyNetwork TrainOrLoad(string name, TrainerOptions options)
    {
        var path = Path.Combine(_folder, $"{name}.safetensors");
        if (File.Exists(path))
            return PolicyNetwork.Load(path);

        var result = new ScoreTrainer(model, options).Fit(_data.Value.Training, _data.Value.Validation);
        result.Policy.Save(path);
        log(string.Create(CultureInfo.InvariantCulture, $"{name}: validation cross-entropy {result.BestCrossEntropy:0.000}"));
        return result.Policy;
    }
}
