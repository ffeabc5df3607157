namespace Microsoft.ML.Score.Synthetic;

[TestFixture]
public class TokenLabelTests
{
    [Test]
    public void Labels_OfEverythingThatCanBeShown_AreDifferent()
    {
        var objects = Enum.GetValues<ObjectColour>().SelectMany(colour => Enum.GetValues<ObjectShape>().Select(shape => TokenLabel.Object(colour, shape)));
        var bystanders = Bystanders().Select(shown => TokenLabel.Bystander(shown.Colour, shown.Figure, shown.Motion));

        Assert.That(objects.Concat(bystanders).Append(TokenLabel.Background).Append(TokenLabel.Distractor), Is.Unique);
    }

    [Test]
    public void BystanderOf_ItsLabel_GivesItBack()
    {
        foreach (var shown in Bystanders())
            Assert.That(TokenLabel.BystanderOf(TokenLabel.Bystander(shown.Colour, shown.Figure, shown.Motion)), Is.EqualTo(shown));
    }

    [Test]
    public void BystanderOf_AnythingElse_IsNull() =>
        Assert.That(Enumerable.Range(0, TokenLabel.Distractor + 1).Select(label => TokenLabel.BystanderOf((byte)label)), Is.All.Null);

    private static IEnumerable<(ObjectColour Colour, BystanderFigure Figure, ObjectMotion Motion)> Bystanders() =>
        from colour in Enum.GetValues<ObjectColour>()
        from figure in Enum.GetValues<BystanderFigure>()
        from motion in Enum.GetValues<ObjectMotion>()
        select (colour, figure, motion);
}
