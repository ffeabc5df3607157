using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;
using Score.Cli.Training;

namespace Score.Cli.Plans;

[TestFixture]
public class TrainingPlanTests
{
    private static readonly ModelDescription s_model = VideoModel.Describe("tiny");

    /// <summary>One still and one video, two steps of two videos: the passes one by one.</summary>
    [Test]
    public void Of_OneStillAndOneVideo_IsTheSumOfThePasses()
    {
        CaptionedVideo[] rows = [.. CaptionedVideo.Synthetic(SyntheticSplit.PolicyTraining, images: 1, videos: 1).Select(row => row with { Caption = "12345678" })];
        var options = new TrainerOptions { WarmUpSteps = 1, MainSteps = 2, BatchSize = 2, Rollouts = 3, CaptionQuestion = "1234" };

        var plan = new TrainingPlan(options, keepsFeatures: true).Of(rows, validation: null, new PlannedModel("tiny", new VideoModelOptions()), CancellationToken.None);

        var video = s_model.GridOf(SyntheticWorld.Generate(SyntheticSplit.PolicyTraining, VideoLength.Short, 0).Clip);
        var still = s_model.GridOf(SyntheticWorld.GenerateImage(SyntheticSplit.PolicyTraining, 0).Clip);
        // The captions' three times eight letters are six tokens, one ends the turn; template and question are 33 more.
        var warmUp = new[] { 13, 14 }.Average(steps => Pass(Steps(steps), 1, 7) + 3 * Pass(Steps(steps), 2, 7));
        var main = 4 * 3 * Pass(video, 2, 3) + Pass(video, 1, 3); // all tokens of the one video once
        Assert.That(plan.PassFlops, Is.EqualTo(2 * warmUp + main).Within(1e-9).Percent);
        Assert.That(plan.EncodingFlops, Is.EqualTo(s_model.EncodingFlops(still) + s_model.EncodingFlops(video)).Within(1e-9).Percent);
        Assert.That(plan.GenerationFlops, Is.Zero);

        TokenGrid Steps(int steps) => new(steps, still.Height, still.Width);

        static double Pass(TokenGrid grid, int part, int target) => s_model.PassFlops(grid, grid.Count / part, 33 + target, target);
    }

    /// <summary>The trainer's own count, from its record.</summary>
    [TestCase(5, 7, 3)]
    [TestCase(6, 0, 3)]
    [TestCase(0, 4, 4)]
    [TestCase(1, 1, 20)]
    public void Validations_OfStagesAndInterval_AreThoseOfTheTrainer(int warmUp, int main, int interval)
    {
        using var folder = new TemporaryFolder();
        var run = ScoreProgram.Run("train", "--data", "synthetic", "--synthetic-images", "4", "--synthetic-videos", "2", "--synthetic-validation", "1", "--batch-size", "1", "--rollouts", "2",
            "--warm-up-steps", $"{warmUp}", "--main-steps", $"{main}", "--validation-interval", $"{interval}", "--output", folder.File("p.safetensors"), "--metrics", folder.File("m.jsonl"));
        Assert.That(run.ExitCode, Is.Zero, run.Error);

        var validations = new TrainingPlan(new TrainerOptions { ValidationInterval = interval }, keepsFeatures: false).Validations(warmUp, main);

        Assert.That(validations, Is.EqualTo(File.ReadLines(folder.File("m.jsonl")).Count(line => line.StartsWith("{\"kind\":\"validation\"", StringComparison.Ordinal))));
    }

    [Test]
    public void Of_ManyRows_LooksIntoSomeAtEqualDistances()
    {
        Assert.That(WorkPlan.Sample(3), Is.EqualTo(new[] { 0, 1, 2 }));
        Assert.That(WorkPlan.Sample(6400).Take(3), Is.EqualTo(new[] { 0, 100, 200 }));
        Assert.That(WorkPlan.Sample(6400).Count(), Is.EqualTo(64));
    }

    [Test]
    public void Of_NoVideos_LeavesTheMainStageOut()
    {
        var rows = CaptionedVideo.Synthetic(SyntheticSplit.PolicyTraining, images: 2, videos: 0);
        WorkPlan Plan(TrainerOptions options) => new TrainingPlan(options, keepsFeatures: true).Of(rows, null, new PlannedModel("tiny", new VideoModelOptions()), CancellationToken.None);

        var (with, without) = (Plan(new TrainerOptions()), Plan(new TrainerOptions { MainSteps = 0 }));

        Assert.That((with.PassFlops, with.EncodingFlops), Is.EqualTo((without.PassFlops, without.EncodingFlops)));
    }
}
