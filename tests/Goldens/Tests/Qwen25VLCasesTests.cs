using System.Text;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Goldens;

[TestFixture("simd")]
[TestFixture("scalar")]
public class Qwen25VLCasesTests(string backend)
{
    [Test]
    public void Verify_NestedTiedBFloat16Shards_AllWithinTolerance() =>
        Verify(RepositoryFolder.Golden("models", "qwen25vl_tiny_B_tied_bf16"));

    [Test]
    public void Verify_FlatUntiedSingle_AllWithinTolerance() =>
        Verify(RepositoryFolder.Golden("models", "qwen25vl_tiny_A"));

    private void Verify(string folder)
    {
        var rows = Qwen25VLCases.Verify(folder, ComputeBackend.Named(backend), CancellationToken.None).ToList();

        Assert.That(rows, Has.Count.GreaterThan(25));
        Assert.That(rows.Where(row => row.Outcome != VerificationOutcome.Passed), Is.Empty);
    }

    [TestCase("{}")]
    [TestCase("null")]
    [TestCase("[")]
    public void ReadCase_WithoutItsKeys_NamesTheFile(string json) =>
        Assert.That(
            () => ModelCaseRows.Read<OutcomeDescription>(Encoding.UTF8.GetBytes(json), "case1"),
            Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("case1.json is not a golden case: "));
}
