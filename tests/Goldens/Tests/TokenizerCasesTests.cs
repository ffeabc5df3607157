using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Goldens;

[TestFixture]
public class TokenizerCasesTests
{
    [Test]
    public void Verify_EveryGoldenText_Passes()
    {
        var rows = GoldenFolder.Verify(RepositoryFolder.Golden("models", "tokenizer"), ComputeBackend.Scalar, CancellationToken.None).ToList();

        Assert.That(rows.Where(row => row.Outcome != VerificationOutcome.Passed), Is.Empty);
        Assert.That(rows, Has.Count.EqualTo(66 + 3 + 7));
    }
}
