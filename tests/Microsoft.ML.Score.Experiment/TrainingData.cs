using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Training;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Experiment;

/// <summary>Rows of the synthetic world, encoded once and held: a medium video of the embedded model takes 0.2 MB.</summary>
internal sealed record TrainingData(IReadOnlyList<TrainingRow> Training, IReadOnlyList<TrainingRow> Validation)
{
    /// <param name="model">The frozen model.</param>
    /// <param name="images">Single-step rows for the warm-up.</param>
    /// <param name="videos">Videos, short and medium in turn; a quarter as many, at most 32, validate.</param>
    public static TrainingData Encode(IVideoLanguageModel model, int images, int videos)
    {
        TrainingRow Row(VideoClip clip, string caption) => new(model.Encode(clip), caption);
        TrainingRow Video(SyntheticSplit split, int index)
        {
            var video = SyntheticWorld.Generate(split, index % 2 == 0 ? VideoLength.Short : VideoLength.Medium, index / 2);
            return Row(video.Clip, video.Caption);
        }

        var singleSteps = Enumerable.Range(0, images).Select(index => SyntheticWorld.GenerateImage(SyntheticSplit.PolicyTraining, index)).Select(image => Row(image.Clip, image.Caption));
        return new TrainingData(
            [.. singleSteps, .. Enumerable.Range(0, videos).Select(index => Video(SyntheticSplit.PolicyTraining, index))],
            [.. Enumerable.Range(0, Math.Clamp(videos / 4, 2, 32)).Select(index => Video(SyntheticSplit.Validation, index))]);
    }
}
