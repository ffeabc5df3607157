namespace Microsoft.ML.Score.Datasets;

[TestFixture]
public class PublicApiTests
{
    [Test]
    public void PublicApi_Always_IsTheListedOne() => PublicApiBaseline.Check(typeof(Benchmarks).Assembly);
}
