namespace Microsoft.ML.Score.Synthetic;

[TestFixture]
public class BystanderTests
{
    [TestCase(ObjectMotion.Left, new[] { 13, 12, 17, 16 })]
    [TestCase(ObjectMotion.Right, new[] { 13, 14, 15, 16, 17, 12 })]
    [TestCase(ObjectMotion.Up, new[] { 13, 7, 1, 31 })]
    [TestCase(ObjectMotion.Down, new[] { 13, 19, 25, 31, 1 })]
    [TestCase(ObjectMotion.Stay, new[] { 13, 13, 13 })]
    public void CellAt_Motion_GoesACellAStepAndComesInAgain(object motion, int[] cells)
    {
        var bystander = new Bystander(ObjectColour.Red, BystanderFigure.Ring, (ObjectMotion)motion, Row: 2, Column: 1);

        Assert.That(Enumerable.Range(0, cells.Length).Select(bystander.CellAt), Is.EqualTo(cells));
    }

    [Test]
    public void Generate_AnyVideo_HasItsBystanders()
    {
        var labels = Enumerable.Range(0, 20).SelectMany(index => SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, index).TokenLabels.ToArray().Chunk(36));

        Assert.That(labels.Select(step => step.Count(label => TokenLabel.BystanderOf(label) is not null)), Is.All.InRange(0, 6).And.Some.EqualTo(6));
    }
}
