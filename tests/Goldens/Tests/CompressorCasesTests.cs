namespace Microsoft.ML.Score.Goldens;

[TestFixture]
public class CompressorCasesTests
{
    [Test]
    public void Verify_GoldenCasesOfFiveInputs_AllWithinTolerance() => Verify(RepositoryFolder.Golden("compressors"), 170);

    [Test]
    public void Verify_AllGoldenCases_AllWithinTolerance() => Verify(RepositoryFolder.RequireShared("goldens", "compressors"), 430);

    private static void Verify(string folder, int atLeast)
    {
        var rows = CompressorCases.Verify(folder, CancellationToken.None).ToList();

        Assert.That(rows, Has.Count.GreaterThan(atLeast));
        Assert.That(rows.Where(row => row.Outcome != VerificationOutcome.Passed), Is.Empty);
    }
}
