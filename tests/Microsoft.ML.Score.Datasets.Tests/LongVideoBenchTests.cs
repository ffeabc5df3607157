using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Datasets;

[TestFixture]
public class LongVideoBenchTests
{
    [Test]
    public void Open_BothLayouts_GiveTheSameQuestion()
    {
        const string list = """
            [{ "video_id": "walk", "question": "What follows?", "question_wo_referring_query": "What?", "candidates": ["Rain", "Snow", "Sun"], "correct_choice": 2, "position": [1, 2],
               "topic_category": "T-Travel", "question_category": "T3E", "level": "L2-Relation", "id": "walk_0", "video_path": "walk.mp4", "subtitle_path": "walk_en.json", "duration_group": 600 }]
            """;
        const string row = """
            {"video_id": "walk", "question": "What follows?", "option0": "Rain", "option1": "Snow", "option2": "Sun", "option3": "N/A", "option4": "N/A", "correct_choice": 2, "topic_category": "T-Travel", "question_category": "T3E", "level": "L2-Relation", "id": "walk_0", "video_path": "walk.mp4", "duration_group": 600}
            """;
        using var folder = new BenchmarkFolder("walk.mp4");

        foreach (var path in new[] { folder.Write("lvb_val.json", list), folder.Write("rows.jsonl", row) })
        {
            var video = LongVideoBench.Open(path, folder.Videos).Videos[0];
            Assert.Multiple(() =>
            {
                Assert.That((video.Id, video.LengthClass, video.Questions[0].Id, video.Questions[0].AnswerIndex), Is.EqualTo(("walk", "600 s", "walk_0", 2)));
                Assert.That(video.Questions[0].Text, Is.EqualTo("What follows?\nA. Rain\nB. Snow\nC. Sun\nAnswer with the option's letter from the given choices directly.\n"));
                Assert.That(video.Questions[0].Categories, Is.EqualTo(new QuestionCategory[] { new("task", "T3E"), new("level", "L2-Relation"), new("topic", "T-Travel") }));
            });
        }
    }

    /// <summary>Pandas makes decimals of whole numbers where a column has gaps.</summary>
    [Test]
    public void Open_WholeNumbersAsDecimals_AreRead()
    {
        const string table = "index\tvideo_path\tquestion\tcandidates\tcorrect_choice\tquestion_category\tduration_group\tid\n"
            + "0\t./videos/walk.mp4\tWhat?\t['a', 'b']\t1.0\tT3E\t15.0\twalk_0\n";
        using var folder = new BenchmarkFolder("videos/walk.mp4");

        var video = LongVideoBench.Open(folder.Write("LongVideoBench.tsv", table), folder.Videos).Videos.Single();

        Assert.That((video.LengthClass, video.Questions[0].Answer), Is.EqualTo(("15 s", "b")));
    }

    [TestCase("1.5")]
    [TestCase("\"B\"")]
    [TestCase("1e9")]
    public void Open_AnswerThatIsNoIndex_Throws(string choice)
    {
        using var folder = new BenchmarkFolder("walk.mp4");
        var path = folder.Write("rows.jsonl", $$"""{"question": "What?", "candidates": ["a", "b"], "correct_choice": {{choice}}, "question_category": "T3E", "id": "walk_0", "video_path": "walk.mp4"}""");

        Assert.That(() => LongVideoBench.Open(path, folder.Videos), Throws.TypeOf<InvalidDataException>().With.Message.Contains("'correct_choice' must be a whole number"));
    }

    [Test]
    public void Open_HiddenAnswer_IsLeftOut()
    {
        const string rows = """
            {"question": "What?", "candidates": ["a", "b"], "correct_choice": 1, "question_category": "T3E", "id": "walk_0", "video_path": "walk.mp4"}
            {"question": "What?", "candidates": ["a", "b"], "correct_choice": -1, "question_category": "T3E", "id": "walk_1", "video_path": "walk.mp4"}
            {"question": "What?", "candidates": ["a", "b"], "correct_choice": null, "question_category": "T3E", "id": "walk_2", "video_path": "walk.mp4"}
            {"question": "What?", "candidates": ["a", "b"], "question_category": "T3E", "id": "walk_3", "video_path": "walk.mp4"}
            """;
        using var folder = new BenchmarkFolder("walk.mp4");

        var benchmark = LongVideoBench.Open(folder.Write("rows.jsonl", rows), folder.Videos);

        Assert.That((benchmark.Videos[0].Questions.Count, benchmark.LeftOut.Count), Is.EqualTo((1, 3)));
    }

    [TestCase("N/A")]
    [TestCase(null)]
    public void Open_NumberedOptionsWithAGap_Throws(string? gap)
    {
        using var folder = new BenchmarkFolder();
        var option = gap is null ? "null" : $"\"{gap}\"";
        var path = folder.Write("a.json", $$"""
            [{"question": "What follows?", "option0": "Rain", "option1": {{option}}, "option2": "Sun", "option3": "N/A", "correct_choice": 1, "question_category": "T3E", "id": "walk_0", "video_path": "walk.mp4"}]
            """);

        Assert.That(() => LongVideoBench.Open(path, folder.Videos), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("a.json, row 1: needs a field 'option1', since 'option2' is there."));
    }
}
