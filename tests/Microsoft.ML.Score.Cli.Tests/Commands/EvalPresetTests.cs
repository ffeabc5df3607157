using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;

namespace Score.Cli.Commands;

/// <summary>The paper's tables, on a small checkpoint and annotations of our own in the benchmarks' layouts.</summary>
[TestFixture]
public class EvalPresetTests
{
    private static readonly string s_checkpoint = Path.Combine(RepositoryFolder.Root, "src", "Microsoft.ML.Score.Core", "Models", "Tiny");
    private static readonly string s_policy = Path.Combine(RepositoryFolder.Root, "src", "Microsoft.ML.Score.Core", "Policy", "Pretrained", "tiny.safetensors");

    [TestCase("paper-table1", new[] { "Qwen2.5-VL-7B-Instruct (--model FOLDER; the embedded model is none)", "--policy FILE; none is given", "lvbench", "mlvu-dev", "video-mme" })]
    [TestCase("paper-table2", new[] { "LLaVA-Video-7B-Qwen2", "--policy", "--siglip FOLDER; none is given", "--annotations video-mme=PATH", "--video-folder video-mme=PATH" })]
    [TestCase("paper-table3", new[] { "Qwen2.5-VL-7B-Instruct", "--policy", "video-mme" })]
    [TestCase("paper-table4", new[] { "pseudo-videos only (score train --main-steps 0) (--ablation-policy FILE; none is given)", "lvbench", "mlvu-dev", "video-mme" })]
    [TestCase("paper-table5", new[] { "without the residual (score train --without-residual) (--ablation-policy FILE; none is given)", "video-mme" })]
    public void Eval_PresetWithNothingThere_ListsAllThatIsMissing(string preset, string[] needs)
    {
        using var folder = new TemporaryFolder();

        var run = ScoreProgram.Run("eval", "--preset", preset, "--data", folder.Path);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.StartWith($"score: {preset} needs what is not there: 1. ").And.Contain(Path.Combine(folder.Path, "video-mme", "videos")));
        foreach (var need in needs)
            Assert.That(run.Error, Does.Contain(need));
    }

    [Test]
    public void Eval_PresetOnAnotherArchitecture_SaysSo()
    {
        using var folder = new TemporaryFolder();

        Assert.That(ScoreProgram.Run("eval", "--preset", "paper-table2", "--model", s_checkpoint).Error, Does.Contain("--model FOLDER; Qwen2.5-VL)"));
        Assert.That(ScoreProgram.Run("eval", "--preset", "paper-table1", "--model", folder.Path).Error, Does.Contain($"{folder.Path} is none: "));
    }

    [TestCase("paper-table1", new[] { "all tokens", "DyCoke", "HoliTom", "VidCom2", "FastVID", "SCORE" }, new[] { "lvbench", "mlvu-dev", "video-mme" })]
    [TestCase("paper-table3", new[] { "all tokens", "SCORE" }, new[] { "video-mme" })]
    [TestCase("paper-table5", new[] { "all tokens", "SCORE (ablation)", "SCORE" }, new[] { "video-mme" })]
    public void Eval_PresetWithEverythingThere_Runs(string preset, string[] systems, string[] benchmarks)
    {
        using var folder = new TemporaryFolder();
        WriteBenchmarks(folder.Path);
        using var model = VideoModel.Load(s_checkpoint, new VideoModelOptions { EncoderStatistics = true });
        PolicyNetwork.Initialize(model.Info.Dimension, useResidual: false).Save(folder.File("ablation.safetensors"));

        string[] ablation = systems.Contains("SCORE (ablation)") ? ["--ablation-policy", folder.File("ablation.safetensors")] : [];
        var run = ScoreProgram.Run(model, CancellationToken.None,
            ["eval", "--preset", preset, "--data", folder.Path, "--model", s_checkpoint, "--policy", s_policy, "--json", folder.File("eval.json"), .. ablation]);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("video-mme: 2 questions about 1 videos").And.Contain("1 videos missing:\n    gone").And.Contain("1 videos unreadable:"));
        using var document = JsonDocument.Parse(File.ReadAllText(folder.File("eval.json")));
        var rows = document.RootElement.GetProperty("systems").EnumerateArray().ToArray();
        Assert.That(rows.Select(row => row.GetProperty("name").GetString()).Distinct(), Is.EqualTo(systems));
        Assert.That(rows, Has.Length.EqualTo(1 + 3 * (systems.Length - 1)));
        Assert.That(rows[0].GetProperty("benchmarks").EnumerateObject().Select(benchmark => benchmark.Name), Is.EqualTo(benchmarks));
    }

    [Test]
    public void Eval_RatiosBesideAPresetOfNumbersOfTokens_TakeTheirPlace()
    {
        using var folder = new TemporaryFolder();
        WriteBenchmarks(folder.Path);
        using var model = VideoModel.Load(s_checkpoint);

        var run = ScoreProgram.Run(model, CancellationToken.None,
            "eval", "--preset", "paper-table3", "--ratios", "0.5", "--data", folder.Path, "--model", s_checkpoint, "--policy", s_policy, "--json", "-");

        using var document = JsonDocument.Parse(run.Output);
        Assert.That(document.RootElement.GetProperty("systems").GetArrayLength(), Is.EqualTo(2), "all tokens, and SCORE at the one ratio in place of three numbers");
    }

    [Test]
    public void Eval_TableFiveWithAResidualInTheAblation_IsRefused()
    {
        using var folder = new TemporaryFolder();
        WriteBenchmarks(folder.Path);
        using var model = VideoModel.Load(s_checkpoint);

        var run = ScoreProgram.Run(model, CancellationToken.None, "eval", "--preset", "paper-table5", "--data", folder.Path, "--model", s_checkpoint, "--policy", s_policy, "--ablation-policy", s_policy);

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("a policy without the residual"));
    }

    [Test]
    public void Eval_AnnotationsElsewhere_AreReadFromThere()
    {
        using var folder = new TemporaryFolder();
        WriteBenchmarks(folder.Path);

        var run = ScoreProgram.Run("eval", "--benchmark", "lvbench,synthetic", "--videos", "1", "--lengths", "short", "--compressors", "random", "--ratios", "0.1",
            "--annotations", $"lvbench={folder.File("lvbench/annotations.jsonl")}", "--video-folder", $"lvbench={folder.File("lvbench/videos")}");

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Output, Does.Contain("lvbench: 1 questions").And.Contain("synthetic: 8 questions").And.Contain("average"));
    }

    /// <summary>The fake model says how many letters it was asked.</summary>
    [Test]
    public void Eval_AnotherPrompt_IsAskedAndRecordedAsAnotherRun()
    {
        using var folder = new TemporaryFolder();
        WriteBenchmarks(folder.Path);
        string[] args = ["eval", "--benchmark", "video-mme", "--data", folder.Path, "--compressors", "random", "--ratios", "0.1", "--records", folder.File("records.jsonl")];
        Assert.That(ScoreProgram.Run(args).ExitCode, Is.Zero);

        Assert.That(ScoreProgram.Run([.. args, "--prompt", "video-mme=qwen3_vl"]).Error, Does.Contain("prompt default', now 'video-mme: ").And.Contain("prompt qwen3_vl'"));
        Assert.That(ScoreProgram.Run([.. args, "--prompt", "video-mme=unknown"]).Error, Does.Contain("has no prompt 'unknown'"));
    }

    /// <summary>A video that has come since is asked about; the annotations, which decide whether it is the same run, stand beside the videos.</summary>
    [Test]
    public void Eval_RecordsAndMoreVideos_GoesOn()
    {
        using var folder = new TemporaryFolder();
        WriteBenchmarks(folder.Path);
        var videos = folder.File("video-mme/videos");
        File.Move(folder.File("video-mme/annotations.json"), Path.Combine(videos, "annotations.json"));
        string[] args = ["eval", "--benchmark", "video-mme", "--compressors", "random", "--ratios", "0.1", "--annotations", $"video-mme={videos}", "--video-folder", $"video-mme={videos}",
            "--records", folder.File("records.jsonl"), "--json", folder.File("new/eval.json")];
        Assert.That(ScoreProgram.Run(args).Output, Does.Contain("video-mme: 2 questions about 1 videos"));
        var first = File.ReadAllText(folder.File("new/eval.json"));
        Assert.That(ScoreProgram.Run(args).ExitCode, Is.Zero);
        Assert.That(WithoutDate(File.ReadAllText(folder.File("new/eval.json"))), Is.EqualTo(WithoutDate(first)), "nothing was asked, so times are the records'");

        File.Copy(Path.Combine(videos, "clip.mp4"), Path.Combine(videos, "gone.mp4"));
        var run = ScoreProgram.Run(args);

        Assert.That(run.Output, Does.Contain("video-mme: 3 questions about 2 videos"), run.Error);

        static string WithoutDate(string json) => Regex.Replace(json, "\"date\": \"[^\"]*\"", "");
    }

    [Test]
    public void Eval_BenchmarkWithoutAnyVideo_FailsBeforeTheOthersAreRun()
    {
        using var folder = new TemporaryFolder();
        WriteBenchmarks(folder.Path);
        File.Delete(folder.File("lvbench/videos/clip.mp4"));
        var model = new FakeVideoModel();

        var run = ScoreProgram.Run(model, CancellationToken.None, "eval", "--benchmark", "video-mme,lvbench", "--data", folder.Path, "--compressors", "random");

        Assert.That((run.ExitCode, model.Encoded), Is.EqualTo((1, 0)));
        Assert.That(run.Error, Does.Contain("None of the 1 videos of lvbench is there ('clip' ...)"));
    }

    [TestCase("--json")]
    [TestCase("--records")]
    public void Eval_FolderForAFile_FailsBeforeTheWork(string option)
    {
        using var folder = new TemporaryFolder();
        var model = new FakeVideoModel();

        var run = ScoreProgram.Run(model, CancellationToken.None, "eval", "--videos", "1", "--lengths", "short", "--compressors", "random", option, folder.Path);

        Assert.That((run.ExitCode, model.Encoded), Is.EqualTo((1, 0)));
        Assert.That(run.Error, Does.Contain("is a folder"));
    }

    [TestCase("--annotations", "lvbench")]
    [TestCase("--annotations", "elsewhere=x.json")]
    [TestCase("--benchmark", "lvbench,lvbench")]
    [TestCase("--benchmark", "imagenet")]
    [TestCase("--tokens", "0")]
    [TestCase("--preset", "paper-table6")]
    public void Eval_WrongUsage_IsRefused(string option, string value) =>
        Assert.That(ScoreProgram.Run("eval", option, value).ExitCode, Is.EqualTo(2));

    private static void WriteBenchmarks(string data)
    {
        Write("video-mme", "annotations.json", """
            [
              { "video_id": "001", "duration": "short", "domain": "Knowledge", "sub_category": "Law", "videoID": "clip", "question_id": "001-1",
                "task_type": "Counting Problem", "question": "How many kites fly?", "options": ["A. One.", "B. Two.", "C. Three.", "D. Four."], "answer": "C" },
              { "video_id": "001", "duration": "short", "domain": "Knowledge", "sub_category": "Law", "videoID": "clip", "question_id": "001-2",
                "task_type": "OCR Problems", "question": "What does the sign say?", "options": ["A. Stop.", "B. Go.", "C. Wait.", "D. Turn."], "answer": "A" },
              { "video_id": "002", "duration": "long", "domain": "Knowledge", "sub_category": "Law", "videoID": "gone", "question_id": "002-1",
                "task_type": "OCR Problems", "question": "Who is there?", "options": ["A. Ann.", "B. Bob.", "C. Cy.", "D. Di."], "answer": "A" },
              { "video_id": "003", "duration": "long", "domain": "Knowledge", "sub_category": "Law", "videoID": "torn", "question_id": "003-1",
                "task_type": "OCR Problems", "question": "Who is there?", "options": ["A. Ann.", "B. Bob.", "C. Cy.", "D. Di."], "answer": "A" },
            ]
            """);
        File.WriteAllText(Path.Combine(data, "video-mme", "videos", "torn.mp4"), "no video");
        Write("lvbench", "annotations.jsonl", """{"key": "clip", "type": "cartoon", "qa": [{"uid": "55", "question": "What year is shown?\n(A) 1636\n(B) 1366\n(C) 1363\n(D) 1633", "answer": "D", "question_type": ["summarization"], "time_reference": "00:05-None"}], "video_info": {"duration_minutes": 61.1}}""");
        Write("mlvu-dev", "annotations.json", """[{ "video": "clip.mp4", "duration": 480, "question": "What colour is the kite?", "candidates": ["Red", "Blue", "Green", "Black"], "answer": "Blue", "question_type": "plotQA" }]""");

        void Write(string benchmark, string file, string text)
        {
            Directory.CreateDirectory(Path.Combine(data, benchmark, "videos"));
            File.WriteAllText(Path.Combine(data, benchmark, file), text);
            FFmpegProgram.Run("-f", "lavfi", "-i", "testsrc=size=48x48:rate=4:duration=4", "-c:v", "mpeg4", Path.Combine(data, benchmark, "videos", "clip.mp4"));
        }
    }
}
