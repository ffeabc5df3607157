using System.Text.Json;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;

namespace Score.Cli.Plans;

/// <summary>Every command that has <c>--dry-run</c>: it loads nothing, writes nothing, and refuses what the command would.</summary>
[TestFixture]
public class DryRunTests
{
    [TestCase("compress synthetic:test-short-0 --output OUT/kept --dry-run")]
    [TestCase("answer synthetic:test-short-0 --question What? --dry-run")]
    [TestCase("eval --videos 1 --lengths short --records OUT/records.jsonl --json OUT/eval.json --dry-run --flops 100e12")]
    [TestCase("train --data synthetic --synthetic-images 4 --synthetic-videos 4 --synthetic-validation 2 --output OUT/new/policy.safetensors --metrics OUT/m.jsonl --features OUT/features --dry-run")]
    [TestCase("train --data synthetic --output OUT/pipeline.zip --checkpoint OUT/checkpoint --dry-run --quiet")]
    public void DryRun_OfACommand_LoadsAndWritesNothing(string line)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("policy.safetensors.ffff.tmp"), "of a run that was killed");
        var before = Listing(folder);

        var run = Run(line, folder);

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Output, Does.StartWith("dry run of score ").And.Contain("no weights were loaded, nothing was written").And.Contain("model: tiny, Qwen2.5-VL"));
        Assert.That(Listing(folder), Is.EqualTo(before));
    }

    [TestCase("compress none.mp4 --dry-run", 1, "There is no video file 'none.mp4'.")]
    [TestCase("compress synthetic:test-short-0 --ratio 2 --dry-run", 2, "--ratio must be a number above 0 and at most 1, got '2'.")]
    [TestCase("compress synthetic:test-short-0 --policy none.safetensors --dry-run", 1, "--policy: there is no file 'none.safetensors'")]
    [TestCase("compress synthetic:test-short-0 --policy OUT/other.txt --dry-run", 1, "other.txt")]
    [TestCase("compress synthetic:test-short-0 --output OUT --dry-run", 1, "synthetic.mask.json' exists and is not a mask")]
    [TestCase("compress synthetic:test-short-0 --model none --dry-run", 1, "'none'")]
    [TestCase("compress synthetic:test-short-0 --memory 1e-6 --dry-run", 1, "of memory at least; the limit is")]
    [TestCase("compress synthetic:test-short-0 --flops 1e12", 2, "--flops says what --dry-run reckons with, and there is no --dry-run")]
    [TestCase("compress synthetic:test-short-0 --dry-run --flops 0", 2, "--flops must be a positive number, got '0'.")]
    [TestCase("answer none.mp4 --question What? --dry-run", 1, "There is no video file 'none.mp4'.")]
    [TestCase("answer synthetic:test-short-0 --question What? --policy none.safetensors --dry-run", 1, "--policy: there is no file")]
    [TestCase("eval --benchmark lvbench --data none --dry-run", 1, "lvbench")]
    [TestCase("eval --policy none.safetensors --dry-run", 1, "--policy: there is no file")]
    [TestCase("eval --json OUT/other.txt --dry-run", 1, "other.txt' exists and is not the results of an evaluation")]
    [TestCase("train --data none.jsonl --output OUT/p.safetensors --dry-run", 1, "There is no file 'none.jsonl' of training rows.")]
    [TestCase("train --data OUT/rows.jsonl --output OUT/p.safetensors --dry-run", 1, "line 1: There is no video file")]
    [TestCase("train --data synthetic --output OUT/done.safetensors --dry-run", 1, "done.safetensors' is there, of a training that has ended")]
    [TestCase("train --data synthetic --output OUT/p.safetensors --metrics OUT/p.safetensors --dry-run", 2, "--metrics names the file of --output")]
    [TestCase("train --data synthetic --output OUT/p.safetensors --checkpoint OUT/other.txt --dry-run", 1, "other.txt")]
    public void DryRun_WhatTheCommandWouldRefuse_IsRefused(string line, int exitCode, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("other.txt"), "not of score");
        File.WriteAllText(folder.File("test-short-0.mask.json"), "[]");
        File.WriteAllText(folder.File("rows.jsonl"), """{"video": "none.mp4", "caption": "A circle."}""");
        Directory.CreateDirectory(folder.File("checkpoint"));
        Assert.That(ScoreProgram.Run("train", "--data", "synthetic", "--synthetic-images", "2", "--synthetic-videos", "1", "--synthetic-validation", "1", "--warm-up-steps", "1", "--main-steps", "0",
            "--batch-size", "1", "--output", folder.File("done.safetensors")).ExitCode, Is.Zero);
        var before = Listing(folder);

        var run = Run(line, folder);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((exitCode, "")));
        Assert.That(run.Error, Does.Contain(message.Replace("synthetic.mask", "test-short-0.mask", StringComparison.Ordinal)));
        Assert.That(Listing(folder), Is.EqualTo(before));
    }

    /// <summary>Encoding is that of each video, and hours are operations by speed.</summary>
    [Test]
    public void Compress_TwoVideos_AddsUpWhatEachTakes()
    {
        using var folder = new TemporaryFolder();
        var description = VideoModel.Describe("tiny");
        var grids = new[] { VideoLength.Short, VideoLength.Medium }.Select(length => description.GridOf(SyntheticWorld.Generate(SyntheticSplit.Test, length, 0).Clip)).ToArray();

        using var plan = Json("compress synthetic:test-short-0 synthetic:test-medium-0 --ratio 0.25 --dry-run --flops 100e12 --json", folder);

        var root = plan.RootElement;
        var flops = grids.Sum(description.EncodingFlops);
        Assert.That(root.GetProperty("flops").GetProperty("total").GetDouble(), Is.EqualTo(flops).Within(1e-9).Percent);
        Assert.That(root.GetProperty("atRate").GetProperty("hours").GetDouble(), Is.EqualTo(flops / 100e12 / 3600).Within(1e-9).Percent);
        Assert.That(root.GetProperty("here").GetProperty("hours").GetDouble(), Is.EqualTo(flops / root.GetProperty("here").GetProperty("flopsOnPrompts").GetDouble() / 3600).Within(1e-9).Percent);
        Assert.That((root.GetProperty("tokensPerVideo").GetProperty("least").GetInt32(), root.GetProperty("tokensPerVideo").GetProperty("most").GetInt32()), Is.EqualTo((grids[0].Count, grids[1].Count)));
        Assert.That(root.GetProperty("keptTokensPerVideo").GetProperty("most").GetInt32(), Is.EqualTo(grids[1].Count / 4));
        Assert.That(root.GetProperty("memory").GetInt64(), Is.EqualTo(description.Estimate(grids[1], grids[1].Count).Total));
    }

    [Test]
    public void Answer_OfSomeTokens_CountsPromptAndAnswer()
    {
        using var folder = new TemporaryFolder();
        var description = VideoModel.Describe("tiny");
        var grid = description.GridOf(SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0).Clip);

        using var plan = Json("answer synthetic:test-short-0 --question 12345678 --ratio 0.5 --max-new-tokens 3 --dry-run --json", folder);

        // 32 tokens of template and a token for four of the question's eight letters.
        var flops = plan.RootElement.GetProperty("flops");
        Assert.That(flops.GetProperty("passes").GetDouble(), Is.EqualTo(description.PassFlops(grid, grid.Count / 2, 34, 1)));
        Assert.That(flops.GetProperty("generation").GetDouble(), Is.EqualTo(description.GenerationFlops(grid, grid.Count / 2, 34, 3)));
    }

    [Test]
    public void Eval_SyntheticVideos_CountsVideosQuestionsAndSystems()
    {
        using var folder = new TemporaryFolder();

        using var plan = Json("eval --videos 2 --lengths short --ratios 0.5,0.1 --compressors random,uniform --dry-run --json -", folder);
        using var low = Json("eval --videos 2 --lengths short --ratios 0.5,0.1 --compressors random,low-resolution --dry-run --json -", folder);

        var counts = plan.RootElement.GetProperty("counts");
        Assert.That((counts.GetProperty("videos").GetInt32(), counts.GetProperty("questions").GetInt32(), counts.GetProperty("systems").GetInt32()), Is.EqualTo((2, 16, 5)));
        Assert.That(Encoding(low), Is.EqualTo(1.6 * Encoding(plan)).Within(1e-9).Percent, "smaller frames are encoded at each ratio");

        static double Encoding(JsonDocument plan) => plan.RootElement.GetProperty("flops").GetProperty("encoding").GetDouble();
    }

    private static JsonDocument Json(string line, TemporaryFolder folder)
    {
        var run = Run(line, folder);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        return JsonDocument.Parse(run.Output);
    }

    private static ScoreProgram Run(string line, TemporaryFolder folder)
    {
        var (output, error) = (new StringWriter(), new StringWriter());
        var exitCode = Program.RunAsync(
            line.Replace("OUT", folder.Path, StringComparison.Ordinal).Split(' '), (_, _) => throw new InvalidOperationException("the model was loaded"), output, error).GetAwaiter().GetResult();
        return new ScoreProgram(exitCode, output.ToString(), error.ToString());
    }

    private static string[] Listing(TemporaryFolder folder) => [.. Directory.EnumerateFileSystemEntries(folder.Path, "*", SearchOption.AllDirectories)
        .Select(entry => File.Exists(entry) ? $"{entry} {Convert.ToHexString(File.ReadAllBytes(entry))} {File.GetLastWriteTimeUtc(entry):O}" : entry).Order(StringComparer.Ordinal)];
}
