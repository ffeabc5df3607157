using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Goldens;

[TestFixture]
public class GoldenFolderTests
{
    [TestCase("config.json", """{"architectures": ["Qwen9VLForConditionalGeneration"]}""", "Qwen9VLForConditionalGeneration")]
    [TestCase("frame_sampling.json", """{"sampled": []}""", "unknown")]
    [TestCase("rope_index.json", """{"cases": [{"name": "single", "segments": [["text", 3]]}]}""", "unknown")]
    public void Verify_FileOfAnotherModel_IsUnsupportedWhateverItsName(string name, string content, string kind)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File(name), content);
        File.WriteAllText(folder.File("other.json"), "{}");

        var rows = GoldenFolder.Verify(folder.Path, ComputeBackend.Simd, CancellationToken.None).ToList();

        Assert.That(rows.Select(row => (row.Quantity, row.Outcome)), Is.All.EqualTo((kind, VerificationOutcome.Unsupported)));
        Assert.That(rows, Has.Count.EqualTo(name == "config.json" ? 1 : 2));
    }

    [Test]
    public void Verify_FolderAmongBuildOutputs_LeavesTheseOut()
    {
        using var folder = new TemporaryFolder();
        foreach (var output in (string[])["bin", "obj", "cases"])
        {
            Directory.CreateDirectory(folder.File(output));
            File.WriteAllText(Path.Combine(folder.File(output), "case1.json"), "{}");
        }

        Assert.That(GoldenFolder.Verify(folder.Path, ComputeBackend.Simd, CancellationToken.None).Select(row => row.Case), Is.EqualTo(new[] { "cases/case1" }));
    }

    /// <summary>Prompts are of a kind that exists: ids that cannot be compared are no pass and not "unsupported".</summary>
    [Test]
    public void Verify_PromptsWithoutTheirTokenizer_FailTheIds()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(RepositoryFolder.Golden("models", "prompts")))
            File.Copy(file, folder.File(Path.GetFileName(file)));

        var rows = GoldenFolder.Verify(folder.Path, ComputeBackend.Simd, CancellationToken.None).ToList();

        Assert.That(rows.Where(row => row.Outcome != VerificationOutcome.Passed).Select(row => (row.Quantity, row.Outcome)).Distinct(), Is.EqualTo(new[] { ("ids without a tokenizer", VerificationOutcome.Failed) }));
        Assert.That(rows.Count(row => row.Outcome == VerificationOutcome.Failed), Is.EqualTo(16 + 1 + 4), "conversations, the expanded one, LLaVA-Video's prompts");
    }
}
