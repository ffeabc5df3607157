namespace Score.Cli.Verification;

[TestFixture]
public class ProcessorCasesTests
{
    [Test]
    public void Verify_Goldens_AllWithinTolerance()
    {
        var rows = GoldenFolder.Verify(RepositoryFolder.RequireShared("goldens", "models", "processor"), "simd", CancellationToken.None).ToList();

        Assert.That(rows, Has.Count.GreaterThan(40));
        Assert.That(rows.Where(row => row.Outcome != VerificationOutcome.Passed), Is.Empty);
    }
}
