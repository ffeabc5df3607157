using System.CommandLine;
using System.Reflection;
using Microsoft.ML.Score.Training;

namespace Score.Cli.Commands;

[TestFixture]
public class TrainerSettingsTests
{
    private static readonly Dictionary<string, string> s_options = new()
    {
        [nameof(TrainerOptions.Seed)] = "--seed 5",
        [nameof(TrainerOptions.Rollouts)] = "--rollouts 3",
        [nameof(TrainerOptions.BatchSize)] = "--batch-size 3",
        [nameof(TrainerOptions.LearningRate)] = "--learning-rate 0.1",
        [nameof(TrainerOptions.WarmUpSteps)] = "--warm-up-steps 3",
        [nameof(TrainerOptions.MainSteps)] = "--main-steps 3",
        [nameof(TrainerOptions.UseResidual)] = "--without-residual",
        [nameof(TrainerOptions.UseNormalization)] = "--without-normalization",
        [nameof(TrainerOptions.ScoreDeepStack)] = "--score-deepstack",
        [nameof(TrainerOptions.WarmUpTau)] = "--warm-up-tau 1.5",
        [nameof(TrainerOptions.MainTau)] = "--main-tau 1.5",
        [nameof(TrainerOptions.Epsilon)] = "--epsilon 1e-3",
        [nameof(TrainerOptions.HiddenWidth)] = "--hidden-width 8",
        [nameof(TrainerOptions.CaptionQuestion)] = "--caption-question What?",
        [nameof(TrainerOptions.RetentionRatio)] = "--retention-ratio 0.5",
        [nameof(TrainerOptions.ValidationInterval)] = "--validation-interval 3",
        [nameof(TrainerOptions.FurtherValidationRatios)] = "--validation-ratios 0.25,0.5",
        [nameof(TrainerOptions.Patience)] = "--patience 3",
        [nameof(TrainerOptions.ConcurrentVideos)] = "--concurrent-videos 3",
        [nameof(TrainerOptions.CheckpointInterval)] = "--checkpoint-interval 3",
    };

    // Reached otherwise: no steps are no stage; the others say where files lie and how rows are read, which the command decides from --skip-damaged, --checkpoint and --metrics.
    private static readonly string[] s_others =
    [
        nameof(TrainerOptions.UseWarmUp), nameof(TrainerOptions.UseMainStage), nameof(TrainerOptions.SkipUnusableRows), nameof(TrainerOptions.CheckpointFolder), nameof(TrainerOptions.MetricsPath),
    ];

    [Test]
    public void TrainerOptions_EveryProperty_IsReachedByAnOption()
    {
        var properties = typeof(TrainerOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance);
        Assert.That(properties.Select(property => property.Name), Is.EquivalentTo(s_options.Keys.Concat(s_others)));
        var defaults = Read("");

        foreach (var property in properties.Where(property => s_options.ContainsKey(property.Name)))
        {
            var changed = Read(s_options[property.Name]);
            Assert.That(property.GetValue(defaults), Is.EqualTo(property.GetValue(new TrainerOptions())), property.Name);
            foreach (var other in properties)
                Assert.That(Equals(other.GetValue(changed), other.GetValue(defaults)), Is.EqualTo(other != property), $"{other.Name} by {s_options[property.Name]}");
        }
    }

    [TestCase("--warm-up-tau is of the warm-up, which --warm-up-steps 0 leaves out", "--warm-up-steps 0 --warm-up-tau 1.1")]
    [TestCase("--main-tau is of the main stage, which --main-steps 0 leaves out", "--main-steps 0 --main-tau 1.1")]
    [TestCase("--warm-up-tau must be a number of at least 1, got '0.9'.", "--warm-up-tau 0.9")]
    [TestCase("--main-tau must be a number of at least 1, got '0.9'.", "--main-tau 0.9")]
    [TestCase("--rollouts must be a whole number of at least 1, got '0'.", "--rollouts 0")]
    [TestCase("--epsilon must be a positive number, got '0'.", "--epsilon 0")]
    [TestCase("--hidden-width must be a whole number of at least 1, got '0'.", "--hidden-width 0")]
    [TestCase("--caption-question must be a question, got ' '.", "--caption-question _")]
    [TestCase("--validation-interval must be a whole number of at least 1, got '0'.", "--validation-interval 0")]
    [TestCase("--patience must be a whole number of at least 1, got '0'.", "--patience 0")]
    [TestCase("--checkpoint-interval must be a whole number of at least 1, got '0'.", "--checkpoint-interval 0")]
    [TestCase("--concurrent-videos must be a whole number of at least 1, got '0'.", "--concurrent-videos 0")]
    public void Train_SettingThatIsWrongOrIdle_IsWrongUsage(string message, string options)
    {
        var run = ScoreProgram.Run(["train", "--data", "synthetic", "--output", "p.safetensors", .. options.Split(' ').Select(word => word == "_" ? " " : word)]);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.StartWith($"score: {message}"));
    }

    [TestCase("--patience 2")]
    [TestCase("--validation-interval 2")]
    public void Train_ValidationSettingWithoutValidation_IsWrongUsage(string options)
    {
        var run = ScoreProgram.Run(["train", "--data", "rows.jsonl", "--output", "p.safetensors", .. options.Split(' ')]);

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((2, $"score: {options.Split(' ')[0]} is about validations, and there is no --validation; leave it out or name rows to validate on.{Environment.NewLine}")));
    }

    /// <summary>The settings reach the trainer: a policy of another width, without normalisation, the same bits however many videos are under way.</summary>
    [Test]
    public void Train_Settings_AreThoseOfThePolicy()
    {
        using var folder = new TemporaryFolder();
        string[] Command(string output, params string[] options) =>
            ["train", "--data", "synthetic", "--synthetic-images", "4", "--synthetic-videos", "4", "--synthetic-validation", "1", "--warm-up-steps", "1", "--main-steps", "1", "--batch-size", "2", "--output", folder.File(output), .. options];

        var runs = new[]
        {
            ScoreProgram.Run(Command("a.safetensors", "--hidden-width", "8", "--without-normalization", "--rollouts", "2")),
            ScoreProgram.Run(Command("b.safetensors", "--hidden-width", "8", "--without-normalization", "--rollouts", "2", "--concurrent-videos", "2")),
        };

        Assert.That(runs.Select(run => run.ExitCode), Is.All.Zero, runs[0].Error);
        var policy = Microsoft.ML.Score.Policy.PolicyNetwork.Load(folder.File("a.safetensors"));
        Assert.That((policy.HiddenWidth, policy.UseNormalization), Is.EqualTo((8, false)));
        Assert.That(File.ReadAllBytes(folder.File("b.safetensors")), Is.EqualTo(File.ReadAllBytes(folder.File("a.safetensors"))));
    }

    [Test]
    public void Train_CaptionQuestionOfAVisualToken_IsRefusedBeforeAnyVideoIsEncoded()
    {
        using var folder = new TemporaryFolder();
        var model = new FakeVideoModel();

        var run = ScoreProgram.Run(model, default, "train", "--data", "synthetic", "--output", folder.File("p.safetensors"), "--caption-question", "What <|image_pad|>?");

        Assert.That((run.ExitCode, model.Encoded), Is.EqualTo((1, 0)));
        Assert.That(run.Error, Does.StartWith("score: --caption-question contains '<|image_pad|>'."));
    }

    private static TrainerOptions Read(string options)
    {
        var settings = new TrainerSettings();
        var command = new RootCommand();
        foreach (var option in settings.All)
            command.Options.Add(option);
        var parsed = command.Parse(options.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.That(parsed.Errors, Is.Empty);
        return settings.Of(parsed);
    }
}
