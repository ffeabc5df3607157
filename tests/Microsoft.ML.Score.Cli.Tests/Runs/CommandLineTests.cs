using System.Text.Json;
using Microsoft.ML.Score.Models;

namespace Score.Cli.Runs;

[TestFixture]
public class CommandLineTests
{
    private const string Small = "\"data\": \"synthetic\", \"synthetic-images\": 6, \"synthetic-videos\": 4, \"synthetic-validation\": 2, \"warm-up-steps\": 2, \"main-steps\": 2, \"batch-size\": 2";

    private static readonly string[] s_small = ["--data", "synthetic", "--synthetic-images", "6", "--synthetic-videos", "4", "--synthetic-validation", "2", "--warm-up-steps", "2", "--main-steps", "2", "--batch-size", "2"];

    /// <summary>Two trainings of one file are two trainings, to the byte; what a run says itself wins over what they share.</summary>
    [Test]
    public void Runs_OfATraining_GiveTheBytesOfTheSeparateCommands()
    {
        using var folder = new TemporaryFolder();
        var config = Write(folder, $$"""
            {
              {{Small}}, "seed": 5, "without-residual": true,
              "runs": [
                {"output": {{Text(folder.File("a.safetensors"))}}, "metrics": {{Text(folder.File("a.jsonl"))}}},
                {"output": {{Text(folder.File("b.safetensors"))}}, "seed": 7, "without-residual": false}
              ]
            }
            """);

        var runs = ScoreProgram.Run("train", "--config", config);
        var first = ScoreProgram.Run(["train", .. s_small, "--seed", "5", "--without-residual", "--output", folder.File("c.safetensors")]);
        var second = ScoreProgram.Run(["train", .. s_small, "--seed", "7", "--output", folder.File("d.safetensors")]);

        Assert.That((runs.ExitCode, first.ExitCode, second.ExitCode), Is.EqualTo((0, 0, 0)), runs.Error);
        Assert.That(File.ReadAllBytes(folder.File("a.safetensors")), Is.EqualTo(File.ReadAllBytes(folder.File("c.safetensors"))));
        Assert.That(File.ReadAllBytes(folder.File("b.safetensors")), Is.EqualTo(File.ReadAllBytes(folder.File("d.safetensors"))));
        Assert.That(File.ReadAllBytes(folder.File("a.safetensors")), Is.Not.EqualTo(File.ReadAllBytes(folder.File("b.safetensors"))));
        Assert.That(File.Exists(folder.File("a.jsonl")));
    }

    [Test]
    public void Run_OptionOfTheCommandLineToo_IsTheCommandLines()
    {
        using var folder = new TemporaryFolder();
        var config = Write(folder, """{"video": ["synthetic:test-short-0", "synthetic:test-short-1"], "ratio": 0.5, "json": true}""");

        var run = Run("compress", "--ratio", "0.25", "synthetic:test-short-2", "--config", config);
        var words = Run("compress", "synthetic:test-short-2", "--ratio=0.25", "--json");

        Assert.That((run.ExitCode, words.ExitCode, run.Output), Is.EqualTo((0, 0, words.Output)), run.Error);
    }

    /// <summary>Before the first run, so that no result is lost.</summary>
    [TestCase("compress", """{"video": "synthetic:test-short-0", "runs": [{"report": "same.html"}, {"report": "./same.html", "ratio": 0.5}]}""", "run 2 of 2: --report names the file of --report of run 1 of 2")]
    [TestCase("compress", """{"video": "synthetic:test-short-0", "runs": [{"output": "kept"}, {"output": "kept/", "ratio": 0.5}]}""", "run 2 of 2: --output names the file of --output of run 1 of 2")]
    [TestCase("eval", """{"videos": 1, "json": "same.json", "runs": [{"ratios": 0.5}, {"ratios": 0.1}]}""", "run 2 of 2: --json names the file of --json of run 1 of 2")]
    [TestCase("train", """{"data": "synthetic", "runs": [{"output": "same.safetensors"}, {"output": "same.safetensors", "seed": 2}]}""", "run 2 of 2: --output names the file of --output of run 1 of 2")]
    public void Runs_ThatWriteOneFile_AreWrongUsage(string command, string json, string message)
    {
        using var folder = new TemporaryFolder();

        var run = ScoreProgram.Run(command, "--config", Write(folder, json));

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.StartWith($"score: {message}"));
    }

    [Test]
    public void Runs_ThatShareAFolderAndNoFile_AreRun()
    {
        using var folder = new TemporaryFolder();
        var config = Write(folder, $$"""{"output": {{Text(folder.File("kept"))}}, "json": true, "runs": [{"video": "synthetic:test-short-0"}, {"video": "synthetic:test-short-1"}, {"video": "synthetic:test-short-0", "format": "tokens"}]}""");

        var run = Run("compress", "--config", config);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(Directory.GetFiles(folder.File("kept")), Has.Length.EqualTo(3));
    }

    /// <summary>The rules are those of the command line, and say where the value stands.</summary>
    [TestCase("compress", """{"video": "synthetic:test-short-0", "ratio": 5}""", "score: --ratio must be a number above 0 and at most 1, got '5'. ('ratio' is at RUN, line 1, column 37)")]
    [TestCase("compress", """{"video": "synthetic:test-short"}""", "score: 'synthetic:test-short' names no synthetic clip")]
    [TestCase("compress", """{"video": "synthetic:test-short"}""", "('video' is at RUN, line 1, column 2)")]
    [TestCase("compress", """{"ratio": 0.1}""", "score: Required argument 'video' missing for command: 'compress'.")]
    [TestCase("answer", """{"video": "synthetic:test-short-0", "question": "What?", "top-p": 0.5}""", "score: --top-p cannot be combined with --temperature 0, which always takes the likeliest token; give a --temperature above 0. ('top-p' is at RUN, line 1, column 58)")]
    [TestCase("answer", """{"video": "synthetic:test-short-0", "question": ""}""", "score: --question must be a question, got ''. ('question' is at RUN, line 1, column 37)")]
    [TestCase("eval", """{"lengths": ["short", "huge"]}""", "score: --lengths must be a list of lengths (short, medium, long), got 'huge'. ('lengths' is at RUN, line 1, column 2)")]
    [TestCase("eval", """{"ratios": [0.1, 0.1]}""", "score: --ratios lists '0.1' twice. ('ratios' is at RUN, line 1, column 2)")]
    [TestCase("eval", """{"compressors": "ablation"}""", "score: --compressors: ablation needs the policy to compare with; name it with --ablation-policy. ('compressors' is at RUN, line 1, column 2)")]
    [TestCase("eval", """{"benchmark": ["lvbench", "mlvu-dev"], "prompt": ["lvbench=x", "video-mme=y"]}""", "--prompt is given for video-mme, which is not run")]
    [TestCase("train", """{"data": "synthetic", "output": "policy.txt"}""", "('output' is at RUN, line 1, column 23)")]
    [TestCase("annotate", """{"data": "x", "output": "y", "endpoint": "nowhere", "model": "m"}""", "score: --endpoint must be an http or https address")]
    public void Run_ValueThatTheCommandRefuses_IsToldWithItsPlace(string command, string json, string message)
    {
        using var folder = new TemporaryFolder();
        var config = Write(folder, json);

        var run = ScoreProgram.Run(command, "--config", config);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error.Replace(config, "RUN", StringComparison.Ordinal), Does.Contain(message));
    }

    [Test]
    public void Runs_OfWhichOneIsWrong_AreNotBegun()
    {
        using var folder = new TemporaryFolder();
        var config = Write(folder, $$"""{"video": "synthetic:test-short-0", "runs": [{"output": {{Text(folder.File("kept"))}}}, {"ratio": 2}, {"format": "tokens"}]}""");
        var model = new FakeVideoModel();

        var run = ScoreProgram.Run(model, default, "compress", "--config", config);

        Assert.That((run.ExitCode, run.Output, model.Encoded, Directory.Exists(folder.File("kept"))), Is.EqualTo((2, "", 0, false)));
        var lines = run.Error.TrimEnd().Split(Environment.NewLine);
        Assert.That(lines, Has.Length.EqualTo(2));
        Assert.That(lines[0], Does.StartWith("score: run 2 of 3: --ratio must be a number above 0 and at most 1, got '2'. ('ratio' is at "));
        Assert.That(lines[1], Does.StartWith("score: run 3 of 3: --format says what --output writes"));
    }

    [Test]
    public void Runs_OfWhichOneFails_EndThereAndSayWhich()
    {
        using var folder = new TemporaryFolder();
        var config = Write(folder, $$"""{"json": true, "runs": [{"video": "synthetic:test-short-0"}, {"video": {{Text(folder.File("none.mp4"))}}}, {"video": "synthetic:test-short-1"}]}""");

        var run = Run("compress", "--config", config);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, Run("compress", "synthetic:test-short-0", "--json").Output)));
        var lines = run.Error.TrimEnd().Split(Environment.NewLine);
        Assert.That(lines[0], Does.StartWith($"score: run 2 of 3: There is no video file '{folder.File("none.mp4")}'. ('video' is at ").And.EndsWith("run.json, line 1, column 63)"));
        Assert.That(lines[1], Is.EqualTo("score: run 2 of 3 ended with exit code 1; 1 after it were not begun."));
    }

    [Test]
    public void Config_GivenTwiceOrEmptyOrBesideHelp_IsLeftToTheCommandLine()
    {
        var (twice, empty, help) = (
            ScoreProgram.Run("compress", "--config", "a.json", "--config", "b.json", "synthetic:test-short-0"),
            ScoreProgram.Run("compress", "--config", "", "synthetic:test-short-0"),
            ScoreProgram.Run("compress", "--config", "none.json", "--help"));

        Assert.That((twice.ExitCode, empty.ExitCode, help.ExitCode), Is.EqualTo((2, 2, 0)));
        Assert.That(twice.Error, Does.Contain("Option '--config' expects a single argument but 2 were provided."));
        Assert.That(empty.Error, Does.Contain("--config must not be empty"));
        Assert.That(help.Output, Does.Contain("--config <config>"));
    }

    [TestCase("train", true)]
    [TestCase("annotate", true)]
    [TestCase("compress", true)]
    [TestCase("answer", true)]
    [TestCase("eval", true)]
    [TestCase("model", false)]
    [TestCase("download", false)]
    [TestCase("policy", false)]
    public void Config_OfEveryCommandThatWorks_IsInItsHelp(string command, bool has) =>
        Assert.That(ScoreProgram.Run(command, "--help").Output, has ? Does.Contain("--config <config>") : Does.Not.Contain("--config"));

    /// <summary>With the embedded model, which brings a policy.</summary>
    private static ScoreProgram Run(params string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exitCode = Program.RunAsync(args, VideoModel.Load, output, error).GetAwaiter().GetResult();
        return new ScoreProgram(exitCode, output.ToString(), error.ToString());
    }

    private static string Write(TemporaryFolder folder, string json)
    {
        File.WriteAllText(folder.File("run.json"), json);
        return folder.File("run.json");
    }

    private static string Text(string path) => JsonSerializer.Serialize(path);
}
