namespace Microsoft.ML.Score.Models.Layers;

[TestFixture]
internal sealed class RowChunksTests
{
    [Test]
    public void Of_AnyRows_CoversEachRowOnceWithinTheLimit([Values(0, 1, 7, 8, 100)] int rows, [Values(1, 40, 4000)] int valuesPerRow)
    {
        const long bytes = 1280;

        var chunks = RowChunks.Of(rows, valuesPerRow, bytes).ToArray();

        Assert.That(chunks.SelectMany(chunk => Enumerable.Range(chunk.Start, chunk.Count)), Is.EqualTo(Enumerable.Range(0, rows)));
        Assert.That(chunks.All(chunk => chunk.Count == 1 || chunk.Count * valuesPerRow * sizeof(float) <= bytes));
    }
}
