using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Datasets;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Reports;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Synthetic;
using Score.Cli.Evaluations;
using Score.Cli.Files;
using Score.Cli.Output;
using Score.Cli.Plans;
using Score.Cli.Usage;

namespace Score.Cli.Commands;

/// <summary><c>score eval</c>: compressors compared on the questions of benchmarks, all tokens first. Stopped or killed, the same command goes on from its records.</summary>
internal sealed class EvalCommand
{
    private static readonly Example[] s_examples =
    [
        new("score eval --videos 1 --lengths short --ratios 0.25,0.1 --compressors score,uniform", "Compare two compressors on questions about a made-up video."),
        new("score eval --benchmark video-mme --data benchmarks --compressors score,random --records answers.jsonl", "Compare them on a public benchmark; stopped, the same command goes on from its records."),
        new("score eval --videos 1 --lengths short --tokens 50,20 --compressors evs,vidcom2 --json eval.json --report eval.html", "Keep numbers of tokens in place of shares, and write the results as JSON and as a page."),
    ];

    private static readonly string[] s_presets = [.. PaperPreset.All.Select(preset => preset.Name)];

    private readonly Option<string> _preset = CommonOptions.Word("--preset", "A table of the paper: its benchmarks, compressors, budgets and frames, where no other option says otherwise.", s_presets);
    private readonly Option<string[]> _benchmarks = CommonOptions.Words("--benchmark", $"The benchmarks ({string.Join(", ", BenchmarkSource.Names)}).", [BenchmarkSource.SyntheticName], BenchmarkSource.Names);
    private readonly Option<string> _data = new("--data") { Description = "A folder with a folder for each benchmark, which holds its annotations (annotations.json, .jsonl, .tsv or .parquet, or a folder) and videos.", DefaultValueFactory = _ => "data" };
    private readonly Option<Dictionary<string, string>> _annotations = CommonOptions.ByName("--annotations", "The annotations of a benchmark, where they lie elsewhere.", "PATH", Benchmarks.Names);
    private readonly Option<Dictionary<string, string>> _videoFolders = CommonOptions.ByName("--video-folder", "The videos of a benchmark, where they lie elsewhere.", "PATH", Benchmarks.Names);
    private readonly Option<Dictionary<string, string>> _prompts = CommonOptions.ByName("--prompt", "The prompt of a benchmark's questions, where it is not its default.", "PROMPT", Benchmarks.Names);
    private readonly Option<int> _videos = CommonOptions.Between("--videos", "Synthetic videos of each length; a video has eight questions.", 1, 100_000, 10);
    private readonly Option<VideoLength[]> _lengths = CommonOptions.List("--lengths", "The lengths of synthetic video.", Enum.GetValues<VideoLength>(), $"lengths ({EnumWord.All<VideoLength>()})", EnumWord.Parse<VideoLength>, EnumWord.All<VideoLength>().Split(", "));
    private readonly Option<double[]> _ratios = CommonOptions.List("--ratios", "The shares of tokens to keep.", [0.4, 0.25, 0.1], "ratios above 0 and at most 1", Ratio);
    private readonly Option<int[]> _tokens = CommonOptions.List("--tokens", "The numbers of tokens to keep of every video, in place of shares.", [], "positive whole numbers", Count);
    private readonly Option<ComparedCompressor[]> _compressors = CommonOptions.List("--compressors", $"The compressors to compare, of: {ComparedCompressor.Words}.", ComparedCompressor.Default, $"compressors ({ComparedCompressor.Words})", ComparedCompressor.Parse, ComparedCompressor.Words.Split(", "));
    private readonly Option<string> _model = CommonOptions.Model();
    private readonly Option<double> _memory = CommonOptions.Memory();
    private readonly Option<string> _backend = CommonOptions.Backend();
    private readonly Qwen3Options _qwen3 = new();
    private readonly Option<string?> _policy = CommonOptions.Policy();
    private readonly Option<string?> _ablation = new("--ablation-policy") { Description = "The policy of the compressor ablation (.safetensors)." };
    private readonly FrameOptions _frames = new();
    private readonly Option<int?> _limit = CommonOptions.Limit("questions of each benchmark of annotated videos");
    private readonly DryRunOptions _dryRun = new();
    private readonly Option<string?> _siglip = new("--siglip") { Description = "The folder of the SigLIP checkpoint that FastVID needs with LLaVA-Video." };
    private readonly Option<int> _seed = CommonOptions.Whole("--seed", "The seed of the random compressors, the untrained policy and the bootstrap.", 1);
    private readonly Option<string?> _records = new("--records") { Description = "A file of JSON lines for every answer as it comes in. The same command goes on from it after it was stopped or killed." };
    private readonly Option<int> _parallel = CommonOptions.Between("--parallel", "Videos at a time. With more than one, times are not comparable.", 1, 1000, 1);
    private readonly ReadingOptions _reading = new();
    private readonly Option<string?> _json = new("--json") { Description = "A file for the results as JSON; - prints them instead of the table." };
    private readonly Option<string?> _report = new("--report") { Description = "A file for the results as a page (.html) that opens without a network." };

    public static Command Create(Func<string, VideoModelOptions, IVideoLanguageModel> loadModel, TimeProvider clock)
    {
        var eval = new EvalCommand();
        var command = new ExampledCommand("eval", "Compare compressors on multiple-choice questions: accuracy, share of all tokens' accuracy, actual retention, where the time goes.", s_examples)
        {
            eval._preset, eval._benchmarks, eval._data, eval._annotations, eval._videoFolders, eval._prompts, eval._videos, eval._lengths, eval._ratios, eval._tokens, eval._compressors, eval._model,
            eval._memory, eval._backend, eval._qwen3.FrameRules, eval._qwen3.OuterMarkers, eval._qwen3.DropEmptySteps, eval._policy, eval._ablation, eval._siglip, eval._seed, eval._records, eval._parallel, eval._reading.Timeout, eval._limit, eval._report,
        };
        foreach (var option in eval._frames.All.Concat([eval._dryRun.DryRun, eval._dryRun.Flops, QuietOption.Create(), eval._json]))
            command.Options.Add(option);
        command.Validators.Add(eval.RefuseIdle);
        command.SetAction((parsed, cancellationToken) => Task.Run(() => eval.Run(parsed, loadModel, clock, cancellationToken), cancellationToken));
        return command;
    }

    private void RefuseIdle(CommandResult result)
    {
        _qwen3.RefuseIdle(result, _model);
        _frames.RefuseContradictions(result);
        _dryRun.RefuseIdle(result);
        if (IdleOptions.IsGiven(result, _tokens))
            IdleOptions.Refuse(result, "cannot be combined with --tokens, which says how much is kept as well; leave out one of the two.", _ratios);
        if (new Option[] { _preset, _benchmarks, _compressors }.Any(option => IdleOptions.IsWrong(result, option)))
            return; // what is compared, and on what, is not known
        var preset = PresetOf(result);
        var benchmarks = Chosen(result, _benchmarks, preset?.Benchmarks);
        var (chosenBy, listed) = (!IdleOptions.IsGiven(result, _benchmarks) && preset is not null ? $"--preset {preset.Name}" : "--benchmark", string.Join(",", benchmarks));
        if (!benchmarks.Contains(BenchmarkSource.SyntheticName))
            IdleOptions.Refuse(result, $"says which synthetic videos are made, and {chosenBy} asks for {listed} alone; leave it out or add --benchmark {BenchmarkSource.SyntheticName}.", _videos, _lengths);
        if (benchmarks is [BenchmarkSource.SyntheticName])
            IdleOptions.Refuse(result, "is for benchmarks of annotated videos, and the synthetic one has --videos and --lengths; leave it out or name others with --benchmark.", _limit);
        if (benchmarks is [BenchmarkSource.SyntheticName])
            IdleOptions.Refuse(result, "says where benchmarks lie, and the synthetic one lies nowhere; leave it out or name others with --benchmark.", _data);
        foreach (var option in new[] { _annotations, _videoFolders, _prompts }.Where(option => IdleOptions.IsGiven(result, option)))
            foreach (var name in result.GetRequiredValue(option).Keys.Except(benchmarks))
                result.AddError($"{option.Name} is given for {name}, which is not run: {chosenBy} asks for {listed}. Leave it out or add {name} to --benchmark.");
        var compared = Chosen(result, _compressors, preset?.Compressors);
        if (!compared.Contains(ComparedCompressor.Of(CompressionMethod.Score)))
            IdleOptions.Refuse(result, "is the policy of score, which is not among --compressors; leave it out or add score.", _policy);
        if (!compared.Contains(ComparedCompressor.Ablation))
            IdleOptions.Refuse(result, "is the policy of ablation, which is not among --compressors; leave it out or add ablation.", _ablation);
    }

    private int Run(ParseResult parsed, Func<string, VideoModelOptions, IVideoLanguageModel> loadModel, TimeProvider clock, CancellationToken cancellationToken)
    {
        using var files = new CommandFiles("score eval");
        files.Read("--model", parsed.GetValue(_model));
        files.Read("--data", parsed.GetValue(_data));
        foreach (var option in new[] { _policy, _ablation, _siglip })
            files.Read(option.Name, parsed.GetValue(option));
        foreach (var option in new[] { _annotations, _videoFolders })
            foreach (var path in parsed.GetRequiredValue(option).Values)
                files.Read(option.Name, path);
        files.Write("--records", parsed.GetValue(_records), OutputKind.Records);
        files.Write("--json", parsed.GetValue(_json) is "-" ? null : parsed.GetValue(_json), OutputKind.EvaluationResults);
        files.Write("--report", parsed.GetValue(_report), OutputKind.Report);
        if (_dryRun.IsAsked(parsed))
            files.Check();
        else
            files.Claim();
        var preset = PresetOf(parsed.CommandResult);
        var compared = Chosen(parsed.CommandResult, _compressors, preset?.Compressors);
        var tokens = IdleOptions.IsGiven(parsed.CommandResult, _ratios) ? [] : Chosen(parsed.CommandResult, _tokens, preset?.Tokens);
        var benchmarks = Open(parsed, preset, compared);
        ComparedCompressor.ThrowIfContradictory(compared, tokens, parsed.GetValue(_ablation));
        var modelOptions = ModelOptions(parsed, preset, compared);
        if (_dryRun.IsAsked(parsed))
            return Plan(parsed, benchmarks, compared, tokens, modelOptions);
        using var frozen = loadModel(parsed.GetRequiredValue(_model), modelOptions);
        if (Chosen(parsed.CommandResult, _benchmarks, preset?.Benchmarks).Any(name => name != BenchmarkSource.SyntheticName))
            CommonOptions.WarnOfLimits(frozen, [null], parsed.InvocationConfiguration.Error);
        var policies = EvaluationPolicies.Load(compared, parsed.GetValue(_policy), parsed.GetValue(_ablation), frozen);
        if (preset is { AblatesResidual: true } && policies.Ablation is { UseResidual: true })
            throw new ArgumentException($"{preset.Name} compares with a policy without the residual; '{parsed.GetValue(_ablation)}' has it.");
        var seed = parsed.GetValue(_seed);
        ComparedSystem[] systems =
        [
            new(BenchmarkSystem.AllTokens),
            .. ComparedCompressor.Systems(compared, parsed.GetRequiredValue(_ratios), tokens, policies, seed, frozen),
        ];
        var comparison = new BenchmarkComparison(
            frozen, benchmarks, systems, policies, parsed.GetRequiredValue(_backend), modelOptions.Qwen3VL, seed, parsed.GetValue(_parallel), CommandText.Of(parsed), clock);
        EvaluationDocument result;
        using (var progress = new WorkProgress(parsed.InvocationConfiguration.Error))
            result = comparison.Run(parsed.GetValue(_records), (done, total) => progress.Report(done, total, "evaluating videos"), cancellationToken);

        Write(result, parsed.GetValue(_json), parsed.GetValue(_report), parsed.InvocationConfiguration.Output);
        return 0;
    }

    private int Plan(ParseResult parsed, List<BenchmarkSource> benchmarks, ComparedCompressor[] compared, int[] tokens, VideoModelOptions modelOptions)
    {
        var model = new PlannedModel(parsed.GetRequiredValue(_model), modelOptions);
        if (compared.Contains(ComparedCompressor.Of(CompressionMethod.Score)))
            model.ReadPolicy(_policy.Name, parsed.GetValue(_policy));
        if (compared.Contains(ComparedCompressor.Ablation))
            model.ReadPolicy(_ablation.Name, parsed.GetValue(_ablation));
        _dryRun.Print(parsed, new EvaluationPlan(compared, parsed.GetRequiredValue(_ratios), tokens).Of(benchmarks, model), json: parsed.GetValue(_json) == "-");
        return 0;
    }

    /// <summary>The benchmarks, after a look for everything that the evaluation needs.</summary>
    private List<BenchmarkSource> Open(ParseResult parsed, PaperPreset? preset, ComparedCompressor[] compared)
    {
        var names = Chosen(parsed.CommandResult, _benchmarks, preset?.Benchmarks);
        var inputs = new EvaluationInputs(preset?.Name ?? "The evaluation");
        if (preset is not null)
        {
            inputs.RequireModel(preset, parsed.GetRequiredValue(_model));
            if (compared.Contains(ComparedCompressor.Of(CompressionMethod.Score)))
                inputs.RequirePolicy("--policy", parsed.GetValue(_policy), "a policy trained on that model");
            if (preset.Ablation is { } ablation)
                inputs.RequirePolicy("--ablation-policy", parsed.GetValue(_ablation), $"the policy of the ablation, {ablation}");
            if (preset.Architecture == PaperPreset.Llava && compared.Any(compressor => compressor.Method is { } method && method.Needs.HasFlag(CompressionNeeds.PooledAttention)))
                inputs.RequireSiglip(parsed.GetValue(_siglip));
        }

        var (annotations, folders, prompts) = (parsed.GetRequiredValue(_annotations), parsed.GetRequiredValue(_videoFolders), parsed.GetRequiredValue(_prompts));
        foreach (var (benchmark, prompt) in prompts)
            if (Benchmarks.Prompts(benchmark) is var known && !known.Contains(prompt))
                throw new UsageException($"--prompt: {benchmark} has no prompt '{prompt}'.{Suggestion.For(prompt, known)} It has {string.Join(", ", known)}.");
        var found = names.Where(name => name != BenchmarkSource.SyntheticName).ToDictionary(
            name => name, name => inputs.FindBenchmark(name, parsed.GetRequiredValue(_data), annotations.GetValueOrDefault(name), folders.GetValueOrDefault(name)));
        inputs.ThrowIfMissing(parsed.InvocationConfiguration.Error);
        var readOptions = _reading.Of(parsed);
        return [.. names.Select(name => found.TryGetValue(name, out var paths)
            ? BenchmarkSource.Open(name, paths.Annotations, paths.Videos, prompts.GetValueOrDefault(name, "default"), readOptions).Take(parsed.GetValue(_limit))
            : BenchmarkSource.Synthetic(parsed.GetValue(_videos), parsed.GetRequiredValue(_lengths)))];
    }

    private VideoModelOptions ModelOptions(ParseResult parsed, PaperPreset? preset, ComparedCompressor[] compared)
    {
        var frames = _frames.Of(parsed, parsed.GetRequiredValue(_model), preset?.MaxFrames);
        return new VideoModelOptions
        {
            Backend = Backends.Named(parsed.GetRequiredValue(_backend)),
            MemoryLimit = CommonOptions.Limit(parsed.GetValue(_memory)),
            Warn = warning => parsed.InvocationConfiguration.Error.WriteLine($"score: warning: {warning}"),
            EncoderStatistics = compared.Any(compressor => compressor.NeedsStatistics),
            QwenVideo = frames.Qwen,
            Qwen3VL = _qwen3.Of(parsed, parsed.GetRequiredValue(_model)),
            LlavaVideo = new() { MaxFrames = frames.LlavaFrames, SiglipFolder = parsed.GetValue(_siglip) },
        };
    }

    private static void Write(EvaluationDocument result, string? jsonPath, string? reportPath, TextWriter output)
    {
        if (jsonPath == "-")
            output.WriteLine(result.ToJson());
        else
            ResultTable.Write(result, output);
        if (jsonPath is not (null or "-"))
            AtomicFile.Write(jsonPath, stream => stream.Write(Encoding.UTF8.GetBytes(VisibleText.Escape(result.ToJson()) + "\n")));
        if (reportPath is null)
            return;
        EvaluationPage.Write(result, reportPath);
        if (jsonPath != "-")
            output.WriteLine($"page: {VisibleText.Message(reportPath)}");
    }

    /// <summary>What the command line says, or else the preset, or else the option's default.</summary>
    private static T Chosen<T>(CommandResult result, Option<T> option, T? preset)
        where T : class => IdleOptions.IsGiven(result, option) ? result.GetRequiredValue(option) : preset ?? (T)option.GetDefaultValue()!;

    private PaperPreset? PresetOf(CommandResult result) => PaperPreset.All.FirstOrDefault(preset => preset.Name == result.GetValue(_preset));

    private static double? Ratio(string text) => NumberText.Parse<double>(text) is { } ratio and > 0 and <= 1 ? ratio : null;

    private static int? Count(string text) => NumberText.Parse<int>(text) is { } count and > 0 ? count : null;
}
