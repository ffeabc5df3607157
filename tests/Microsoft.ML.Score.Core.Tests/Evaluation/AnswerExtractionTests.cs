using FsCheck;
using FsCheck.Fluent;

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
        Assert.That(Question(s_options).FindOption(response), Is.EqualTo(expected));

    [TestCase("")]
    [TestCase("green")]
    [TestCase("bored")]
    [TestCase("E")]
    [TestCase("The answer is Z.")]
    [TestCase("red or none")]
    [TestCase("A bird in the sky")]
    public void FindOption_NoneOrSeveralNamed_GivesNull(string response) =>
        Assert.That(Question(s_options).FindOption(response), Is.Null);

    /// <summary>An option's own text comes before its reading as a letter.</summary>
    [Test]
    public void FindOption_LetterThatIsAnOption_IsTheOption() =>
        Assert.That(Question("a", "c", "b").FindOption("B"), Is.EqualTo(2));

    /// <summary>Benchmarks have options that are empty or the same (MLVU): their letters tell them, their texts do not.</summary>
    [TestCase("", null)]
    [TestCase("...", null)]
    [TestCase("I do not know", null)]
    [TestCase("red", null)]
    [TestCase("It is red.", null)]
    [TestCase("D", 3)]
    [TestCase("A", 0)]
    [TestCase("(c) -", 2)]
    [TestCase("blue", 1)]
    [TestCase("It is blue.", 1)]
    public void FindOption_EmptyOrEqualOptions_AreFoundByLetterAlone(string response, int? expected) =>
        Assert.That(Question("red", "blue", "", "Red!", "-").FindOption(response), Is.EqualTo(expected));

    /// <summary>
    /// Expected letters are what the original program answers (lmms-eval at 75571cfe, mcq_extract.py) given as many letters; "" where it
    /// gives up.
    /// </summary>
    [TestCase("B", 4, "B")]
    [TestCase(" b ", 4, "")]
    [TestCase("B.", 4, "B")]
    [TestCase("C. Berries.", 4, "C")]
    [TestCase("D. 3", 4, "D")]
    [TestCase("(B)", 4, "B")]
    [TestCase("(B) a red kite", 4, "B")]
    [TestCase("B) a red kite", 4, "B")]
    [TestCase("\"B\"", 4, "B")]
    [TestCase("A red kite", 4, "A")]
    [TestCase("A kite flies past B", 4, "A")]
    [TestCase("Apples", 4, "A")]
    [TestCase("Banana", 4, "B")]
    [TestCase("E", 4, "")]
    [TestCase("E", 5, "E")]
    [TestCase("F. six", 6, "F")]
    [TestCase("G", 6, "")]
    [TestCase("I would rule out (A) and (C), so (B)", 4, "B")]
    [TestCase("First A. then C. comes up here", 4, "C")]
    [TestCase("I think it is C", 4, "C")]
    [TestCase("I think C: the kite", 4, "C")]
    [TestCase("maybe C) the kite", 4, "C")]
    [TestCase("Let me see. The answer is B. After all, it flies.", 4, "A")]
    [TestCase("The answer is B. And it flies.", 4, "A")]
    [TestCase("the best answer is (D), not A or B!", 4, "B")]
    [TestCase("My answer is: C, because of it", 4, "C")]
    [TestCase("The correct option is not shown here", 4, "")]
    [TestCase("THE ANSWER IS b, or maybe C then", 4, "C")]
    [TestCase("I choose D over all else there", 4, "D")]
    [TestCase("正确答案是B。", 4, "B")]
    [TestCase("答案为C，因为有风筝", 4, "C")]
    [TestCase("我选D，不选A。", 4, "A")]
    [TestCase("选项是什么呢", 4, "")]
    [TestCase("答えはBです", 4, "B")]
    [TestCase("정답은 C 입니다", 4, "C")]
    [TestCase("답: D 입니다", 4, "D")]
    [TestCase("옵션 B 입니다", 4, "B")]
    [TestCase("答案是 E 吧", 4, "")]
    [TestCase("答案是 E 吧", 5, "E")]
    [TestCase("", 4, "")]
    [TestCase("   \n", 4, "")]
    [TestCase("...", 4, "")]
    [TestCase("no letter here", 4, "")]
    [TestCase("NASA launched it", 4, "A")]
    [TestCase("USA. is near", 4, "A")]
    [TestCase("It was shown on CNN BBC", 4, "C")]
    [TestCase("x = {B}", 4, "B")]
    [TestCase("**B**", 4, "B")]
    [TestCase("\\boxed{C}", 4, "C")]
    [TestCase("B。", 4, "B")]
    [TestCase("ＢＣ", 4, "")]
    [TestCase("A，B", 4, "A")]
    [TestCase("It is B!?", 4, "B")]
    [TestCase("It is B.'", 4, "B")]
    [TestCase("option: b", 4, "")]
    [TestCase("A or B or C", 4, "A")]
    [TestCase("C\nA", 4, "C")]
    [TestCase("A1", 4, "A")]
    [TestCase("1A", 4, "A")]
    [TestCase("Bé", 4, "B")]
    [TestCase("éB", 4, "B")]
    [TestCase("B😀", 4, "B")]
    [TestCase("𝐀B", 4, "B")]
    [TestCase("İ answer is A, no, B it is x", 4, "B")]
    [TestCase("Answer is D, answer is A. the answer is C x", 4, "C")]
    [TestCase("Answer is A B x the answer is A x", 4, "A")]
    [TestCase("\u001CB\u001C", 4, "B")]
    [TestCase("Neither (Z) nor Y.", 4, "")]
    [TestCase("(E) or (A)", 4, "A")]
    [TestCase("(E) or (A) x", 8, "A")]
    [TestCase("I pick h then", 8, "")]
    public void FindLetter_Response_IsReadAsByTheOriginal(string response, int options, string expected)
    {
        int? index = expected.Length == 0 ? null : expected[0] - 'A';

        Assert.That(Question(options).FindLetter(response), Is.EqualTo(index));
    }

    [Test]
    public void FindLetter_AnyResponse_GivesAnOptionOrNull() =>
        Prop.ForAll(ArbMap.Default.ArbFor<string>(), ArbMap.Default.ArbFor<PositiveInt>(), (text, count) =>
        {
            var options = 2 + count.Get % 25;
            return Question(options).FindLetter(text ?? "") is not { } index || index < options;
        }).QuickCheckThrowOnFailure();

    private static MultipleChoiceQuestion Question(int options) => Question([.. Enumerable.Range(0, options).Select(option => $"{option}")]);

    private static MultipleChoiceQuestion Question(params string[] options) => new("Which?", options, 0, "all");
}
