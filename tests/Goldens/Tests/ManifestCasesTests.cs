using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Goldens;

[TestFixture]
public class ManifestCasesTests
{
    private static readonly string s_goldens = RepositoryFolder.Golden("models", "manifests");

    [TestCase("Qwen2.5-VL-3B")]
    [TestCase("Qwen2.5-VL-7B")]
    [TestCase("LLaVA-Video-7B-Qwen2")]
    public void Verify_ReleasedModel_NamesShapesAndParametersAreEqual(string model)
    {
        var rows = GoldenFolder.Verify(s_goldens, ComputeBackend.Simd, CancellationToken.None).Where(row => row.Case == $"manifests/{model}").ToList();

        Assert.That(rows.Select(row => row.Quantity), Is.EqualTo(new[] { "names", "shapes", "parameters" }));
        Assert.That(rows.Select(row => row.Outcome), Is.All.EqualTo(VerificationOutcome.Passed));
    }

    [TestCase("\"visual.blocks.3.norm1.weight\":[1280]", "\"visual.blocks.3.norm3.weight\":[1280]", "names")]
    [TestCase("\"visual.blocks.3.norm1.weight\":[1280]", "\"visual.blocks.3.norm1.weight\":[1281]", "shapes")]
    [TestCase("\"parameters\":3754622976", "\"parameters\":3754622977", "parameters")]
    public void Verify_ChangedManifest_FailsThatQuantity(string original, string changed, string quantity)
    {
        using var folder = new TemporaryFolder();
        var text = File.ReadAllText(Path.Combine(s_goldens, "Qwen2.5-VL-3B.json"));
        Assert.That(text, Does.Contain(original));
        File.WriteAllText(folder.File("Qwen2.5-VL-3B.json"), text.Replace(original, changed));

        var failed = ManifestCases.Verify(folder.Path).Where(row => row.Outcome == VerificationOutcome.Failed);

        Assert.That(failed.Select(row => row.Quantity), Is.EqualTo(new[] { quantity }));
    }

    [Test]
    public void Verify_UnknownModel_IsUnsupported()
    {
        using var folder = new TemporaryFolder();
        File.Copy(Path.Combine(s_goldens, "Qwen2.5-VL-3B.json"), folder.File("Qwen9-VL.json"));

        Assert.That(ManifestCases.Verify(folder.Path).Single().Outcome, Is.EqualTo(VerificationOutcome.Unsupported));
    }
}
