using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Datasets;

[TestFixture]
public class VideoMmeTests
{
    private const string Rows = """
        [
          { "video_id": "001", "duration": "short", "domain": "Knowledge", "sub_category": "Law", "url": "https://example.org/a", "videoID": "kite-1", "question_id": "001-1",
            "task_type": "Counting Problem", "question": "How many kites fly?", "options": ["A. One.", "B. Two.", "C. Three.", "D. Four."], "answer": "C" },
          { "video_id": "001", "duration": "short", "domain": "Knowledge", "sub_category": "Law", "url": "https://example.org/a", "videoID": "kite-1", "question_id": "001-2",
            "task_type": "OCR Problems", "question": "What does the sign say?", "options": ["A. Stop.", "B. Go.", "C. Wait.", "D. Turn."], "answer": "A" },
          { "video_id": "301", "duration": "long", "domain": "Multilingual", "sub_category": "Multilingual", "url": "https://example.org/b", "videoID": "boat_2", "question_id": "301-1",
            "task_type": "OCR Problems", "question": "What is the boat called?", "options": ["A. Anna.", "B. Bella.", "C. Clara.", "D. Dora."], "answer": "D", },
        ]
        """;

    [Test]
    public void Open_RowsOfQuestions_AreGroupedByVideo()
    {
        using var folder = new BenchmarkFolder("data/kite-1.mp4", "boat_2.mkv");

        var benchmark = VideoMme.Open(folder.Write("test.json", Rows), folder.Videos);

        Assert.Multiple(() =>
        {
            Assert.That(benchmark.Videos.Select(video => (video.Id, video.LengthClass, Path.GetFileName(video.Path), video.Questions.Count)),
                Is.EqualTo(new[] { ("kite-1", "short", "kite-1.mp4", 2), ("boat_2", "long", "boat_2.mkv", 1) }));
            Assert.That(benchmark.Videos[0].Questions[0].Id, Is.EqualTo("001-1"));
            Assert.That(benchmark.Videos[0].Questions[0].AnswerIndex, Is.EqualTo(2));
            Assert.That(benchmark.Videos[1].Questions[0].Categories,
                Is.EqualTo(new QuestionCategory[] { new("task", "OCR Problems"), new("domain", "Multilingual"), new("sub-category", "Multilingual") }));
            Assert.That(benchmark.ChanceLevel, Is.EqualTo(0.25));
            Assert.That(benchmark.MissingVideos, Is.Empty);
            Assert.That(benchmark.LeftOut, Is.Empty);
        });
    }

    [Test]
    public void Open_VideoWithoutFile_IsListedAndTheRestGoesOn()
    {
        using var folder = new BenchmarkFolder("boat_2.mp4");

        var benchmark = VideoMme.Open(folder.Write("test.json", Rows), folder.Videos);

        Assert.That((benchmark.Count, benchmark.Videos[0].Id, benchmark.MissingVideos[0], benchmark.MissingVideos.Count), Is.EqualTo((1, "boat_2", "kite-1", 1)));
    }

    /// <summary>The official list nests questions in videos and closes lists with commas.</summary>
    [Test]
    public void Open_OfficialNestedList_GivesTheSameQuestions()
    {
        const string nested = """
            [
              { "video_id": "001", "duration": "short", "domain": "Knowledge", "sub_category": "Law",
                "questions": [
                  { "question_id": "001-1", "task_type": "Counting Problem", "question": "How many kites fly?", "options": ["A. One.", "B. Two.", "C. Three.", "D. Four.",], "answer": "C", "response": "C" },
                ] },
            ]
            """;
        using var folder = new BenchmarkFolder("001.mp4", "kite-1.mp4");

        var official = VideoMme.Open(folder.Write("official.json", nested), folder.Videos).Videos[0];
        var flat = VideoMme.Open(folder.Write("test.json", Rows), folder.Videos).Videos[0];

        Assert.That((official.Id, official.LengthClass, official.Questions[0].Id, official.Questions[0].Text, official.Questions[0].AnswerIndex),
            Is.EqualTo(("001", "short", "001-1", flat.Questions[0].Text, 2)));
    }

    /// <summary>Cells as they stand, options as a Python list with both kinds of quotes.</summary>
    [Test]
    public void Open_Table_ReadsPythonLists()
    {
        const string table = "index\ttask_name\tvideo_name\tquestion_id\tquestion\tanswer_number\tcandidates\tanswer\n"
            + "001-1\tVideoMME\tkite-1.mp4\t001-1\t\"Who\" says: it's mine?\t1\t['A. Ann.', \"B. Bob's dog.\", 'C. \"Cy\".', 'D. 4']\tB\n";
        using var folder = new BenchmarkFolder("kite-1.mp4");

        var question = VideoMme.Open(folder.Write("export.tsv", table), folder.Videos).Videos[0].Questions[0];

        Assert.Multiple(() =>
        {
            Assert.That(question.Options, Is.EqualTo(new[] { "A. Ann.", "B. Bob's dog.", "C. \"Cy\".", "D. 4" }));
            Assert.That(question.Text, Does.Contain("\n\"Who\" says: it's mine?\n"));
            Assert.That(question.Answer, Is.EqualTo("B. Bob's dog."));
        });
    }

    /// <summary>The texts that the originals send, line by line.</summary>
    [TestCase("default", "Select the best answer to the following multiple-choice question based on the video and the subtitles. Respond with only the letter (A, B, C, or D) of the correct option.\nHow many kites fly?\nA. One.\nB. Two.\nC. Three.\nD. Four.\n\nAnswer with the option's letter from the given choices directly.")]
    [TestCase("llava_vid", "Select the best answer to the following multiple-choice question based on the video and the subtitles. Respond with only the letter (A, B, C, or D) of the correct option.\nHow many kites fly?\nA. One.\nB. Two.\nC. Three.\nD. Four.\nThe best answer is:")]
    [TestCase("qwen3_vl", "Question: How many kites fly?\nOptions:\nA. One.\nB. Two.\nC. Three.\nD. Four.\nAnswer with the option letter only.")]
    [TestCase("vlmevalkit", "\nThese are the frames of a video. Select the best answer to the following multiple-choice question based on the video. Respond with only the letter (A, B, C, or D) of the correct option.\nQuestion: How many kites fly?\nA. One.\nB. Two.\nC. Three.\nD. Four.\nAnswer: ")]
    public void Open_Prompt_IsTheOriginals(string prompt, string expected)
    {
        using var folder = new BenchmarkFolder("kite-1.mp4");

        Assert.That(VideoMme.Open(folder.Write("test.json", Rows), folder.Videos, prompt).Videos[0].Questions[0].Text, Is.EqualTo(expected));
    }

    [TestCase("C", ExpectedResult = 2)]
    [TestCase("The answer is (B).", ExpectedResult = 1)]
    [TestCase("E", ExpectedResult = null)]
    [TestCase("three kites", ExpectedResult = null)]
    public int? FindOption_Response_ReadsLettersOfTheItem(string response)
    {
        using var folder = new BenchmarkFolder("kite-1.mp4");
        var benchmark = VideoMme.Open(folder.Write("test.json", Rows), folder.Videos);

        return benchmark.FindOption(response, benchmark.Videos[0].Questions[0]);
    }

    /// <summary>Nothing outside the folder is touched, and no address is ever fetched.</summary>
    [TestCase("../secret")]
    [TestCase("a/../../secret")]
    [TestCase("/etc/hosts")]
    [TestCase("..")]
    [TestCase("")]
    [TestCase("a\\u0000b")]
    public void Open_VideoNameOutsideTheFolder_Throws(string name)
    {
        using var folder = new BenchmarkFolder();
        var path = folder.Write("test.json", Rows.Replace("kite-1", name, StringComparison.Ordinal));

        Assert.That(() => VideoMme.Open(path, folder.Videos), Throws.TypeOf<InvalidDataException>());
    }

    [TestCase("\"001-2\"", "\"001-1\"", "twice")]
    [TestCase("\"question\": \"How", "\"query\": \"How", "question")]
    [TestCase("\"short\", \"domain\": \"Knowledge\", \"sub_category\": \"Law\", \"url\": \"https://example.org/a\", \"videoID\": \"kite-1\", \"question_id\": \"001-1\"",
        "\"medium\", \"domain\": \"Knowledge\", \"sub_category\": \"Law\", \"url\": \"https://example.org/a\", \"videoID\": \"kite-1\", \"question_id\": \"001-1\"", "length class")]
    [TestCase("[\"A. One.\", \"B. Two.\", \"C. Three.\", \"D. Four.\"]", "[\"A. One.\", null]", "options")]
    [TestCase("[\"A. One.\", \"B. Two.\", \"C. Three.\", \"D. Four.\"]", "7", "options")]
    [TestCase("\"video_id\": \"301\"", "\"video_id\": \"301\", \"video_id\": \"302\"", "JSON")]
    [TestCase("How many kites fly?", "\\ud800", "Unicode")]
    [TestCase("Counting Problem", " ", "task is empty")]
    public void Open_FaultyRow_ThrowsAndSaysWhat(string from, string to, string expected)
    {
        using var folder = new BenchmarkFolder("kite-1.mp4", "boat_2.mp4");
        var path = folder.Write("test.json", Rows.Replace(from, to, StringComparison.Ordinal));

        Assert.That(() => VideoMme.Open(path, folder.Videos), Throws.TypeOf<InvalidDataException>().With.Message.Contains(expected));
    }

    [TestCase("null")]
    [TestCase("\"-1\"")]
    [TestCase("\"\"")]
    public void Open_HiddenAnswer_IsLeftOut(string answer)
    {
        using var folder = new BenchmarkFolder("kite-1.mp4", "boat_2.mp4");

        var benchmark = VideoMme.Open(folder.Write("test.json", Rows.Replace("\"answer\": \"C\"", $"\"answer\": {answer}", StringComparison.Ordinal)), folder.Videos);

        Assert.That((benchmark.LeftOut.Single().Where, benchmark.Videos.Sum(video => video.Questions.Count)), Is.EqualTo(("test.json, row 1", 2)));
    }

    [Test]
    public void Open_AnswerBeyondTheOptions_IsLeftOutWithAReason()
    {
        using var folder = new BenchmarkFolder("kite-1.mp4", "boat_2.mp4");

        var benchmark = VideoMme.Open(folder.Write("test.json", Rows.Replace("\"answer\": \"C\"", "\"answer\": \"E\"", StringComparison.Ordinal)), folder.Videos);

        Assert.Multiple(() =>
        {
            Assert.That(benchmark.LeftOut, Is.EqualTo(new[] { new LeftOutQuestion("test.json, row 1", "its answer 'E' is not among its options") }));
            Assert.That(benchmark.Videos[0].Questions, Has.Count.EqualTo(1));
        });
    }
}
