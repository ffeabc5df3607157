namespace Microsoft.ML.Score.Evaluation;

[TestFixture]
public class AnswerExtractionTests
{
    private static readonly string[] s_options = ["red", "red circle", "blue square", "none"];

    [TestCase("red", 0)]
    [TestCase(" Red. ", 0)]
    [TestCase("RED   CIRCLE!", 1)]
    [TestCase("blue-square", 2)]
    [TestCase("B", 1)]
    [TestCase("(c)", 2)]
    [TestCase("D. none of them", 3)]
    [TestCase("c) blue square", 2)]
    [TestCase("The answer is B.", 1)]
    [TestCase("Answer: (C)", 2)]
    [TestCase("Option a", 0)]
    [TestCase("It is the red circle.", 1)]
    [TestCase("I would say red", 0)]
    [TestCase("A blue square moves left.", 2)]
    public void FindOption_NamedOption_IsFound(string response, int expected) =>
        Assert.That(AnswerExtraction.FindOption(response, s_options), Is.EqualTo(expected));

    [TestCase("")]
    [TestCase("green")]
    [TestCase("bored")]
    [TestCase("E")]
    [TestCase("The answer is Z.")]
    [TestCase("red or none")]
    [TestCase("A bird in the sky")]
    public void FindOption_NoneOrSeveralNamed_GivesNull(string response) =>
        Assert.That(AnswerExtraction.FindOption(response, s_options), Is.Null);

    /// <summary>An option's own text comes before its reading as a letter.</summary>
    [Test]
    public void FindOption_LetterThatIsAnOption_IsTheOption() =>
        Assert.That(AnswerExtraction.FindOption("B", ["a", "c", "b"]), Is.EqualTo(2));
}
