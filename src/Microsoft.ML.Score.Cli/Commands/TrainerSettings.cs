using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.ML.Score.Training;
using Score.Cli.Usage;

namespace Score.Cli.Commands;

/// <summary>The options of <c>score train</c> that are <see cref="TrainerOptions"/>; a test holds them to be all of those.</summary>
internal sealed class TrainerSettings
{
    private static readonly TrainerOptions s_defaults = new();

    public Option<int> WarmUpSteps { get; } = CommonOptions.AtLeast("--warm-up-steps", "Steps on pseudo-videos made of still images; 0 leaves the warm-up out, the paper's ablation \"real only\".", 0, s_defaults.WarmUpSteps);

    public Option<int> MainSteps { get; } = CommonOptions.AtLeast("--main-steps", "Steps on videos; 0 leaves the main stage out, the paper's ablation \"pseudo only\".", 0, s_defaults.MainSteps);

    public Option<int> BatchSize { get; } = CommonOptions.AtLeast("--batch-size", "Videos of a step.", 1, s_defaults.BatchSize);

    public Option<int> Rollouts { get; } = CommonOptions.AtLeast("--rollouts", "Masks sampled of each video, K.", 1, s_defaults.Rollouts);

    public Option<double> LearningRate { get; } = CommonOptions.Positive("--learning-rate", "Adam's learning rate.", s_defaults.LearningRate);

    public Option<double> WarmUpTau { get; } = Tau("--warm-up-tau", "The factor by which the cross-entropy may grow in the warm-up before a rollout is penalised.", s_defaults.WarmUpTau);

    public Option<double> MainTau { get; } = Tau("--main-tau", "The same in the main stage.", s_defaults.MainTau);

    public Option<double> Epsilon { get; } = CommonOptions.Positive("--epsilon", "What is added to the standard deviation that advantages are divided by.", s_defaults.Epsilon);

    public Option<int> HiddenWidth { get; } = CommonOptions.AtLeast("--hidden-width", "Hidden width of the policy.", 1, s_defaults.HiddenWidth);

    public Option<double> RetentionRatio { get; } = CommonOptions.Ratio("--retention-ratio", "The share of tokens kept in validation and by the ML.NET model.", s_defaults.RetentionRatio);

    public Option<bool> WithoutResidual { get; } = new("--without-residual") { Description = "Score tokens by themselves, not by their change: the paper's ablation (table 5)." };

    public Option<bool> WithoutNormalization { get; } = new("--without-normalization") { Description = "Score tokens as they are, not divided by their root mean square." };

    public Option<bool> ScoreDeepStack { get; } = new("--score-deepstack") { Description = "Score the DeepStack features of Qwen3-VL's tokens beside their vectors." };

    public Option<string> CaptionQuestion { get; } = CommonOptions.Checked(
        "--caption-question", "The question that captions answer.", "a question", text => !string.IsNullOrWhiteSpace(text), s_defaults.CaptionQuestion);

    public Option<int> ValidationInterval { get; } = CommonOptions.AtLeast("--validation-interval", "Steps between validations.", 1, s_defaults.ValidationInterval);

    public Option<double[]> ValidationRatios { get; } = CommonOptions.List<double>(
        "--validation-ratios", "Further shares of tokens at which each validation measures its policy, for metrics and page.", [], "ratios above 0 and at most 1",
        text => NumberText.Parse<double>(text) is { } ratio and > 0 and <= 1 ? ratio : null);

    public Option<int?> Patience { get; } = CommonOptions.Optional<int>(
        "--patience", "Validations without a new best after which a stage ends early. Default: none ends early.", "a whole number of at least 1", validations => validations >= 1);

    public Option<int> CheckpointInterval { get; } = CommonOptions.AtLeast("--checkpoint-interval", "Steps between checkpoints.", 1, s_defaults.CheckpointInterval);

    public Option<int> ConcurrentVideos { get; } = CommonOptions.AtLeast(
        "--concurrent-videos", "Videos of a step under way at a time. A model in this process uses all cores for one; each holds its tokens in memory.", 1, s_defaults.ConcurrentVideos);

    public Option<int> Seed { get; } = CommonOptions.Whole("--seed", "The same seed and data give the same policy, bit for bit.", s_defaults.Seed);

    /// <summary>All of them, for a command.</summary>
    public IEnumerable<Option> All =>
    [
        WarmUpSteps, MainSteps, BatchSize, Rollouts, LearningRate, WarmUpTau, MainTau, Epsilon, HiddenWidth, RetentionRatio, WithoutResidual, WithoutNormalization, ScoreDeepStack,
        CaptionQuestion, ValidationInterval, ValidationRatios, Patience, CheckpointInterval, ConcurrentVideos, Seed,
    ];

    /// <summary>Refuses what cannot be together, or could change nothing.</summary>
    /// <param name="result">The command line.</param>
    /// <param name="hasValidation">Whether there is a validation set; null where that is not known.</param>
    public void Refuse(CommandResult result, bool? hasValidation)
    {
        if (CommonOptions.ValueOf(result, WarmUpSteps) is { } warmUpSteps && CommonOptions.ValueOf(result, MainSteps) is { } mainSteps)
        {
            if ((long)warmUpSteps + mainSteps is < 1 or > int.MaxValue)
                result.AddError($"--warm-up-steps and --main-steps together must be from 1 to {int.MaxValue}.");
            if (warmUpSteps == 0)
                IdleOptions.Refuse(result, "is of the warm-up, which --warm-up-steps 0 leaves out; leave out one of the two.", WarmUpTau);
            if (mainSteps == 0)
                IdleOptions.Refuse(result, "is of the main stage, which --main-steps 0 leaves out; leave out one of the two.", MainTau);
        }

        if (hasValidation == false)
            IdleOptions.Refuse(result, "is about validations, and there is no --validation; leave it out or name rows to validate on.", ValidationInterval, ValidationRatios, Patience);
    }

    /// <summary>What the command line says.</summary>
    public TrainerOptions Of(ParseResult parsed) => new()
    {
        WarmUpSteps = parsed.GetValue(WarmUpSteps),
        MainSteps = parsed.GetValue(MainSteps),
        BatchSize = parsed.GetValue(BatchSize),
        Rollouts = parsed.GetValue(Rollouts),
        LearningRate = parsed.GetValue(LearningRate),
        WarmUpTau = parsed.GetValue(WarmUpTau),
        MainTau = parsed.GetValue(MainTau),
        Epsilon = parsed.GetValue(Epsilon),
        HiddenWidth = parsed.GetValue(HiddenWidth),
        RetentionRatio = parsed.GetValue(RetentionRatio),
        UseResidual = !parsed.GetValue(WithoutResidual),
        UseNormalization = !parsed.GetValue(WithoutNormalization),
        ScoreDeepStack = parsed.GetValue(ScoreDeepStack),
        CaptionQuestion = parsed.GetRequiredValue(CaptionQuestion),
        ValidationInterval = parsed.GetValue(ValidationInterval),
        FurtherValidationRatios = parsed.GetRequiredValue(ValidationRatios),
        Patience = parsed.GetValue(Patience),
        CheckpointInterval = parsed.GetValue(CheckpointInterval),
        ConcurrentVideos = parsed.GetValue(ConcurrentVideos),
        Seed = parsed.GetValue(Seed),
    };

    private static Option<double> Tau(string name, string description, double defaultValue) =>
        CommonOptions.Checked(name, description, "a number of at least 1", tau => tau >= 1 && double.IsFinite(tau), defaultValue);
}
