using System.CommandLine;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Score.Cli.Files;
using Score.Cli.Output;
using Score.Cli.Plans;
using Score.Cli.Usage;
using Score.Cli.Videos;

namespace Score.Cli.Commands;

/// <summary><c>score compress VIDEO...</c>: keeps the tokens that the policy ranks highest and shows where they are.</summary>
internal static class CompressCommand
{
    public static Command Create(Func<string, VideoModelOptions, IVideoLanguageModel> loadModel)
    {
        var videos = new Argument<string[]>("video")
        {
            Description = "Video files, still images, feature files (.safetensors) or clips of the synthetic world (synthetic:test-short-0).",
            Arity = ArgumentArity.OneOrMore,
        };
        videos.Validators.Add(CommonOptions.CheckClipNames);
        var model = CommonOptions.Model();
        var memory = CommonOptions.Memory();
        var backend = CommonOptions.Backend();
        var qwen3 = new Qwen3Options();
        var frames = new FrameOptions();
        var dryRun = new DryRunOptions();
        var policy = CommonOptions.Policy();
        var ratio = CommonOptions.Ratio();
        var folder = new Option<string?>("--output") { Description = "A folder for one file a video." };
        var format = CommonOptions.Word("--format", "What --output writes: the mask as JSON, or the kept tokens as safetensors.", ["mask", "tokens"], "mask");
        var reading = new ReadingOptions();
        var json = CommonOptions.Json();
        var command = new Command("compress", "Keep the tokens that matter and show which moments and regions they come from.")
        {
            videos, model, memory, backend, qwen3.FrameRules, policy, ratio, folder, format, reading.Timeout,
        };
        foreach (var option in frames.All.Concat([dryRun.DryRun, dryRun.Flops, QuietOption.Create(), json]))
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (result.GetResult(folder) is null)
                IdleOptions.Refuse(result, "says what --output writes, and there is no --output; name its folder.", format);
            qwen3.RefuseIdle(result, model);
            frames.RefuseContradictions(result);
            dryRun.RefuseIdle(result);
        });
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                using var files = new CommandFiles("score compress");
                files.Read("--model", parsed.GetValue(model));
                files.Read("--policy", parsed.GetValue(policy));
                if (parsed.GetValue(folder) is { } written)
                    Name(files, written, parsed.GetValue(format)!, parsed.GetRequiredValue(videos));
                if (dryRun.IsAsked(parsed))
                    files.Check();
                else
                    files.Claim();
                var readOptions = reading.Of(parsed);
                var references = parsed.GetRequiredValue(videos).Select(text => new VideoReference(text, readOptions)).ToArray();
                var source = parsed.GetRequiredValue(model);
                var loading = CommonOptions.Loading(parsed.GetValue(memory), parsed.GetRequiredValue(backend), qwen3.Of(parsed, source), parsed.InvocationConfiguration.Error, frames.Of(parsed, source));
                if (dryRun.IsAsked(parsed))
                {
                    dryRun.Print(parsed, Plan(new PlannedModel(source, loading), references, policy.Name, parsed.GetValue(policy), parsed.GetValue(ratio), cancellationToken), parsed.GetValue(json));
                    return 0;
                }

                using var frozen = loadModel(source, loading);
                var compressor = new ScoreCompressor(PolicySource.Load(policy.Name, parsed.GetValue(policy), frozen));
                List<KeptReport> reports = [];
                using (var progress = new WorkProgress(parsed.InvocationConfiguration.Error))
                    foreach (var video in references)
                    {
                        progress.Report(reports.Count, references.Length, $"compressing {video.FileName}");
                        var kept = video.Compress(compressor, parsed.GetValue(ratio), frozen, cancellationToken);
                        if (parsed.GetValue(folder) is { } path)
                            Save(PathOf(path, parsed.GetValue(format)!, video.Text), parsed.GetValue(format)!, video, kept, frozen.Info.EncoderFingerprint);
                        reports.Add(new KeptReport(video.Text, kept));
                    }

                CommonOptions.WarnOfLimits(frozen, reports.Select(report => (TokenGrid?)report.Grid), parsed.InvocationConfiguration.Error);
                Print(reports, parsed.GetValue(json), parsed.InvocationConfiguration.Output);
                return 0;
            },
            cancellationToken));
        return command;
    }

    private static WorkPlan Plan(PlannedModel model, VideoReference[] videos, string policyOption, string? policy, double ratio, CancellationToken cancellationToken)
    {
        model.ReadPolicy(policyOption, policy);
        var plan = new WorkPlan("score compress", model);
        plan.Count("videos", videos.Length);
        foreach (var video in videos)
        {
            var grid = model.GridOf(video, cancellationToken);
            plan.See(grid, TopK.RetainedCount(ratio, grid.Count));
            plan.EncodingFlops += video.IsFeatureFile ? 0 : model.Description.EncodingFlops(grid);
        }

        return plan;
    }

    private static void Name(CommandFiles files, string folder, string format, string[] videos)
    {
        foreach (var video in videos)
            files.Read("the video", video);
        var outputs = new Dictionary<string, string>();
        foreach (var video in videos)
        {
            var path = PathOf(folder, format, video);
            if (!outputs.TryAdd(path, video))
                throw new UsageException($"--output needs videos of different names: each file is named after its video, and '{outputs[path]}' and '{video}' would both be '{path}'.");
            files.Write($"--output for '{video}'", path, format == "tokens" ? OutputKind.KeptTokens : OutputKind.Mask);
        }
    }

    private static string PathOf(string folder, string format, string video) =>
        Path.Combine(folder, VideoReference.FileNameOf(video) + (format == "tokens" ? ".kept.safetensors" : ".mask.json"));

    private static void Save(string path, string format, VideoReference video, KeptTokens kept, string encoderFingerprint)
    {
        if (format == "tokens")
            kept.Save(path, video.Text, encoderFingerprint);
        else
            KeptFile.WriteMask(path, video.Text, kept);
    }

    private static void Print(List<KeptReport> reports, bool json, TextWriter output)
    {
        if (json)
        {
            output.WriteLine(JsonOutput.Format(new { videos = reports.Select(report => report.ToJson()) }));
            return;
        }

        foreach (var (index, report) in reports.Index())
        {
            if (index > 0)
                output.WriteLine();
            report.Write(output);
        }
    }
}
