namespace Microsoft.ML.Score.Datasets;

[TestFixture]
public class EgoSchemaTests
{
    private const string Rows = """
        {"question_idx": "q7", "video_idx": "0a1b-2c", "question": "What does C do?", "option": ["A. Cook.", "B. Sew.", "C. Read.", "D. Dig.", "E. Swim."], "answer": "4"}
        {"question_idx": "q8", "video_idx": "9f", "question": "What does C do?", "option": ["A. Cook.", "B. Sew.", "C. Read.", "D. Dig.", "E. Swim."], "answer": null}
        """;

    [Test]
    public void Open_Subset_ReadsAnswersAsIndices()
    {
        using var folder = new BenchmarkFolder("videos/0a1b-2c.MP4");

        var benchmark = EgoSchema.Open(folder.Write("subset.jsonl", Rows), folder.Videos);
        var question = benchmark.Videos[0].Questions[0];

        Assert.Multiple(() =>
        {
            Assert.That((question.Id, question.Answer), Is.EqualTo(("q7", "E. Swim.")));
            Assert.That(question.Text, Is.EqualTo("What does C do?\nA. Cook.\nB. Sew.\nC. Read.\nD. Dig.\nE. Swim.\nAnswer with the option's letter from the given choices directly."));
            Assert.That(benchmark.LeftOut.Single().Reason, Is.EqualTo("it has no answer"));
            Assert.That(benchmark.ChanceLevel, Is.EqualTo(0.2));
        });
    }

    [TestCase("\"None\"")]
    [TestCase("\" none \"")]
    [TestCase("\"null\"")]
    [TestCase("\"nan\"")]
    [TestCase("\"N/A\"")]
    [TestCase("\"\"")]
    [TestCase("\"-\"")]
    [TestCase("NaN")]
    public void Open_AnswerHeldBack_IsLeftOut(string answer)
    {
        using var folder = new BenchmarkFolder("0a1b-2c.mp4");

        var benchmark = EgoSchema.Open(folder.Write("subset.jsonl", Rows.Replace("\"answer\": null", $"\"answer\": {answer}")), folder.Videos);

        Assert.That((benchmark.Count, benchmark.LeftOut.Single().Reason), Is.EqualTo((1, "it has no answer")));
    }

    [Test]
    public void Open_AnswerThatIsNoNumber_IsDamageOfItsRow()
    {
        using var folder = new BenchmarkFolder("0a1b-2c.mp4");

        Assert.That(
            () => EgoSchema.Open(folder.Write("subset.jsonl", Rows.Replace("\"answer\": null", "\"answer\": \"first\"")), folder.Videos),
            Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("subset.jsonl, line 2: 'answer' must be a whole number, is 'first'."));
    }

    [Test]
    public void Open_NoAnswerAtAll_Throws()
    {
        using var folder = new BenchmarkFolder("9f.mp4");

        Assert.That(() => EgoSchema.Open(folder.Write("full.jsonl", Rows.Split('\n')[1]), folder.Videos), Throws.TypeOf<InvalidDataException>().With.Message.Contains("1 left out"));
    }
}
