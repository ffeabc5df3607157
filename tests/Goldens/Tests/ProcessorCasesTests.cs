using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Goldens;

[TestFixture]
public class ProcessorCasesTests
{
    [Test]
    public void Verify_OneGoldenOfEachKind_AllWithinTolerance() => Verify(RepositoryFolder.Golden("models", "processor"), 34);

    [Test]
    public void Verify_EveryGolden_AllWithinTolerance() => Verify(RepositoryFolder.RequireShared("goldens", "models", "processor"), 57);

    private static void Verify(string folder, int count)
    {
        var rows = GoldenFolder.Verify(folder, ComputeBackend.Simd, CancellationToken.None).ToList();

        Assert.That(rows, Has.Count.EqualTo(count));
        Assert.That(rows.Where(row => row.Outcome != VerificationOutcome.Passed), Is.Empty);
    }
}
