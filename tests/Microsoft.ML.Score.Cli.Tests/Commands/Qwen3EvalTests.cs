using System.Text.Json;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;

namespace Score.Cli.Commands;

/// <summary><c>score eval</c> on the folder of a small random Qwen3-VL, with everything that <c>--compressors</c> names.</summary>
[TestFixture]
public sealed class Qwen3EvalTests
{
    /// <summary>
    /// Whose count follows from the grid and the ratio. A short clip's 16 frames of 48x48 are beyond the checkpoint's most pixels and become 32x32: 8 steps
    /// of 16 tokens. A quarter is 32 of 128, two whole steps, or 4 of each step; DyCoke's later codes leave a third step whole, and the port prunes the
    /// five others to 4 tokens.
    /// </summary>
    private static readonly Dictionary<string, int> s_counts = new()
    {
        ["score"] = 32,
        ["untrained"] = 32,
        ["random"] = 32,
        ["jittered"] = 32,
        ["uniform"] = 32,
        ["residual"] = 32,
        ["evs"] = 32,
        ["evs-vllm"] = 32,
        ["frame-drop"] = 2 * 16,
        ["dycoke"] = 2 * 16,
        ["dycoke-official"] = 3 * 16,
        ["dycoke-port"] = 3 * 16 + 5 * 4,
        ["vidcom2-vllm"] = 32,
        ["fastvid-onevision"] = 8 * 4,
        ["low-resolution"] = 8 * 4,
        ["ablation"] = 32,
    };

    [Test]
    public void Eval_EveryCompressor_ServesAndResumes()
    {
        using var checkpoint = new RandomQwen3Checkpoint();
        using var folder = new TemporaryFolder();
        var encoder = EncoderOf(checkpoint.Folder);
        PolicyNetwork.Initialize(RandomQwen3Checkpoint.Hidden, seed: 3, encoderFingerprint: encoder).Save(folder.File("policy.safetensors"));
        PolicyNetwork.Initialize(RandomQwen3Checkpoint.Hidden, useResidual: false, seed: 4, encoderFingerprint: encoder).Save(folder.File("ablation.safetensors"));
        string[] words = [.. CompressionMethod.All.Select(method => method.Word), "low-resolution", "ablation"];
        string[] args =
        [
            "eval", "--model", checkpoint.Folder, "--videos", "1", "--lengths", "short", "--ratios", "0.25", "--compressors", string.Join(",", words),
            "--policy", folder.File("policy.safetensors"), "--ablation-policy", folder.File("ablation.safetensors"), "--records", folder.File("records.jsonl"), "--json", "-",
        ];

        var run = Eval(args);
        var recorded = File.ReadAllText(folder.File("records.jsonl"));
        var resumed = Eval(args);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        // Progress comes after a while; warnings and faults never.
        Assert.That(run.Error, Does.Not.Contain("score:"));
        using var document = JsonDocument.Parse(run.Output);
        var systems = document.RootElement.GetProperty("systems").EnumerateArray().ToArray();
        Assert.That(systems.Select(system => system.GetProperty("name").GetString()), Is.EqualTo(
            ["all tokens", .. CompressionMethod.All.Select(method => method.Name), "low resolution", "SCORE (ablation)"]));
        var tokens = words.Zip(systems.Skip(1), (word, system) => (word, count: system.GetProperty("tokens").GetDouble())).ToDictionary(pair => pair.word, pair => pair.count);
        Assert.That(systems[0].GetProperty("tokens").GetDouble(), Is.EqualTo(128));
        Assert.That(s_counts.Select(expected => (expected.Key, tokens[expected.Key])), Is.EqualTo(s_counts.Select(expected => (expected.Key, (double)expected.Value))));
        // The others stop short of the budget or round step by step: no more than a token a step beside it.
        Assert.That(tokens.Where(pair => !s_counts.ContainsKey(pair.Key)).Select(pair => pair.Value), Has.Exactly(6).Items.And.All.InRange(1, 32 + 8));
        using var again = JsonDocument.Parse(resumed.Output);
        Assert.That(resumed.ExitCode, Is.Zero);
        Assert.That(Results(again), Is.EqualTo(Results(document)));
        Assert.That(File.ReadAllText(folder.File("records.jsonl")), Is.EqualTo(recorded), "nothing was asked again");
    }

    /// <summary>All about each system but its times.</summary>
    private static string[] Results(JsonDocument document) =>
        [.. document.RootElement.GetProperty("systems").EnumerateArray().SelectMany(system => system.EnumerateObject()).Where(part => part.Name != "measured").Select(part => part.ToString())];

    private static string EncoderOf(string checkpoint)
    {
        using var model = VideoModel.Load(checkpoint);
        return model.Info.EncoderFingerprint;
    }

    private static ScoreProgram Eval(string[] args)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exitCode = Program.RunAsync(args, VideoModel.Load, output, error).GetAwaiter().GetResult();
        return new ScoreProgram(exitCode, output.ToString(), error.ToString());
    }
}
