using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Goldens;

[TestFixture]
public class PolicyCasesTests
{
    private static readonly string s_goldens = RepositoryFolder.Golden("policy");

    [Test]
    public void Verify_EveryGoldenCase_IsWithinTolerance()
    {
        var rows = GoldenFolder.Verify(s_goldens, ComputeBackend.Simd, CancellationToken.None).ToList();

        Assert.That(rows, Has.Count.EqualTo(134));
        Assert.That(rows.Where(row => row.Outcome != VerificationOutcome.Passed), Is.Empty);
    }

    [TestCase("\"loss\":-0.00", "\"loss\":-0.01", "loss")]
    [TestCase("\"safe\":[false", "\"safe\":[true", "safe")]
    public void Verify_ChangedExpectation_FailsThatQuantity(string original, string changed, string quantity)
    {
        var path = Path.Combine(Directory.CreateTempSubdirectory("score-policy").FullName, "case00_mixed.json");
        var text = File.ReadAllText(Path.Combine(s_goldens, "case00_mixed.json"));
        Assert.That(text, Does.Contain(original));
        File.WriteAllText(path, text.Replace(original, changed));

        var failed = PolicyCases.Verify(path, "case").Where(row => row.Outcome == VerificationOutcome.Failed);

        Assert.That(failed.Select(row => row.Quantity), Is.EqualTo(new[] { quantity }));
    }
}
