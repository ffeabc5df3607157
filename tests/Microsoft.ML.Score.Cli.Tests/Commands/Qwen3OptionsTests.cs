using Microsoft.ML.Score.Models;

namespace Score.Cli.Commands;

/// <summary>What the options of Qwen3-VL make of the command line, for every command that has them.</summary>
[TestFixture]
public class Qwen3OptionsTests
{
    [TestCase("answer synthetic:test-short-0 --question What? --model CHECKPOINT --frame-rules qwen-vl-utils --outer-markers", Qwen3VLFrameRules.QwenVLUtils, true, false)]
    [TestCase("answer synthetic:test-short-0 --question What? --model CHECKPOINT", Qwen3VLFrameRules.HuggingFace, false, false)]
    [TestCase("compress synthetic:test-short-0 --model CHECKPOINT --frame-rules qwen-vl-utils", Qwen3VLFrameRules.QwenVLUtils, false, false)]
    [TestCase("train --data synthetic --output OUT --model CHECKPOINT --frame-rules hugging-face --drop-empty-steps", Qwen3VLFrameRules.HuggingFace, false, true)]
    [TestCase("eval --model CHECKPOINT --frame-rules qwen-vl-utils --outer-markers --drop-empty-steps", Qwen3VLFrameRules.QwenVLUtils, true, true)]
    public void Options_OfAQwen3Checkpoint_ReachItsLoading(string line, Qwen3VLFrameRules frameRules, bool outerMarkers, bool dropEmptySteps)
    {
        using var checkpoint = new RandomQwen3Checkpoint();

        var (_, options) = Run(line, checkpoint.Folder);

        Assert.That((options?.FrameRules, options?.OuterMarkers, options?.DropEmptySteps), Is.EqualTo(((Qwen3VLFrameRules?)frameRules, (bool?)outerMarkers, (bool?)dropEmptySteps)));
    }

    [TestCase("--frame-rules", "answer synthetic:test-short-0 --question What? --model CHECKPOINT --frame-rules hugging-face")]
    [TestCase("--frame-rules", "compress synthetic:test-short-0 --model CHECKPOINT --frame-rules qwen-vl-utils")]
    [TestCase("--outer-markers", "train --data synthetic --output OUT --model CHECKPOINT --outer-markers")]
    [TestCase("--drop-empty-steps", "eval --model CHECKPOINT --drop-empty-steps")]
    public void Options_OfAnotherCheckpoint_FailBeforeItIsLoaded(string option, string line)
    {
        using var checkpoint = new RandomCheckpoint();

        var (error, options) = Run(line, checkpoint.Folder);

        Assert.That(options, Is.Null);
        Assert.That(error, Does.StartWith($"1 score: {option} is for Qwen3-VL, and '{checkpoint.Folder}' is a Qwen2.5-VL checkpoint."));
    }

    /// <summary>Answers depend on the prompt's form, so what was recorded with another is not gone on from.</summary>
    [Test]
    public void Eval_RecordsOfAnotherPromptForm_AreRefused()
    {
        using var checkpoint = new RandomQwen3Checkpoint();
        using var folder = new TemporaryFolder();
        string[] line = ["eval", "--model", checkpoint.Folder, "--videos", "1", "--lengths", "short", "--compressors", "random", "--ratios", "0.5", "--records", folder.File("records.jsonl")];

        var first = ScoreProgram.Run([.. line, "--outer-markers"]);
        var again = ScoreProgram.Run([.. line, "--outer-markers"]);
        var other = ScoreProgram.Run(line);

        Assert.That((first.ExitCode, again.ExitCode, other.ExitCode), Is.EqualTo((0, 0, 1)), first.Error + again.Error);
        Assert.That(other.Error, Does.Contain("outer markers"));
    }

    /// <summary>Runs a command up to the loading of its model.</summary>
    private static (string Error, Qwen3VLOptions? Options) Run(string line, string checkpoint)
    {
        using var folder = new TemporaryFolder();
        Qwen3VLOptions? seen = null;
        var error = new StringWriter();
        string[] args = [.. line.Split(' ').Select(word => word switch { "CHECKPOINT" => checkpoint, "OUT" => folder.File("policy.safetensors"), _ => word })];
        var exitCode = Program.RunAsync(args, Load, TextWriter.Null, error, CancellationToken.None).GetAwaiter().GetResult();
        return ($"{exitCode} {error}", seen);

        IVideoLanguageModel Load(string source, VideoModelOptions options)
        {
            seen = options.Qwen3VL;
            throw new InvalidDataException("seen enough");
        }
    }
}
