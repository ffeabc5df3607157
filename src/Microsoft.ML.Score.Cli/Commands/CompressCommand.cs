using System.CommandLine;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;
using Score.Cli.Output;
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
        var model = CommonOptions.Model();
        var memory = CommonOptions.Memory();
        var policy = CommonOptions.Policy();
        var ratio = CommonOptions.Ratio();
        var folder = new Option<string?>("--output") { Description = "A folder for one file a video." };
        var format = new Option<string>("--format")
        {
            Description = "What --output writes: the mask as JSON, or the kept tokens as safetensors.",
            DefaultValueFactory = _ => "mask",
        };
        format.AcceptOnlyFromAmong("mask", "tokens");
        var json = CommonOptions.Json();
        var command = new Command("compress", "Keep the tokens that matter and show which moments and regions they come from.")
        {
            videos, model, memory, policy, ratio, folder, format, json,
        };
        command.Validators.Add(result =>
        {
            var names = (result.GetValue(videos) ?? []).Select(Path.GetFileName).ToArray();
            if (result.GetValue(folder) is not null && names.Length != names.Distinct().Count())
                result.AddError("--output needs videos of different names: each file is named after its video.");
        });
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () =>
            {
                var references = parsed.GetRequiredValue(videos).Select(text => new VideoReference(text)).ToArray();
                using var frozen = loadModel(parsed.GetRequiredValue(model), CommonOptions.Limit(parsed.GetValue(memory)));
                var compressor = new ScoreCompressor(PolicySource.Load(parsed.GetValue(policy), frozen));
                List<KeptReport> reports = [];
                using (var progress = new WorkProgress(parsed.InvocationConfiguration.Error))
                    foreach (var video in references)
                    {
                        progress.Report(reports.Count, references.Length, $"compressing {video.FileName}");
                        var kept = video.Compress(compressor, parsed.GetValue(ratio), frozen, cancellationToken);
                        if (parsed.GetValue(folder) is { } path)
                            Save(path, parsed.GetValue(format)!, video, kept, frozen.Info.Fingerprint);
                        reports.Add(new KeptReport(video.Text, kept));
                    }

                var limits = CommonOptions.Limits(frozen, parsed.InvocationConfiguration.Error);
                foreach (var report in reports)
                    limits.See(report.Grid);
                Print(reports, parsed.GetValue(json), parsed.InvocationConfiguration.Output);
                return 0;
            },
            cancellationToken));
        return command;
    }

    private static void Save(string folder, string format, VideoReference video, KeptTokens kept, string encoderFingerprint)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, video.FileName);
        if (format == "tokens")
            KeptFile.WriteTokens($"{path}.kept.safetensors", video.Text, kept, encoderFingerprint);
        else
            KeptFile.WriteMask($"{path}.mask.json", video.Text, kept);
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
