using Microsoft.ML.Score.Goldens;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.TorchSharp;

/// <summary>The models' golden cases, in single precision within the tolerances of every backend, in bfloat16 within wider ones.</summary>
[TestFixture("torch-cpu")]
[TestFixture("torch-cuda-f32")]
[TestFixture("torch-cpu-bf16")]
[TestFixture("torch-cuda")]
public class GoldenCasesTests(string backend)
{
    private bool IsSingle => backend is "torch-cpu" or "torch-cuda-f32";

    [Test]
    public void Verify_Qwen25VLBFloat16Shards_IsWithinTolerance() => Verify(RepositoryFolder.Golden("models", "qwen25vl_tiny_B_tied_bf16"), 25);

    [Test]
    public void Verify_Qwen25VLSingle_IsWithinTolerance() => Verify(RepositoryFolder.RequireShared("goldens", "models", "qwen25vl_tiny_A"), 25);

    [Test]
    public void Verify_Qwen3VL_IsWithinTolerance() => Verify(RepositoryFolder.Golden("qwen3vl", "qwen3vl_tiny_B_tied_bf16"), 30);

    [Test]
    public void Verify_LlavaVideo_IsWithinTolerance() => Verify(RepositoryFolder.Golden("models", "llava_video_tiny"), 16);

    [Test]
    public void Verify_LlavaVideoAllCases_IsWithinTolerance() => Verify(RepositoryFolder.RequireShared("goldens", "models", "llava_video_tiny"), 51);

    [Test]
    public void Verify_RotaryTables_AreWithinTolerance()
    {
        // Rotary tables are made on the host in single precision: the fixtures of single precision test all there is.
        if (!IsSingle)
            Assert.Ignore("Positions do not depend on the type of activations.");
        Verify(RepositoryFolder.Golden("models", "rope_index"), 10);
    }

    private void Verify(string folder, int least)
    {
        var rows = GoldenFolder.Verify(folder, TestedBackends.Named(backend), CancellationToken.None).ToList();

        Assert.That(rows, Has.Count.GreaterThanOrEqualTo(least));
        TestContext.Out.WriteLine(string.Join("; ", rows.Where(row => row.Tolerance > 0).GroupBy(row => Kind(row.Quantity)).Select(kind => $"{kind.Key}: {kind.Max(row => row.Deviation):G3}")));
        Assert.That(rows.Where(row => !IsWithin(row)), Is.Empty);
    }

    private bool IsWithin(VerificationRow row) => IsSingle
        ? row.Outcome == VerificationOutcome.Passed
        : Kind(row.Quantity) switch
        {
            // Eight bits of mantissa over tiny layers: an argmax of near-equal logits may differ, and what follows it then does.
            "greedy" or "greedy_logits" => true,
            "logits" => row.Deviation <= 0.7,
            "ce" => row.Deviation <= 0.15,
            "hidden" => row.Deviation <= 0.5,
            _ => row.Outcome == VerificationOutcome.Passed,
        };

    private static string Kind(string quantity) => quantity switch
    {
        _ when quantity.EndsWith(".greedy", StringComparison.Ordinal) => "greedy",
        _ when quantity.Contains("greedy_logits", StringComparison.Ordinal) => "greedy_logits",
        _ when quantity.Contains("logits", StringComparison.Ordinal) => "logits",
        _ when quantity.Contains(".ce", StringComparison.Ordinal) => "ce",
        _ when quantity.Contains("index", StringComparison.Ordinal) || quantity.Contains("position", StringComparison.Ordinal) || quantity.Contains("indices", StringComparison.Ordinal)
            || quantity.Contains("seqlens", StringComparison.Ordinal) || quantity.Contains("num_", StringComparison.Ordinal) => "exact",
        _ => "hidden",
    };
}
