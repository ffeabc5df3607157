namespace Microsoft.ML.Score.Tokens;

[TestFixture]
public class TopKTests
{
    [Test]
    public void Select_TiedScores_KeepsLowerIndices()
    {
        Assert.That(TopK.Select([1f, 2f, 2f, 2f, 0f], 2), Is.EqualTo(new[] { 1, 2 }));
    }
}
