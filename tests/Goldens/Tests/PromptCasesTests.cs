using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Goldens;

[TestFixture]
public class PromptCasesTests
{
    [Test]
    public void Verify_EveryGoldenPrompt_Passes()
    {
        var rows = GoldenFolder.Verify(RepositoryFolder.Golden("models", "prompts"), ComputeBackend.Scalar, CancellationToken.None).ToList();

        Assert.That(rows.Where(row => row.Outcome != VerificationOutcome.Passed), Is.Empty);
        Assert.That(rows, Has.Count.EqualTo(16 * 2 + 1 + 32 * 3 + 4 * 2));
    }
}
