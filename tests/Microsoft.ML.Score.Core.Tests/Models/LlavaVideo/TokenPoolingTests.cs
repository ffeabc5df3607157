namespace Microsoft.ML.Score.Models.LlavaVideo;

[TestFixture]
internal sealed class TokenPoolingTests
{
    private const int Dimension = 3;

    [Test]
    public void Pool_AnySide_IsThatOfTheDefinition(
        [Values] SpatialPoolMode mode, [Values(2, 3, 4, 5, 26, 27)] int side)
    {
        var random = new Random(side);
        float[] frame = [.. Enumerable.Range(0, side * side * Dimension).Select(_ => random.NextSingle() * 4 - 2)];
        var pooling = new TokenPooling(mode, side);
        var pooled = new float[pooling.Count * Dimension];

        pooling.Pool(frame, Dimension, pooled);

        var expected = from y in Enumerable.Range(0, pooling.Side)
                       from x in Enumerable.Range(0, pooling.Side)
                       from d in Enumerable.Range(0, Dimension)
                       select (float)Slow(mode, side, pooling.Side, y, x, (row, column) => frame[(row * side + column) * Dimension + d]);
        Assert.That(pooled, Is.EqualTo(expected).Within(1e-5f));
    }

    [TestCase(SpatialPoolMode.Average, 13)]
    [TestCase(SpatialPoolMode.Bilinear, 14)]
    [TestCase(SpatialPoolMode.Max, 13)]
    public void Side_OfTheReleasedTower_IsThatOfTheOriginal(SpatialPoolMode mode, int expected) =>
        Assert.That(new TokenPooling(mode, new SiglipVisionConfig().Side).Side, Is.EqualTo(expected));

    [Test]
    public void Pool_BilinearOfAPlane_IsThePlaneAtTheMiddleOfTheBlock()
    {
        float[] frame = [.. Enumerable.Range(0, 27 * 27).Select(i => 5f * (i / 27) - 2f * (i % 27) + 1f)];
        var pooled = new float[14 * 14];

        new TokenPooling(SpatialPoolMode.Bilinear, 27).Pool(frame, 1, pooled);

        double Middle(int i) => (i + 0.5) * 27 / 14 - 0.5;
        Assert.That(pooled, Is.EqualTo(Enumerable.Range(0, 196).Select(i => (float)(5 * Middle(i / 14) - 2 * Middle(i % 14) + 1))).Within(1e-4f));
    }

    [Test]
    public void Pool_OddSideWithoutInterpolation_DropsTheLastRowAndColumn([Values(SpatialPoolMode.Average, SpatialPoolMode.Max)] SpatialPoolMode mode)
    {
        var frame = new float[27 * 27];
        for (var i = 0; i < 27; i++)
            frame[26 * 27 + i] = frame[i * 27 + 26] = 1000;
        var pooled = new float[13 * 13];

        new TokenPooling(mode, 27).Pool(frame, 1, pooled);

        Assert.That(pooled, Is.All.Zero);
    }

    // Bilinear: every token weighs by how near it is to the sampled point, the nearest edge token standing in beyond the frame.
    private static double Slow(SpatialPoolMode mode, int side, int pooledSide, int y, int x, Func<int, int, float> token)
    {
        double[] block = [.. from row in (int[])[2 * y, 2 * y + 1]
                             from column in (int[])[2 * x, 2 * x + 1]
                             where row < side && column < side
                             select (double)token(row, column)];
        if (mode == SpatialPoolMode.Average)
            return block.Average();
        if (mode == SpatialPoolMode.Max)
            return block.Max();
        double Place(int i) => Math.Clamp((i + 0.5) * side / pooledSide - 0.5, 0, side - 1);
        double Near(int line, int i) => Math.Max(0, 1 - Math.Abs(line - Place(i)));
        return (from row in Enumerable.Range(0, side) from column in Enumerable.Range(0, side) select Near(row, y) * Near(column, x) * token(row, column)).Sum();
    }
}
