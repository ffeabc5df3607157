using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
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
    private const string Mask = "mask";
    private const string Tokens = "tokens";

    private static readonly string[] s_pictures = ["html", "png", "gif", "mp4"];

    private static readonly Example[] s_examples =
    [
        new("score compress clip.mp4 --ratio 0.1", "Keep a tenth of the tokens of a video, and show which."),
        new("score compress synthetic:test-short-0 synthetic:test-medium-0 --policy policy.safetensors --output masks", "Write the mask of each video as JSON."),
        new("score compress clip.mp4 --report kept.html --against vidcom2", "Write a page that shows what is kept at any ratio, beside another compressor."),
        new("score compress features.safetensors --output kept --format tokens --json", "Write the kept tokens of a video that was encoded before, and print the numbers as JSON."),
    ];

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
        var format = CommonOptions.Word(
            "--format", "What --output writes: the mask as JSON, the kept tokens as safetensors, or a report as a page, a still picture or a clip.", [Mask, Tokens, .. s_pictures], Mask);
        var report = new Option<string?>("--report") { Description = $"A file that shows what is kept of one video: a page with sliders over time and ratio (.html), a still picture (.png) or a clip (.gif, .mp4)." };
        var against = CommonOptions.Word("--against", "Another compressor to show beside the policy in reports; score list compressors has their words.", [.. CompressionMethod.All.Where(method => method != CompressionMethod.Score).Select(method => method.Word)]);
        against.HelpName = "method"; // the words are many: score list compressors
        var reading = new ReadingOptions();
        var json = CommonOptions.Json();
        var command = new ExampledCommand("compress", "Keep the tokens that matter and show which moments and regions they come from.", s_examples)
        {
            videos, model, memory, backend, qwen3.FrameRules, policy, ratio, folder, format, report, against, reading.Timeout,
        };
        foreach (var option in frames.All.Concat([dryRun.DryRun, dryRun.Flops, QuietOption.Create(), json]))
            command.Options.Add(option);
        command.Validators.Add(result =>
        {
            CheckReport(result, report, videos, format);
            if (result.GetResult(folder) is null && !(result.GetResult(report) is not null && s_pictures.Contains(result.GetValue(format))))
                IdleOptions.Refuse(result, "says what --output writes, and there is no --output; name its folder.", format);
            if (result.GetResult(report) is null && !s_pictures.Contains(result.GetValue(format)))
                IdleOptions.Refuse(result, "is shown in reports, and none is written; name one with --report, or choose a --format that is one.", against);
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
                foreach (var video in parsed.GetRequiredValue(videos))
                    files.Read("the video", video);
                if (parsed.GetValue(folder) is { } written)
                    Name(files, written, parsed.GetValue(format)!, parsed.GetRequiredValue(videos));
                files.Write("--report", parsed.GetValue(report), OutputKind.Report);
                if (dryRun.IsAsked(parsed))
                    files.Check();
                else
                    files.Claim();
                var readOptions = reading.Of(parsed);
                var references = parsed.GetRequiredValue(videos).Select(text => new VideoReference(text, readOptions)).ToArray();
                var source = parsed.GetRequiredValue(model);
                var rival = parsed.GetValue(against) is { } word ? CompressionMethod.Find(word) : null;
                var loading = CommonOptions.Loading(
                    parsed.GetValue(memory), parsed.GetRequiredValue(backend), qwen3.Of(parsed, source), parsed.InvocationConfiguration.Error, frames.Of(parsed, source), rival is { NeedsEncoderAttention: true });
                if (dryRun.IsAsked(parsed))
                {
                    dryRun.Print(parsed, Plan(new PlannedModel(source, loading), references, policy.Name, parsed.GetValue(policy), parsed.GetValue(ratio), cancellationToken), parsed.GetValue(json));
                    return 0;
                }

                using var frozen = loadModel(source, loading);
                var run = new Run(frozen, PolicySource.Load(policy.Name, parsed.GetValue(policy), frozen), parsed.GetValue(policy) ?? $"the one that ships for {frozen.Info.Source}", parsed.GetValue(ratio), rival);
                List<KeptReport> reports = [];
                using (var progress = new WorkProgress(parsed.InvocationConfiguration.Error))
                    foreach (var video in references)
                    {
                        progress.Report(reports.Count, references.Length, $"compressing {video.FileName}");
                        var path = parsed.GetValue(folder) is { } name ? PathOf(name, parsed.GetValue(format)!, video.Text) : null;
                        reports.Add(new KeptReport(video.Text, run.Compress(video, path, parsed.GetValue(format)!, parsed.GetValue(report), cancellationToken)));
                    }

                CommonOptions.WarnOfLimits(frozen, reports.Select(one => (TokenGrid?)one.Grid), parsed.InvocationConfiguration.Error);
                Print(reports, parsed.GetValue(json), parsed.InvocationConfiguration.Output);
                if (parsed.GetValue(report) is { } shown && !parsed.GetValue(json))
                    parsed.InvocationConfiguration.Output.WriteLine($"\nreport: {VisibleText.Message(shown)}");
                return 0;
            },
            cancellationToken));
        return command;
    }

    private static void CheckReport(CommandResult result, Option<string?> report, Argument<string[]> videos, Option<string> format)
    {
        if (result.GetResult(report) is null || result.GetValue(report) is not { } path)
            return;
        var kind = Path.GetExtension(path).TrimStart('.').ToLowerInvariant();
        if (!s_pictures.Contains(kind))
            result.AddError($"--report must be a file that ends in {string.Join(", ", s_pictures.Select(word => "." + word))}, got '{path}'.");
        else if (IdleOptions.IsGiven(result, format) && s_pictures.Contains(result.GetValue(format)) && result.GetValue(format) != kind && result.Children.OfType<OptionResult>().All(option => option.Option.Name != "--output"))
            result.AddError($"--format {result.GetValue(format)} and --report '{path}' differ; end the file's name in .{result.GetValue(format)}, or leave out --format.");
        if (result.GetValue(videos) is { Length: > 1 } several)
            result.AddError($"--report shows one video, got {several.Length}; for a report each, name a folder with --output and give --format html.");
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
        var kind = format switch { Mask => OutputKind.Mask, Tokens => OutputKind.KeptTokens, _ => OutputKind.Report };
        var outputs = new Dictionary<string, string>();
        foreach (var video in videos)
        {
            var path = PathOf(folder, format, video);
            if (!outputs.TryAdd(path, video))
                throw new UsageException($"--output needs videos of different names: each file is named after its video, and '{outputs[path]}' and '{video}' would both be '{path}'.");
            files.Write($"--output for '{video}'", path, kind);
        }
    }

    private static string PathOf(string folder, string format, string video) =>
        Path.Combine(folder, VideoReference.FileNameOf(video) + format switch { Mask => ".mask.json", Tokens => ".kept.safetensors", _ => "." + format });

    /// <summary>What all videos of a command share.</summary>
    private sealed class Run
    {
        private readonly IVideoLanguageModel _model;
        private readonly double _ratio;
        private readonly ScoreCompressor _compressor;
        private readonly PolicyReport _origin;
        private readonly PictureReport _pictures;

        public Run(IVideoLanguageModel model, PolicyNetwork policy, string policyName, double ratio, CompressionMethod? rival)
        {
            (_model, _ratio) = (model, ratio);
            _compressor = new ScoreCompressor(policy);
            _origin = new PolicyReport(policyName, policy);
            _pictures = new PictureReport(model, policy, _origin, ratio, rival?.Create(new CompressionOptions { Model = model }));
        }

        /// <summary>Compresses a video and writes what is asked for.</summary>
        public KeptTokens Compress(VideoReference video, string? output, string format, string? report, CancellationToken cancellationToken)
        {
            var clip = video.IsFeatureFile ? null : video.OpenClip(cancellationToken);
            var isPicture = output is not null && s_pictures.Contains(format);
            // Of a feature file that nobody looks at, only the kept tokens come to memory.
            var tokens = clip is not null ? _model.Encode(clip, cancellationToken) : isPicture || report is not null ? video.Encode(_model, cancellationToken) : null;
            var kept = tokens is null ? video.CompressFeatures(_compressor, _ratio, _model) : _compressor.Compress(tokens, _ratio);
            foreach (var path in new[] { isPicture ? output : null, report })
                if (path is not null)
                    _pictures.Of(video.FileName, video.Text, tokens!, clip, isAnyRatio: path.EndsWith(".html", StringComparison.OrdinalIgnoreCase), cancellationToken).Write(path, cancellationToken);
            if (output is not null && format == Mask)
                KeptFile.WriteMask(output, video.Text, kept, _ratio, _model, _origin, clip);
            else if (output is not null && format == Tokens)
                kept.Save(output, video.Text, _model.Info.EncoderFingerprint);
            return kept;
        }
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
