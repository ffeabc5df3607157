using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Goldens;

[TestFixture("simd")]
[TestFixture("scalar")]
public class Qwen3VLCasesTests(string backend)
{
    /// <summary>Tied, bfloat16, two shards, settings as transformers 5 spells them, and as many DeepStack levels as layers.</summary>
    [Test]
    public void Verify_TiedBFloat16Shards_AllWithinTolerance() => Verify(RepositoryFolder.Golden("qwen3vl", "qwen3vl_tiny_B_tied_bf16"), 32);

    [Test]
    public void Verify_EveryShared_AllWithinTolerance() => Verify(RepositoryFolder.RequireShared("goldens", "qwen3vl"), 278);

    [Test]
    public void Verify_EveryCommitted_AllWithinTolerance() => Verify(RepositoryFolder.Golden("qwen3vl"), 193);

    private void Verify(string folder, int atLeast)
    {
        var rows = GoldenFolder.Verify(folder, ComputeBackend.Named(backend), CancellationToken.None).ToList();

        Assert.That(rows, Has.Count.AtLeast(atLeast));
        Assert.That(rows.Where(row => row.Outcome != VerificationOutcome.Passed), Is.Empty);
    }

    /// <summary>The whole of the model beside a number that is not its own: one test that the comparison can fail.</summary>
    [TestCase("rope_index", "rope_index.json", "\"rope_delta\":-40", "\"rope_delta\":-41", "rope_delta")]
    [TestCase("processor", "smart_resize.json", "\"result_5.3\":[352,640]", "\"result_5.3\":[352,672]", "videos of 44 cases")]
    [TestCase("manifests", "Qwen3-VL-2B.json", "\"parameters\": 2127532032", "\"parameters\": 2127532033", "parameters")]
    public void Verify_ChangedNumber_FailsThatQuantity(string folder, string file, string original, string changed, string quantity)
    {
        using var copy = new TemporaryFolder();
        foreach (var path in Directory.GetFiles(RepositoryFolder.Golden("qwen3vl", folder)))
            File.Copy(path, copy.File(Path.GetFileName(path)));
        var text = File.ReadAllText(copy.File(file));
        var at = text.IndexOf(original, StringComparison.Ordinal);
        Assert.That(at, Is.Not.Negative);
        File.WriteAllText(copy.File(file), text[..at] + changed + text[(at + original.Length)..]);

        var failed = GoldenFolder.Verify(copy.Path, ComputeBackend.Named(backend), CancellationToken.None).Where(row => row.Outcome != VerificationOutcome.Passed);

        Assert.That(failed.Select(row => row.Quantity), Is.EqualTo(new[] { quantity }));
    }
}
