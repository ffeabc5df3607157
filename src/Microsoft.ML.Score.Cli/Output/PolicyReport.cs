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
        foreach (var (name, text) in Facts())
            writer.WriteLine(VisibleText.Message($"{char.ToLowerInvariant(name[0])}{name[1..]}: {text}"));
    }

    /// <summary>A name and a text for each fact.</summary>
    public IEnumerable<KeyValuePair<string, string>> Facts()
    {
        yield return Fact("Policy", $"{file}");
        yield return Fact("Tokens", $"of {policy.Dimension} values{(policy.DeepStackLevels > 0 ? $" and {policy.DeepStackLevels} DeepStack vectors" : "")}, of the encoder {policy.EncoderFingerprint ?? NotRecorded}");
        yield return Fact("Network", $"hidden width {policy.HiddenWidth}, {policy.ParameterCount:#,0} parameters, {With(policy.UseResidual)} the change of a token, {With(policy.UseNormalization)} normalization");
        if (policy.Provenance is not { } origin)
        {
            yield return Fact("Training", $"{NotRecorded}");
            yield break;
        }

        yield return Fact("Trained by", $"score {origin.Version}, with seed {origin.Seed}, from {(origin.InitialPolicy is { } initial ? $"the policy of SHA-256 {initial}" : "an untrained policy")}");
        yield return Fact("Model", $"{origin.Model}, {origin.ModelFingerprint}");
        yield return Fact("Steps", $"{origin.WarmUpSteps} of warm-up and {origin.MainSteps} of the main stage; this is the policy after step {origin.KeptStep}");
        yield return Fact("Rows", $"{origin.Rows}, of which {origin.Stills} stills, SHA-256 {origin.RowsHash}");
        yield return origin.ValidationCrossEntropy is { } crossEntropy
            ? Fact("Validation", $"{crossEntropy:0.0000} nats a token with {origin.RetentionRatio:0.##%} of the tokens, {origin.UntrainedCrossEntropy?.ToString("0.0000", CultureInfo.InvariantCulture) ?? NotRecorded} before training")
            : Fact("Validation", $"none; the retention ratio was {origin.RetentionRatio:0.##%}");

        static KeyValuePair<string, string> Fact(string name, FormattableString text) => new(name, FormattableString.Invariant(text));
    }

    private static string With(bool isSo) => isSo ? "with" : "without";
}
