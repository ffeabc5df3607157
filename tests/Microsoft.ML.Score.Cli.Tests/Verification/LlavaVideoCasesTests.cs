namespace Score.Cli.Verification;

[TestFixture("simd")]
[TestFixture("scalar")]
public class LlavaVideoCasesTests(string backend)
{
    [Test]
    public void Verify_EveryGoldenCase_IsWithinTolerance()
    {
        var rows = LlavaVideoCases.Verify(RepositoryFolder.RequireShared("goldens", "models", "llava_video_tiny"), backend, CancellationToken.None).ToList();

        Assert.That(rows, Has.Count.GreaterThan(45));
        Assert.That(rows.Where(row => row.Outcome != VerificationOutcome.Passed), Is.Empty);
    }
}
