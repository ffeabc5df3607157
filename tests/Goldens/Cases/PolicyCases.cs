using System.Text.Json;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Golden cases of the policy mathematics: caseNN_KIND.json holds one rollout group with every quantity of equations (2)-(9) in
/// double precision, topk.json the selection rule. Deviations are relative to the largest magnitude of each array.
/// </summary>
internal static class PolicyCases
{
    private const double Tolerance = 1e-4; // float32 against float64, from the README of the goldens

    /// <summary>Whether a file name is that of a policy case.</summary>
    public static bool IsCase(string fileName) =>
        fileName.EndsWith(".json", StringComparison.Ordinal) && (fileName == "topk.json" || fileName.StartsWith("case", StringComparison.Ordinal));

    /// <param name="path">A case file.</param>
    /// <param name="name">The case's name in the rows.</param>
    public static IEnumerable<VerificationRow> Verify(string path, string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var root = document.RootElement;
        if (root.ValueKind == JsonValueKind.Array)
            return VerifyTopK(root, name).ToList();
        return root.TryGetProperty("activation", out var activation) && activation.GetString() == "gelu_erf"
            ? VerifyGroup(root, name).ToList()
            : [VerificationRow.Unsupported(name, "policy")];
    }

    private static IEnumerable<VerificationRow> VerifyGroup(JsonElement root, string name)
    {
        var video = new VideoTokens(new TokenGrid(Integer("T"), 1, Integer("N")), Integer("D"), Singles("features"));
        var policy = new PolicyNetwork(
            video.Dimension, Integer("hidden"), useResidual: true, useNormalization: false, encoderFingerprint: null,
            [.. Singles("w1"), .. Singles("b1"), .. Singles("w2"), .. Singles("b2")]);
        var masks = root.GetProperty("masks").EnumerateArray().Select(mask => mask.GetString()!.Select(bit => bit == '1').ToArray()).ToList();
        var keptCounts = masks.Select(mask => mask.Count(kept => kept)).ToArray();

        var logits = new float[video.Grid.Count];
        var activations = new PolicyActivations();
        PolicyForward.Run(policy, video, logits, activations);
        var group = new SplitAdvantage(
            root.GetProperty("ce_base").GetDouble(), Doubles(root.GetProperty("ce")), keptCounts, video.Grid.Count,
            root.GetProperty("tau").GetDouble(), root.GetProperty("epsilon").GetDouble());
        var logitGradient = new double[logits.Length];
        var loss = PolicyLoss.Evaluate(logits, masks, group.Advantage, logitGradient);
        var gradient = new float[policy.Parameters.Length];
        PolicyBackward.Accumulate(policy, video, activations, logitGradient.Select(value => (float)value).ToArray(), gradient);
        var (w1, b1, w2) = (policy.W1.Length, policy.B1.Length, policy.W2.Length);

        var expected = root.GetProperty("expected");
        yield return Row("logits", Widen(logits));
        yield return Row("probabilities", Widen(policy.Probabilities(video)));
        yield return Row("sparsity", group.Sparsity);
        yield return Row("delta_ce", group.DeltaCrossEntropy);
        yield return VerificationRow.Compare(name, "safe", Differences(group.Safe, expected.GetProperty("safe").EnumerateArray().Select(safe => safe.GetBoolean())), 0);
        if (expected.GetProperty("mean_sparsity_safe").ValueKind == JsonValueKind.Number)
        {
            yield return Row("mean_sparsity_safe", [group.MeanSafeSparsity ?? double.NaN]);
            yield return Row("std_sparsity_safe", [group.DeviationOfSafeSparsity ?? double.NaN]);
        }
        yield return Row("advantage", group.Advantage);
        yield return Row("loss", [loss]);
        yield return Row("grad_logits", logitGradient);
        yield return Row("grad_w1", Widen(gradient[..w1]));
        yield return Row("grad_b1", Widen(gradient[w1..(w1 + b1)]));
        yield return Row("grad_w2", Widen(gradient[(w1 + b1)..(w1 + b1 + w2)]));
        yield return Row("grad_b2", Widen(gradient[^1..]));

        int Integer(string property) => root.GetProperty(property).GetInt32();
        float[] Singles(string property) => [.. Doubles(root.GetProperty(property)).Select(value => (float)value)];
        VerificationRow Row(string quantity, double[] actual) =>
            VerificationRow.Compare(name, quantity, RelativeDeviation(actual, Doubles(expected.GetProperty(quantity))), Tolerance);
    }

    private static IEnumerable<VerificationRow> VerifyTopK(JsonElement root, string name)
    {
        foreach (var (index, item) in root.EnumerateArray().Index())
        {
            var scores = Doubles(item.GetProperty("scores")).Select(value => (float)value).ToArray();
            var count = TopK.RetainedCount(item.GetProperty("rho").GetDouble(), scores.Length);
            yield return VerificationRow.Compare($"{name}[{index}]", "keep", Math.Abs(count - item.GetProperty("keep").GetInt32()), 0);
            yield return VerificationRow.Compare($"{name}[{index}]", "kept", Differences(TopK.Select(scores, count), item.GetProperty("kept").EnumerateArray().Select(kept => kept.GetInt32())), 0);
        }
    }

    /// <summary>Largest deviation over largest expected magnitude (absolute where all expected values are 0); infinite for another length.</summary>
    private static double RelativeDeviation(double[] actual, double[] expected)
    {
        if (actual.Length != expected.Length)
            return double.PositiveInfinity;
        var magnitude = expected.Max(Math.Abs);
        return actual.Zip(expected, (a, e) => Math.Abs(a - e)).Max() / (magnitude == 0 ? 1 : magnitude);
    }

    private static int Differences<T>(IReadOnlyList<T> actual, IEnumerable<T> expected)
    {
        var wanted = expected.ToList();
        return Math.Abs(actual.Count - wanted.Count) + actual.Zip(wanted).Count(pair => !Equals(pair.First, pair.Second));
    }

    private static double[] Doubles(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray().Select(value => value.GetDouble())] : [element.GetDouble()];

    private static double[] Widen(float[] values) => [.. values.Select(value => (double)value)];
}
