using System.Globalization;
using Microsoft.ML.Score.Policy;

namespace Score.Cli.Output;

/// <summary>What a policy is and where it came from, a line a fact.</summary>
internal sealed class PolicyReport(string file, PolicyNetwork policy)
{
    private const string NotRecorded = "not recorded";

    /// <summary>What <c>--json</c> prints; null stands for what is not recorded.</summary>
    public object ToJson() => new
    {
        policy = file,
        dimension = policy.Dimension,
        deepStackLevels = policy.DeepStackLevels,
        hiddenWidth = policy.HiddenWidth,
        parameters = policy.ParameterCount,
        useResidual = policy.UseResidual,
        useNormalization = policy.UseNormalization,
        encoderFingerprint = policy.EncoderFingerprint,
        provenance = policy.Provenance is not { } origin ? null : new
        {
            version = origin.Version,
            model = origin.Model,
            modelFingerprint = origin.ModelFingerprint,
            seed = origin.Seed,
            warmUpSteps = origin.WarmUpSteps,
            mainSteps = origin.MainSteps,
            keptStep = origin.KeptStep,
            retentionRatio = origin.RetentionRatio,
            rows = origin.Rows,
            stills = origin.Stills,
            rowsSha256 = origin.RowsHash,
            initialPolicySha256 = origin.InitialPolicy,
            validationCrossEntropy = origin.ValidationCrossEntropy,
            untrainedCrossEntropy = origin.UntrainedCrossEntropy,
        },
    };

    public void Write(TextWriter writer)
    {
        Line("policy", $"{file}");
        Line("tokens", $"of {policy.Dimension} values{(policy.DeepStackLevels > 0 ? $" and {policy.DeepStackLevels} DeepStack vectors" : "")}, of the encoder {policy.EncoderFingerprint ?? NotRecorded}");
        Line("network", $"hidden width {policy.HiddenWidth}, {policy.ParameterCount:#,0} parameters, {With(policy.UseResidual)} the change of a token, {With(policy.UseNormalization)} normalization");
        if (policy.Provenance is not { } origin)
        {
            Line("training", $"{NotRecorded}");
            return;
        }

        Line("trained by", $"score {origin.Version}, with seed {origin.Seed}, from {(origin.InitialPolicy is { } initial ? $"the policy of SHA-256 {initial}" : "an untrained policy")}");
        Line("model", $"{origin.Model}, {origin.ModelFingerprint}");
        Line("steps", $"{origin.WarmUpSteps} of warm-up and {origin.MainSteps} of the main stage; this is the policy after step {origin.KeptStep}");
        Line("rows", $"{origin.Rows}, of which {origin.Stills} stills, SHA-256 {origin.RowsHash}");
        if (origin.ValidationCrossEntropy is { } crossEntropy)
            Line("validation", $"{crossEntropy:0.0000} nats a token with {origin.RetentionRatio:0.##%} of the tokens, {origin.UntrainedCrossEntropy?.ToString("0.0000", CultureInfo.InvariantCulture) ?? NotRecorded} before training");
        else
            Line("validation", $"none; the retention ratio was {origin.RetentionRatio:0.##%}");

        void Line(string name, FormattableString text) => writer.WriteLine(VisibleText.Message($"{name}: {FormattableString.Invariant(text)}"));
    }

    private static string With(bool isSo) => isSo ? "with" : "without";
}
