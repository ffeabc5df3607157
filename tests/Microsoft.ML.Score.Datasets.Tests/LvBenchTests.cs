using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Datasets;

[TestFixture]
public class LvBenchTests
{
    private const string Lines = """
        {"key": "lake-3", "type": "cartoon", "qa": [{"uid": "55", "question": "What year is shown?\n(A) 1636\n(B) 1366\n(C) 1363 (late)\n(D) 1633", "answer": "D", "question_type": ["key information retrieval", "temporal grounding"], "time_reference": "118:05-None"}, {"uid": 56, "question": "Who sings?\n(A) Ann\n(B) Bob\n(C) Cy\n(D) Di", "answer": "A", "question_type": ["entity recognition"], "time_reference": "None-None"}], "video_info": {"duration_minutes": 61.1, "fps": 24.0}}

        {"key": "gone", "type": "sport", "qa": [{"uid": "57", "question": "Who wins?\n(A) Ann\n(B) Bob\n(C) Cy\n(D) Di", "answer": "B", "question_type": ["summarization"], "time_reference": "08:17-None"}]}
        """;

    [Test]
    public void Open_OfficialLines_KeepTypesAndIdsOfBothKinds()
    {
        using var folder = new BenchmarkFolder("all_videos/lake-3.mp4");

        var benchmark = LvBench.Open(folder.Write("video_info.meta.jsonl", Lines), folder.Videos);
        var questions = benchmark.Videos[0].Questions;

        Assert.Multiple(() =>
        {
            Assert.That(questions.Select(question => question.Id), Is.EqualTo(new[] { "55", "56" }));
            Assert.That(questions[0].Options, Is.EqualTo(new[] { "1636", "1366", "1363 (late)", "1633" }));
            Assert.That(questions[0].Categories,
                Is.EqualTo(new QuestionCategory[] { new("task", "key information retrieval"), new("task", "temporal grounding"), new("video", "cartoon") }));
            Assert.That(questions[0].Text, Is.EqualTo("What year is shown?\n(A) 1636\n(B) 1366\n(C) 1363 (late)\n(D) 1633\nAnswer the question with the option letter"));
            Assert.That(benchmark.MissingVideos, Is.EqualTo(new[] { "gone" }));
        });
    }

    [Test]
    public void Open_Table_WritesOptionsIntoTheQuestion()
    {
        const string table = "index\ttask_name\tvideo_name\tquestion_id\tquestion\tanswer_number\tcandidates\tanswer\nx55\tcartoon_summary\tlake-3.mp4\tx55\tWhat year?\t1\t['1636', '1366']\t1366\n";
        using var folder = new BenchmarkFolder("lake-3.mp4");

        var question = LvBench.Open(folder.Write("LVBench.tsv", table), folder.Videos).Videos[0].Questions[0];

        Assert.That((question.Text, question.Answer), Is.EqualTo(("What year?\n(A) 1636\n(B) 1366\nAnswer the question with the option letter", "1366")));
    }

    /// <summary>Where the list is empty the options stand in the text, as in lmms-eval.</summary>
    [TestCase("[]")]
    [TestCase("null")]
    public void Open_EmptyOptions_AreReadFromTheQuestion(string options)
    {
        using var folder = new BenchmarkFolder("lake-3.mp4");
        var row = $$"""{"video_path": "lake-3.mp4", "uid": "55", "question": "What year?\n(A) 1636\n(B) 1366", "options": {{options}}, "answer": "B", "question_type": "summarization"}""";

        var question = LvBench.Open(folder.Write("rows.jsonl", row), folder.Videos).Videos[0].Questions[0];

        Assert.That((question.Text, question.Answer), Is.EqualTo(("What year?\n(A) 1636\n(B) 1366\nAnswer the question with the option letter", "1366")));
    }

    [TestCase("x.mp4", "x.mkv")]
    [TestCase("x.mp4", "all_videos/x.WEBM")]
    [TestCase("x.mp4", "x.mp4.webm")]
    [TestCase("x.mkv", "x.Mp4")]
    [TestCase("x.1", "x.1.flv")]
    [TestCase("x", "X.mp4", false)]
    [TestCase("x.2", "x.mp4", false)]
    public void Open_VideoOfAnotherExtension_IsFound(string name, string file, bool isFound = true)
    {
        using var folder = new BenchmarkFolder(file, "lake-3.mp4");
        var row = $$"""{"video_path": "{{name}}", "uid": "5", "question": "What year?\n(A) 1636\n(B) 1366", "answer": "B", "question_type": "summarization"}""";

        var benchmark = LvBench.Open(folder.Write("rows.jsonl", row), folder.Videos);

        Assert.That(benchmark.Videos.Select(video => video.Path), Is.EqualTo(isFound ? new[] { Path.Combine(folder.Videos, file) } : []));
    }

    [Test]
    public void Open_LongQuestion_IsDamageOfItsRow()
    {
        using var folder = new BenchmarkFolder("x.mp4");
        var row = $$"""{"video_path": "x.mp4", "uid": "5", "question": "{{new string('w', 32768)}}?\n(A) 1636\n(B) 1366", "answer": "B", "question_type": "summarization"}""";

        Assert.That(() => LvBench.Open(folder.Write("rows.jsonl", row), folder.Videos), Throws.TypeOf<InvalidDataException>().With.Message.Contains("rows.jsonl, line 1: ").And.Message.Contains("expected at most 32768"));
    }

    [Test]
    public void Open_LineOfBrokenJson_NamesTheLine()
    {
        using var folder = new BenchmarkFolder("lake-3.mp4");

        Assert.That(() => LvBench.Open(folder.Write("meta.jsonl", Lines + "\n{"), folder.Videos), Throws.TypeOf<InvalidDataException>().With.Message.Contains("line 4"));
    }
}
