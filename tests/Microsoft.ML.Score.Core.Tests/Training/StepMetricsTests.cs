using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>What a step says of its rewards and masks, against numbers worked out by hand.</summary>
[TestFixture]
public class StepMetricsTests
{
    private static readonly TrainerOptions s_options = new() { UseWarmUp = false, MainSteps = 1, BatchSize = 2, Rollouts = 4, MainTau = 1, HiddenWidth = 2 };

    [Test]
    public void Fit_KnownCrossEntropies_TellsTheDeviationOfRewards()
    {
        // dCE = 1 - CE of the two videos; the deviations are sqrt(0.05) and 0.
        var step = Step(new() { ["spread"] = [0.8, 1.0, 1.2, 1.4], ["even"] = [0.5, 0.5, 0.5, 0.5] });

        Assert.That(step.RewardDeviation, Is.EqualTo(Math.Sqrt(0.05) / 2).Within(1e-12));
        Assert.That(step.PerformanceReward, Is.EqualTo((-0.1 + 0.5) / 2).Within(1e-12));
    }

    [Test]
    public void Fit_RolloutsAsGoodAsAllTokens_TeachNothing()
    {
        // dCE is 0 in one video, so are its advantages (7); in the other three are in the penalty zone.
        var step = Step(new() { ["spread"] = [0.8, 1.5, 1.2, 1.4], ["even"] = [1, 1, 1, 1] });

        Assert.That(step.VideosWithoutAdvantage, Is.EqualTo(0.5));
    }

    [TestCase(0, 0.69314718055994530942)]  // ln 2
    [TestCase(3, 0.190864971106442)]     // p = 0.95257412682243321912, -p ln p - (1-p) ln(1-p)
    [TestCase(-3, 0.190864971106442)]
    [TestCase(800, 0)]
    public void Fit_PolicyOfOneLogit_TellsTheEntropyOfItsMasks(double logit, double expected)
    {
        var policy = new PolicyNetwork(1, 2, useResidual: true, useNormalization: true, null, new float[PolicyNetwork.Initialize(1, 2).Parameters.Length]);
        policy.B2[0] = (float)logit;

        var step = Step(new() { ["spread"] = [0.8, 1.0, 1.2, 1.4], ["even"] = [0.5, 0.5, 0.5, 0.5] }, policy);

        var p = 1 / (1 + Math.Exp(-logit));
        Assert.That(step.MaskEntropy, Is.EqualTo(expected).Within(1e-6));
        Assert.That(step.MaskEntropy, Is.EqualTo(p is 0 or 1 ? 0 : -p * Math.Log(p) - (1 - p) * Math.Log(1 - p)).Within(1e-6));
    }

    /// <summary>The further ratios are scored beside the criterion, whose bits and policy stay.</summary>
    [Test]
    public void Fit_FurtherValidationRatios_TellsTheirCrossEntropiesAndChangesNothing()
    {
        List<ValidationMetrics> with = [], without = [];
        var options = ScoreTrainerTests.Small();

        var plain = ScoreTrainerTests.Train(options, progress: Collect(without));
        var further = ScoreTrainerTests.Train(options with { FurtherValidationRatios = [options.RetentionRatio, 1] }, progress: Collect(with));

        Assert.That(further.Policy.ToBytes(), Is.EqualTo(plain.Policy.ToBytes()));
        Assert.That(with.Select(validation => validation.CrossEntropy), Is.EqualTo(without.Select(validation => validation.CrossEntropy)));
        Assert.That(with.Select(validation => validation.FurtherCrossEntropies![options.RetentionRatio]), Is.EqualTo(with.Select(validation => validation.CrossEntropy)));
        Assert.That(with.Select(validation => validation.FurtherCrossEntropies![1]), Is.EqualTo(with.Select(validation => validation.BaseCrossEntropy)));
        Assert.That(without.Select(validation => validation.FurtherCrossEntropies), Is.All.Null);
        Assert.That(() => new ScoreTrainer(new PlantedModel(), options with { FurtherValidationRatios = [0.5, 0.5] }), Throws.ArgumentException.With.Message.Contains("FurtherValidationRatios must lie in (0, 1], each once"));
        Assert.That(() => new ScoreTrainer(new PlantedModel(), options with { FurtherValidationRatios = [0] }), Throws.ArgumentException.With.Message.Contains("FurtherValidationRatios"));

        static Reporter Collect(List<ValidationMetrics> validations) => new(progress =>
        {
            if (progress.Validation is { } validation)
                validations.Add(validation);
        });
    }

    private static StepMetrics Step(Dictionary<string, double[]> crossEntropies, PolicyNetwork? policy = null)
    {
        StepMetrics? step = null;
        var rows = crossEntropies.Keys.Select(caption => new TrainingRow(new VideoTokens(new TokenGrid(2, 1, 3), 1, new float[] { 1, 2, 3, 4, 5, 6 }), caption));
        new ScoreTrainer(new Known(crossEntropies), s_options).Fit(rows, initialPolicy: policy, progress: new Reporter(progress => step = progress.Metrics ?? step));
        return step!;
    }

    /// <summary>CE_base is 1, and the rollouts of a caption have the cross-entropies given for it.</summary>
    private sealed class Known(Dictionary<string, double[]> crossEntropies) : IRolloutReward
    {
        public VideoModelInfo Info { get; } = new("known", "0123", 1);

        public ValueTask<double[]> CrossEntropyAsync(RolloutBatch batch, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(batch.Kept.Count == 1 ? [1] : crossEntropies[((TextTarget)batch.Target).Text]);
    }
}
