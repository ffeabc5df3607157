namespace Microsoft.ML.Score.Evaluation;

[TestFixture]
public class MultipleChoiceQuestionTests
{
    [Test]
    public void Answer_IsTheOptionAtTheIndex()
    {
        var question = new MultipleChoiceQuestion("What colour: red or blue?", ["red", "blue"], 1, "colour");

        Assert.That(question.Answer, Is.EqualTo("blue"));
    }

    [TestCase("", new[] { "red", "blue" }, 0)]
    [TestCase("What?", new[] { "red" }, 0)]
    [TestCase("What?", new[] { "red", null }, 0)]
    public void Constructor_BadTexts_Throw(string text, string[] options, int answer) =>
        Assert.That(() => new MultipleChoiceQuestion(text, options, answer, "colour"), Throws.ArgumentException);

    [TestCase(-1)]
    [TestCase(2)]
    public void Constructor_AnswerOutsideOptions_Throws(int answer) =>
        Assert.That(() => new MultipleChoiceQuestion("What?", ["red", "blue"], answer, "colour"), Throws.TypeOf<ArgumentOutOfRangeException>());
}
