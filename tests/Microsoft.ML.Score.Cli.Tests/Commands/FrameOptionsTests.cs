using Microsoft.ML.Score.Models;

namespace Score.Cli.Commands;

/// <summary>What the options of frames make of the command line, for every command that has them.</summary>
[TestFixture]
public class FrameOptionsTests
{
    private const string All = " --max-frames 8 --min-frames 6 --frames-per-second 1.5 --min-pixels 300 --max-pixels 500";

    [TestCase("answer synthetic:test-short-0 --question What?")]
    [TestCase("compress synthetic:test-short-0")]
    [TestCase("train --data synthetic --output OUT")]
    [TestCase("eval")]
    public void Options_OfAQwenCheckpoint_ReachItsLoading(string line)
    {
        using var checkpoint = new RandomCheckpoint();

        var (_, options) = Run($"{line} --model CHECKPOINT{All}", checkpoint.Folder);
        var (_, counted) = Run($"{line} --model CHECKPOINT --frame-count 5", checkpoint.Folder);
        var (_, defaults) = Run($"{line} --model CHECKPOINT --max-frames 0", checkpoint.Folder);

        Assert.That(options?.QwenVideo, Is.EqualTo(new QwenVideoOptions { MaxFrames = 8, MinFrames = 6, FramesPerSecond = 1.5, MinPixels = 300, MaxPixels = 500 }));
        Assert.That(counted?.QwenVideo, Is.EqualTo(new QwenVideoOptions { FrameCount = 5 }));
        Assert.That((defaults?.QwenVideo, defaults?.LlavaVideo.MaxFrames), Is.EqualTo(((QwenVideoOptions?)new QwenVideoOptions(), (int?)64)));
    }

    [TestCase("compress synthetic:test-short-0")]
    [TestCase("train --data synthetic --output OUT")]
    public void Options_OfALlavaCheckpoint_AreTheMostFramesAlone(string line)
    {
        using var checkpoint = new RandomLlavaCheckpoint();

        var (_, options) = Run($"{line} --model CHECKPOINT --max-frames 1", checkpoint.Folder);
        Assert.That(options?.LlavaVideo.MaxFrames, Is.EqualTo(1));
        foreach (var option in (string[])["--min-frames 4", "--frames-per-second 1", "--frame-count 4", "--min-pixels 100", "--max-pixels 1000"])
        {
            var (error, none) = Run($"{line} --model CHECKPOINT {option}", checkpoint.Folder);
            Assert.That(none, Is.Null);
            Assert.That(error, Does.StartWith($"2 score: {option.Split(' ')[0]} is for Qwen2.5-VL and Qwen3-VL, and '{checkpoint.Folder}' is a LLaVA-Video checkpoint"));
        }
    }

    [TestCase("--max-frames must be at least 2 for Qwen2.5-VL", "--max-frames 1")]
    [TestCase("--frame-count must be at least 2 for Qwen2.5-VL", "--frame-count 1")]
    [TestCase("--frames-per-second cannot be combined with --frame-count", "--frame-count 4 --frames-per-second 2")]
    [TestCase("--min-frames cannot be combined with --frame-count", "--frame-count 4 --min-frames 2")]
    [TestCase("--max-frames cannot be combined with --frame-count", "--frame-count 4 --max-frames 2")]
    [TestCase("--min-frames 9 is more than --max-frames 8.", "--min-frames 9 --max-frames 8")]
    [TestCase("--min-pixels 500.5 is more than --max-pixels 400.", "--min-pixels 500.5 --max-pixels 400")]
    [TestCase("--min-frames must be a whole number of at least 1, got '0'.", "--min-frames 0")]
    [TestCase("--frame-count must be a whole number of at least 1, got '0'.", "--frame-count 0")]
    [TestCase("--frames-per-second must be a positive number, got '0'.", "--frames-per-second 0")]
    [TestCase("--min-pixels must be a positive number, got '0'.", "--min-pixels 0")]
    [TestCase("--max-pixels must be a positive number, got '-1'.", "--max-pixels -1")]
    public void Options_ThatContradictOrAreOutOfRange_AreWrongUsage(string message, string options)
    {
        foreach (var line in (string[])["answer synthetic:test-short-0 --question What?", "compress synthetic:test-short-0", "train --data synthetic --output OUT", "eval"])
        {
            var (error, none) = Run($"{line} {options}", "tiny");

            Assert.That(none, Is.Null);
            Assert.That(error, Does.StartWith($"2 score: {message}"), line);
        }
    }

    /// <summary>Tokens made with other frames or sizes are other tokens: each way of making them has files of its own, and finds them again.</summary>
    [Test]
    public void Train_OtherFramesOrPixels_KeepsFeaturesApart()
    {
        using var checkpoint = new RandomCheckpoint();
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder.File("rows.jsonl"), ["""{"video": "synthetic:policytraining-short-0", "caption": "A red circle."}"""]);

        int[] files = [.. new[] { "", "--max-frames 4", "--max-pixels 400", "--min-pixels 6000", "--frames-per-second 1", "--frame-count 4", "--min-frames 20", "--max-frames 4", "--max-frames 0" }.Select((options, index) =>
        {
            var (output, error) = (new StringWriter(), new StringWriter());
            string[] args =
            [
                "train", "--data", folder.File("rows.jsonl"), "--model", checkpoint.Folder, "--features", folder.File("features"), "--warm-up-steps", "0", "--main-steps", "1", "--batch-size", "1",
                "--rollouts", "1", "--output", folder.File($"{index}.safetensors"), .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries),
            ];
            Assert.That(Program.RunAsync(args, VideoModel.Load, output, error).GetAwaiter().GetResult(), Is.Zero, error.ToString());
            return Directory.GetFiles(folder.File("features"), "*.safetensors", SearchOption.AllDirectories).Length;
        })];

        Assert.That(files, Is.EqualTo(new[] { 1, 2, 3, 4, 5, 6, 7, 7, 7 }));
        // A policy of some frames refuses the tokens of others, and a dry run does not see that.
        var (refused, said) = (new StringWriter(), new StringWriter());
        var exitCode = Program.RunAsync(["compress", "synthetic:test-short-0", "--model", checkpoint.Folder, "--policy", folder.File("1.safetensors")], VideoModel.Load, refused, said).GetAwaiter().GetResult();
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(said.ToString(), Does.Contain("the same model, loaded with other options of frame sampling or size"));
    }

    /// <summary>Runs a command up to the loading of its model.</summary>
    private static (string Error, VideoModelOptions? Options) Run(string line, string checkpoint)
    {
        using var folder = new TemporaryFolder();
        VideoModelOptions? seen = null;
        var error = new StringWriter();
        string[] args = [.. line.Split(' ').Select(word => word switch { "CHECKPOINT" => checkpoint, "OUT" => folder.File("policy.safetensors"), _ => word })];
        var exitCode = Program.RunAsync(args, Load, TextWriter.Null, error, CancellationToken.None).GetAwaiter().GetResult();
        return ($"{exitCode} {error}", seen);

        IVideoLanguageModel Load(string source, VideoModelOptions options)
        {
            seen = options;
            throw new InvalidDataException("seen enough");
        }
    }
}
