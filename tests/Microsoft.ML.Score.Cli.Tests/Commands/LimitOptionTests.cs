using System.Text.Json;
using Microsoft.ML.Score.Policy;

namespace Score.Cli.Commands;

/// <summary>The first rows and questions alone, in the commands that read them from files.</summary>
[TestFixture]
public class LimitOptionTests
{
    [Test]
    public void Train_Limit_TrainsOnTheFirstRowsOfData()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder.File("rows.jsonl"), Enumerable.Range(0, 4).Select(index => $$"""{"video": "synthetic:policytraining-short-{{index}}", "caption": "A red circle."}""").Append("damage that is not reached"));
        var model = new FakeVideoModel();

        var run = ScoreProgram.Run(model, default, "train", "--data", folder.File("rows.jsonl"), "--limit", "2", "--features", "none", "--warm-up-steps", "0", "--main-steps", "2", "--batch-size", "3",
            "--output", folder.File("p.safetensors"));

        Assert.That((run.ExitCode, model.Encoded), Is.EqualTo((0, 2)), run.Error);
        Assert.That(PolicyNetwork.Load(folder.File("p.safetensors")).Provenance!.Rows, Is.EqualTo(2));
    }

    [Test]
    public void Annotate_Limit_AsksAboutTheFirstRows()
    {
        FFmpegProgram.Require();
        using var folder = new TemporaryFolder();
        using var server = new TeacherServer((_, prompt) => TeacherAnswer.Caption("Dense."));
        File.WriteAllLines(folder.File("rows.jsonl"), Enumerable.Range(0, 5).Select(index => $$"""{"video": "synthetic:test-image-{{index}}", "caption": "A circle."}"""));

        var run = ScoreProgram.Run("annotate", "--data", folder.File("rows.jsonl"), "--output", folder.File("out.jsonl"), "--endpoint", server.Endpoint.ToString(), "--model", "m", "--limit", "3", "--json");

        using var counts = JsonDocument.Parse(run.Output);
        Assert.That((run.ExitCode, counts.RootElement.GetProperty("annotated").GetInt32(), server.Prompts.Count), Is.EqualTo((0, 3, 3)), run.Error);
    }

    /// <summary>Three videos of two questions; three questions are the first video's and one of the second's. Records of another number are not gone on from.</summary>
    [Test]
    public void Eval_Limit_AsksTheFirstQuestions()
    {
        FFmpegProgram.Require();
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("videos"));
        foreach (var video in (string[])["a", "b", "c"])
            FFmpegProgram.WriteCounting(folder.File("videos"), frames: 12, $"{video}.avi");
        File.WriteAllLines(folder.File("rows.jsonl"), new[] { "a", "b", "c" }.Select((video, index) =>
            $$"""{"key": "{{video}}", "type": "tv", "qa": [{{Question(2 * index)}}, {{Question(2 * index + 1)}}]}"""));
        string[] Command(int limit) =>
        [
            "eval", "--benchmark", "lvbench", "--annotations", $"lvbench={folder.File("rows.jsonl")}", "--video-folder", $"lvbench={folder.File("videos")}", "--limit", $"{limit}",
            "--compressors", "random", "--ratios", "0.5", "--records", folder.File("records.jsonl"),
        ];

        var run = ScoreProgram.Run([.. Command(3), "--json", "-"]);
        var plan = ScoreProgram.Run([.. Command(3), "--dry-run", "--json", "-"]);
        var other = ScoreProgram.Run(Command(4));

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That((Records("question"), Records("video")), Is.EqualTo((3 * 2, 2 * 2)), "under all tokens and under random");
        using var counts = JsonDocument.Parse(plan.Output);
        Assert.That((counts.RootElement.GetProperty("counts").GetProperty("videos").GetInt32(), counts.RootElement.GetProperty("counts").GetProperty("questions").GetInt32()), Is.EqualTo((2, 3)));
        Assert.That(other.ExitCode, Is.EqualTo(1));
        Assert.That(other.Error, Does.Contain("first 3 questions"));

        int Records(string kind) => File.ReadLines(folder.File("records.jsonl")).Count(line => line.StartsWith($"{{\"kind\":\"{kind}\"", StringComparison.Ordinal));

        static string Question(int id) => $$"""{"uid": {{id}}, "question": "q?\n(A) a\n(B) b", "answer": "B", "question_type": ["s"], "time_reference": "0"}""";
    }

    [TestCase("eval --limit 5", "--limit is for benchmarks of annotated videos, and the synthetic one has --videos and --lengths")]
    [TestCase("train --data synthetic --output p.safetensors --limit 5", "--limit takes the first rows of a file, and --data is synthetic")]
    [TestCase("train --data rows.jsonl --output p.safetensors --limit 0", "--limit must be a whole number of at least 1, got '0'.")]
    [TestCase("annotate --data x --output y --endpoint http://localhost:1/v1 --model m --limit 0", "--limit must be a whole number of at least 1, got '0'.")]
    [TestCase("eval --benchmark lvbench --limit -1", "--limit must be a whole number of at least 1, got '-1'.")]
    public void Limit_ThatIsIdleOrOutOfRange_IsWrongUsage(string line, string message)
    {
        var run = ScoreProgram.Run(line.Split(' '));

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.StartWith($"score: {message}"));
    }
}
