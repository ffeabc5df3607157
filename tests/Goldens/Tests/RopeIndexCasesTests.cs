using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Goldens;

[TestFixture("simd")]
[TestFixture("scalar")]
public class RopeIndexCasesTests(string backend)
{
    [Test]
    public void Verify_EveryGoldenLayoutAndTable_Passes()
    {
        var rows = GoldenFolder.Verify(RepositoryFolder.Golden("models", "rope_index"), ComputeBackend.Named(backend), CancellationToken.None).ToList();

        Assert.That(rows.Where(row => row.Outcome != VerificationOutcome.Passed), Is.Empty);
        // 15 layouts by both rules with their deltas; a rotary table; 4 grids, 2 of them with angles.
        Assert.That(rows, Has.Count.EqualTo(15 * 4 + 4 + 4 * 2 + 2));
    }
}
