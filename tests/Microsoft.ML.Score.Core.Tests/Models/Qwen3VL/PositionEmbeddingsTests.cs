using Microsoft.ML.Score.Models.Qwen25VL;

namespace Microsoft.ML.Score.Models.Qwen3VL;

[TestFixture]
internal sealed class PositionEmbeddingsTests
{
    /// <summary>A plane is its own interpolation, whatever the grid: E(row, column) = (row, column) gives where each patch lies.</summary>
    [TestCase(4, 6)]
    [TestCase(2, 14)]
    [TestCase(12, 4)]
    public void Interpolate_Plane_GivesThePlaceOfEachPatchInBlockOrder(int height, int width)
    {
        const int side = 7;
        float[] table = [.. Enumerable.Range(0, side * side).SelectMany(i => new float[] { i / side, i % side })];

        var found = new PositionEmbeddings(table, side, merge: 2).Interpolate(new PatchGrid(3, height, width));

        var expected = new List<float>();
        for (var block = 0; block < height / 2 * (width / 2); block++)
            for (var within = 0; within < 4; within++)
            {
                var (row, column) = (block / (width / 2) * 2 + within / 2, block % (width / 2) * 2 + within % 2);
                expected.AddRange([(float)((side - 1.0) * row / (height - 1)), (float)((side - 1.0) * column / (width - 1))]);
            }

        Assert.That(found, Is.EqualTo(expected).Within(1e-5f));
    }

    /// <summary>A slow twin in double precision on a table without pattern.</summary>
    [Test]
    public void Interpolate_RandomTable_IsBilinearCornerOnCorner()
    {
        const int side = 5, dimension = 3;
        var random = new Random(2);
        float[] table = [.. Enumerable.Range(0, side * side * dimension).Select(_ => random.NextSingle())];
        var grid = new PatchGrid(1, 8, 6);

        var found = new PositionEmbeddings(table, side, merge: 1).Interpolate(grid);

        for (var row = 0; row < grid.Height; row++)
            for (var column = 0; column < grid.Width; column++)
                for (var d = 0; d < dimension; d++)
                {
                    var (y, x) = (row * (side - 1.0) / (grid.Height - 1), column * (side - 1.0) / (grid.Width - 1));
                    var expected = 0.0;
                    for (var r = 0; r < side; r++)
                        for (var c = 0; c < side; c++)
                            expected += Math.Max(0, 1 - Math.Abs(r - y)) * Math.Max(0, 1 - Math.Abs(c - x)) * table[(r * side + c) * dimension + d];
                    Assert.That(found[(row * grid.Width + column) * dimension + d], Is.EqualTo(expected).Within(1e-5));
                }
    }

    [Test]
    public void Places_AllOfTheTable_AreWhole() => Assert.That(PositionEmbeddings.Places(48, 48), Is.EqualTo(Enumerable.Range(0, 48).Select(i => (float)i)));

    [Test]
    public void Places_One_IsTheFirst() => Assert.That(PositionEmbeddings.Places(1, 48), Is.EqualTo(new[] { 0f }));
}
