using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Goldens;

[TestFixture("simd")]
[TestFixture("scalar")]
public class LlavaVideoCasesTests(string backend)
{
    [Test]
    public void Verify_OneTokenNewlineBilinear_AllWithinTolerance() => Verify(RepositoryFolder.Golden("models", "llava_video_tiny"), 16);

    [Test]
    public void Verify_EveryGoldenCase_IsWithinTolerance() => Verify(RepositoryFolder.RequireShared("goldens", "models", "llava_video_tiny"), 51);

    private void Verify(string folder, int count)
    {
        var rows = LlavaVideoCases.Verify(folder, ComputeBackend.Named(backend), CancellationToken.None).ToList();

        Assert.That(rows, Has.Count.EqualTo(count));
        Assert.That(rows.Where(row => row.Outcome != VerificationOutcome.Passed), Is.Empty);
    }
}
