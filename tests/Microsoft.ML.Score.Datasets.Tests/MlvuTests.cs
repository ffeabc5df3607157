namespace Microsoft.ML.Score.Datasets;

[TestFixture]
public class MlvuTests
{
    private const string Plot = """
        [
          { "video": "plot_1.mp4", "duration": 480, "question": "What colour is the kite?", "candidates": ["Red", "Blue", "Green", "Blue"], "answer": "Blue", "question_type": "plotQA" },
          { "video": "plot_2.mp4", "duration": 32550.25, "question": "How many boats?", "candidates": ["3", "1", "", "2"], "answer": "2", "question_type": "plotQA" }
        ]
        """;

    private const string Needle = """
        [
          { "video": "needle_1.mp4", "duration": 467.98, "question": "Who waves?", "candidates": ["A man", "A dog", "A cat", "A cow"], "answer": "A waving dog", "question_type": "findNeedle" },
          { "video": "needle_2.mp4", "duration": 467.98, "question": "Who waves?", "candidates": ["A man", "A dog", "A cat", "A cow"], "answer": "A cow", "question_type": "findNeedle" },
          { "video": "needle_3.mp4", "duration": 5, "question": "", "candidates": ["", "", "", ""], "answer": "", "question_type": "findNeedle" }
        ]
        """;

    private const string Summary = """[{ "video": "plot_1.mp4", "duration": 480, "question": "Tell the story.", "answer": "A kite flies.", "question_type": "summary" }]""";

    [Test]
    public void OpenDev_RepositoryFolder_FindsAnswersByText()
    {
        using var folder = new BenchmarkFolder("1_plotQA/plot_1.mp4", "1_plotQA/plot_2.mp4", "2_needle/needle_2.mp4");
        folder.Write("json/1_plotQA.json", Plot);
        folder.Write("json/2_needle.json", Needle);
        folder.Write("json/9_summary.json", Summary);

        var benchmark = Mlvu.OpenDev(folder.PathOf("json"), folder.Videos);

        Assert.Multiple(() =>
        {
            Assert.That(benchmark.Videos.Select(video => (video.Id, video.Questions[0].Category, video.Questions[0].AnswerIndex)),
                Is.EqualTo(new[] { ("plot_1", "plotQA", 1), ("plot_2", "plotQA", 3), ("needle_2", "needle", 3) }));
            Assert.That(benchmark.Videos[0].Questions[0].Text,
                Is.EqualTo("What colour is the kite?\n(A) Red\n(B) Blue\n(C) Green\n(D) Blue\n\nOnly give the best option.\nBest option: ("));
            Assert.That(benchmark.LeftOut.Select(question => question.Where), Is.EqualTo(new[] { "2_needle.json, row 1", "2_needle.json, row 3", "9_summary.json, row 1" }));
            Assert.That(benchmark.LeftOut[0].Reason, Does.Contain("'A waving dog' is not among"));
            Assert.That(benchmark.Metrics.Select(metric => metric.Name), Is.EqualTo(new[] { "M-Avg (mean over tasks)", "M-Avg (mean over questions)" }));
        });
    }

    /// <summary>The export's question has its options inside and its answer is a letter: the same prompt as from the repository's file.</summary>
    [Test]
    public void OpenDev_ExportedRows_GiveTheSameQuestions()
    {
        const string exported = """
            [{ "video_name": "plot_1.mp4", "duration": 480, "question": "What colour is the kite?\n(A) Red\n(B) Blue\n(C) Green\n(D) Blue\n", "candidates": ["Red", "Blue", "Green", "Blue"],
               "answer": "B", "task_type": "plotQA" }]
            """;
        using var folder = new BenchmarkFolder("plot_1.mp4");
        var raw = folder.Write("1_plotQA.json", Plot);
        var export = folder.Write("export.json", exported);

        foreach (var prompt in Benchmarks.Prompts(Mlvu.DevName))
        {
            var first = Mlvu.OpenDev(raw, folder.Videos, prompt).Videos[0].Questions[0];
            var second = Mlvu.OpenDev(export, folder.Videos, prompt).Videos[0].Questions[0];
            Assert.That((second.Text, second.AnswerIndex, second.Category), Is.EqualTo((first.Text, first.AnswerIndex, first.Category)));
        }
    }

    [Test]
    public void OpenDev_KitsPrompt_ListsOptionsUnderTheQuestion()
    {
        using var folder = new BenchmarkFolder("plot_1.mp4");

        Assert.That(Mlvu.OpenDev(folder.Write("1_plotQA.json", Plot), folder.Videos, "vlmevalkit").Videos[0].Questions[0].Text,
            Is.EqualTo("Question: What colour is the kite?\nOptions:\n(A) Red\n(B) Blue\n(C) Green\n(D) Blue\nOnly give the best option."));
    }

    /// <summary>Six options: a right F counts.</summary>
    [Test]
    public void OpenTest_SixOptions_AreReadToTheLastLetter()
    {
        const string rows = """
            [{ "video_name": "test_sports_1.mp4", "question": "Which sport?\n(A) Judo\n(B) Golf\n(C) Polo\n(D) Luge\n(E) Surf\n(F) Yoga", "candidates": ["Judo", "Golf", "Polo", "Luge", "Surf", "Yoga"],
               "answer": "F", "task_type": "sportsQA", "question_id": "SQA_0" }]
            """;
        using var folder = new BenchmarkFolder("test_sports_1.mp4");

        var benchmark = Mlvu.OpenTest(folder.Write("test.json", rows), folder.Videos);
        var question = benchmark.Videos[0].Questions[0];

        Assert.Multiple(() =>
        {
            Assert.That(question.Text, Does.EndWith("(F) Yoga"));
            Assert.That(benchmark.FindOption("F.", question), Is.EqualTo(question.AnswerIndex));
            Assert.That(benchmark.FindOption("G.", question), Is.Null);
            Assert.That(benchmark.ChanceLevel, Is.EqualTo(1.0 / 6));
        });
    }

    /// <summary>The tables give the number of the answer.</summary>
    [Test]
    public void OpenDev_Table_TakesTheAnswersNumber()
    {
        const string table = "index\ttask_name\tvideo_name\tquestion_id\tquestion\tanswer_number\tcandidates\tanswer\n"
            + "1_mlvu_1\tplotQA\tplot_1.mp4\t0\tWhat colour?\t2\t['Red', 'Blue', 'Green']\tGreen\r\n"
            + "2_mlvu_2\tplotQA\tplot_1.mp4\t0\tHow many?\t0\t[2, 3]\t2\n";
        using var folder = new BenchmarkFolder("plot_1.mp4");

        var questions = Mlvu.OpenDev(folder.Write("MLVU.tsv", table), folder.Videos).Videos[0].Questions;

        Assert.That(questions.Select(question => (question.Id, question.Answer)), Is.EqualTo(new[] { ("1_mlvu_1", "Green"), ("2_mlvu_2", "2") }));
    }
}
