namespace Microsoft.ML.Score;

[TestFixture]
public class PublicApiTests
{
    [Test]
    public void PublicApi_Always_IsTheListedOne() => PublicApiBaseline.Check(typeof(ScoreOptions).Assembly);
}
