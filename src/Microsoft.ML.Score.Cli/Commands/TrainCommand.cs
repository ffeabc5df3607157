using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Reports;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;
using Score.Cli.Files;
using Score.Cli.Output;
using Score.Cli.Plans;
using Score.Cli.Training;
using Score.Cli.Usage;

namespace Score.Cli.Commands;

/// <summary><c>score train</c>: learns a policy from captioned videos. Stopped, the same command goes on from the last step.</summary>
internal sealed class TrainCommand
{
    internal const string SyntheticData = "synthetic";
    private const string NoFeatures = "none";
    private const string PolicyExtension = ".safetensors";
    private const string PipelineExtension = PipelineFile.Extension;

    private static readonly Example[] s_examples =
    [
        new("score train --data synthetic --output policy.safetensors --warm-up-steps 1 --main-steps 2 --synthetic-validation 2", "Try it out: a policy for the embedded model, of too few steps to be of use."),
        new("score train --data rows.jsonl --output policy.safetensors --features features --main-steps 4 --warm-up-steps 2", "Learn from captioned videos of your own, which are encoded once and kept in a folder."),
        new("score train --data rows.jsonl --output pipeline.zip --report training.html --warm-up-steps 2 --main-steps 4", "Write an ML.NET model that encodes and compresses, and a page that shows how training went."),
    ];

    private readonly Option<string> _data = new("--data")
    {
        Description = "A file of captioned images and videos, by default JSON lines {\"video\": PATH, \"caption\": TEXT}; or synthetic, the embedded world.",
        Required = true,
        CompletionSources = { SyntheticData },
    };

    private readonly DataOptions _dataOptions = new();
    private readonly Option<string?> _validation = new("--validation")
    {
        Description = "Rows to choose the best policy on, as --data. Default: synthetic for synthetic data, else none.",
    };

    private readonly Option<int> _images = CommonOptions.Between("--synthetic-images", "Still images of synthetic data.", 0, 100_000, 256);
    private readonly Option<int> _videos = CommonOptions.Between("--synthetic-videos", "Videos of synthetic data, short and medium by turns.", 1, 100_000, 128);
    private readonly Option<int> _validationVideos = CommonOptions.Between("--synthetic-validation", "Videos of synthetic validation data.", 1, 100_000, 32);
    private readonly Option<string> _model = CommonOptions.Model();
    private readonly Option<double> _memory = CommonOptions.Memory();
    private readonly Option<string> _backend = CommonOptions.Backend();
    private readonly Qwen3Options _qwen3 = new();
    private readonly FrameOptions _frames = new();
    private readonly Option<string> _output = CommonOptions.Required(
        "--output", $"What to write: the policy ({PolicyExtension}), or an ML.NET model that encodes and compresses ({PipelineExtension}).",
        $"a {PolicyExtension} or {PipelineExtension} file", path => Path.GetExtension(path) is PolicyExtension or PipelineExtension);

    private readonly TrainerSettings _trainer = new();
    private readonly Option<string?> _features = new("--features")
    {
        Description = $"A folder to keep encoded videos in, for this run and others; {NoFeatures} to encode them in each epoch. Default: score/features in the user's cache directory, up to 50 GB; none for synthetic data.",
    };

    private readonly Option<string> _featureType = CommonOptions.FeatureType("How --features stores numbers: f32 as they are, the others rounded, in half the size.");
    private readonly Option<string?> _checkpoint = new("--checkpoint")
    {
        Description = "The folder of the checkpoint. Default: OUTPUT.checkpoint, removed when training is complete.",
    };

    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Train anew over the files of a training that has ended. Without it they are left." };
    private readonly Option<string?> _metrics = new("--metrics") { Description = "A file for the metrics of every step (JSON lines)." };
    private readonly Option<string?> _report = new("--report")
    {
        Description = "A page (.html) for a person to look at, written when training ends. Without --metrics the record that it is made of stays beside it, as FILE with the extension .jsonl.",
    };

    private readonly Option<int?> _limit = CommonOptions.Limit("rows of --data");
    private readonly DryRunOptions _dryRun = new();
    private readonly Option<bool> _quiet = QuietOption.Create();
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Create(Func<string, VideoModelOptions, IVideoLanguageModel> loadModel)
    {
        var train = new TrainCommand();
        var command = new ExampledCommand("train", "Learn a compression policy from a frozen model's cross-entropy of captions.", s_examples)
        {
            train._data, train._dataOptions.Format, train._dataOptions.Videos, train._dataOptions.SkipDamaged, train._dataOptions.Reading.Timeout, train._limit, train._validation,
            train._images, train._videos, train._validationVideos, train._model, train._memory, train._backend,
            train._qwen3.FrameRules, train._qwen3.OuterMarkers, train._qwen3.DropEmptySteps, train._output,
        };
        Option[] others = [train._features, train._featureType, train._checkpoint, train._metrics, train._report, train._overwrite, train._dryRun.DryRun, train._dryRun.Flops, train._quiet, train._json];
        foreach (var option in train._frames.All.Concat(train._trainer.All).Concat(others))
            command.Options.Add(option);
        command.Validators.Add(train.RefuseIdle);
        command.SetAction((parsed, cancellationToken) => Task.Run(() => train.Run(parsed, loadModel, cancellationToken), cancellationToken));
        return command;
    }

    private void RefuseIdle(CommandResult result)
    {
        _qwen3.RefuseIdle(result, _model, _trainer.ScoreDeepStack);
        _frames.RefuseContradictions(result);
        _dryRun.RefuseIdle(result);
        if (result.GetResult(_data) is not { } given || given.Errors.Any() || given.Tokens is not [{ Value: var data }])
        {
            _trainer.Refuse(result, hasValidation: null);
            return;
        }

        var validation = IdleOptions.IsGiven(result, _validation) ? result.GetValue(_validation) : data == SyntheticData ? data : null;
        _trainer.Refuse(result, validation is not null);
        if (data == SyntheticData && validation == SyntheticData)
            IdleOptions.Refuse(result, "says how a file of rows is read, and --data is synthetic; leave it out or name a file.", _dataOptions.Format, _dataOptions.Videos, _dataOptions.SkipDamaged);
        if (data == SyntheticData)
            IdleOptions.Refuse(result, "takes the first rows of a file, and --data is synthetic; leave it out, --synthetic-images and --synthetic-videos say how much is made.", _limit);
        if (data != SyntheticData)
            IdleOptions.Refuse(result, "says how much synthetic data is made, and --data is a file; leave it out or give --data synthetic.", _images, _videos);
        if (validation != SyntheticData)
            IdleOptions.Refuse(result, $"says how much synthetic data is made, and --validation is {(validation is null ? "not given" : "a file")}; leave it out or give --validation synthetic.", _validationVideos);
        if (result.GetValue(_features) is var features && (features == NoFeatures || (features is null && data == SyntheticData)))
            IdleOptions.Refuse(result, $"says how --features stores numbers, and {(features is null ? "synthetic data has no --features" : "--features is none")}; leave it out or name a folder.", _featureType);
    }

    private int Run(ParseResult parsed, Func<string, VideoModelOptions, IVideoLanguageModel> loadModel, CancellationToken cancellationToken)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var outputPath = parsed.GetRequiredValue(_output);
        var checkpoint = parsed.GetValue(_checkpoint) ?? outputPath + ".checkpoint";
        var data = parsed.GetRequiredValue(_data);
        using var files = Files(parsed, outputPath, checkpoint);
        var checkpointFile = Path.Combine(checkpoint, ScoreTrainer.CheckpointName);
        var finished = new FinishedTraining(outputPath, MetricsPath(parsed), checkpointFile, staysFinished: parsed.GetValue(_checkpoint) is not null);
        var source = parsed.GetRequiredValue(_model);
        var loading = CommonOptions.Loading(parsed.GetValue(_memory), parsed.GetRequiredValue(_backend), _qwen3.Of(parsed, source), error, _frames.Of(parsed, source));
        if (_dryRun.IsAsked(parsed))
        {
            files.Check();
            finished.ThrowIfThere(parsed.GetValue(_overwrite));
            return Plan(parsed, data, source, loading, cancellationToken);
        }

        files.Claim();
        finished.MakeWay(parsed.GetValue(_overwrite));
        using var model = loadModel(source, loading);
        if (model.FindTextFault(parsed.GetRequiredValue(_trainer.CaptionQuestion)) is { } fault)
            throw new ArgumentException($"--caption-question {fault}.");
        var (trainingRows, validationRows) = Rows(parsed, data, model.FindTextFault);
        var featureType = Enum.Parse<TensorType>(parsed.GetRequiredValue(_featureType), ignoreCase: true);
        var cache = Cache(parsed, data, featureType, model, error);

        var report = new TrainingReport();
        TrainingResult result;
        try
        {
            using var progress = new WorkProgress(error);
            report.Progress = progress;
            var examples = new EncodedRows(trainingRows, model, cache);
            var validationExamples = validationRows is null ? null : new EncodedRows(validationRows, model, cache);
            var trainer = new ScoreTrainer(model, Options(parsed, checkpoint))
            {
                CheckpointLock = files.LockOf(checkpointFile),
                FeatureType = cache is null ? TensorType.F32 : featureType,
            };
            result = trainer.Fit(examples, validationExamples, initialPolicy: null, report, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            error.WriteLine(report.Step == 0
                ? "score: stopped before the first step."
                : $"score: stopped after step {report.Step} of {report.TotalSteps}; the same command goes on from the checkpoint in {checkpoint}");
            return 130;
        }

        if (Path.GetExtension(outputPath) == PipelineExtension)
            PipelineFile.Save(outputPath, result.Policy, model, parsed.GetValue(_trainer.RetentionRatio));
        else
            result.Policy.Save(outputPath);
        if (parsed.GetValue(_report) is { } page)
            TrainingPage.Write(TrainingRecord.Read(MetricsPath(parsed)!), page, Path.GetFileName(MetricsPath(parsed)));
        files.RemoveTemporary();
        Print(outputPath, parsed.GetValue(_report), result, report.LastValidation?.BaseCrossEntropy, parsed.GetValue(_json), output);
        return 0;
    }

    /// <summary>Null for the synthetic world, whose clips are encoded as fast as they are read, and where none is wanted.</summary>
    private FeatureCache? Cache(ParseResult parsed, string data, TensorType type, IVideoLanguageModel model, TextWriter error)
    {
        var folder = parsed.GetValue(_features);
        if (folder == NoFeatures || (folder is null && data == SyntheticData))
            return null;
        var cache = new FeatureCache(new FeatureCacheOptions { Folder = folder }, model.Info, type, warning => error.WriteLine($"score: warning: {warning}"));
        if (folder is null)
            MessageWriter.Inform(error, $"score: encoded videos are kept in {VisibleText.Message(cache.Folder)}, up to 50 GB (--features DIR for another folder, --features {NoFeatures} for none)");
        return cache;
    }

    private CommandFiles Files(ParseResult parsed, string output, string checkpoint)
    {
        var files = new CommandFiles("score train");
        foreach (var (option, rows) in new[] { ("--data", parsed.GetValue(_data)), ("--validation", parsed.GetValue(_validation)) })
            if (rows is not SyntheticData)
                files.Read(option, rows);
        files.Read("--videos", parsed.GetValue(_dataOptions.Videos));
        files.Read("--model", parsed.GetValue(_model));
        files.Write("--output", output, Path.GetExtension(output) == PipelineExtension ? OutputKind.Pipeline : OutputKind.Policy);
        files.Write(parsed.GetValue(_metrics) is null ? "the metrics record of --report" : "--metrics", MetricsPath(parsed), OutputKind.Metrics);
        files.Write("--report", parsed.GetValue(_report), OutputKind.Report);
        files.WriteInto("--features", parsed.GetValue(_features) is NoFeatures ? null : parsed.GetValue(_features));
        if (parsed.GetValue(_checkpoint) is null)
            files.WriteTemporarily("the checkpoint folder of --output", checkpoint, ScoreTrainer.CheckpointName, OutputKind.Checkpoint);
        else
            files.Write("--checkpoint", Path.Combine(checkpoint, ScoreTrainer.CheckpointName), OutputKind.Checkpoint);
        return files;
    }

    private (IReadOnlyCollection<CaptionedVideo> Training, IReadOnlyCollection<CaptionedVideo>? Validation) Rows(ParseResult parsed, string data, Func<string, string?> findCaptionFault) => (
        Rows(parsed, "--data", data, findCaptionFault, SyntheticSplit.PolicyTraining, parsed.GetValue(_images), parsed.GetValue(_videos), parsed.GetValue(_limit)),
        (parsed.GetValue(_validation) ?? (data == SyntheticData ? data : null)) is { } validation
            ? Rows(parsed, "--validation", validation, findCaptionFault, SyntheticSplit.Validation, images: 0, parsed.GetValue(_validationVideos), limit: null)
            : null);

    private IReadOnlyCollection<CaptionedVideo> Rows(
        ParseResult parsed, string option, string data, Func<string, string?> findCaptionFault, SyntheticSplit split, int images, int videos, int? limit)
    {
        if (data == SyntheticData)
            return CaptionedVideo.Synthetic(split, images, videos);
        if (RealPath.IsDevice(data))
            throw new IOException($"{option}: '{data}' is a device or a pipe, whose rows can be read once only; training reads them again each epoch. Write them to a file.");
        var skipped = new SkippedRows();
        var count = Read(skipped).Count();
        skipped.Report(parsed.InvocationConfiguration.Error, data);
        return count > 0 ? new RowFile(Read(new SkippedRows()), count) : throw new InvalidDataException($"'{data}' has no rows.");

        IEnumerable<CaptionedVideo> Read(SkippedRows skipped) => _dataOptions.Read(parsed, data, skipped, findCaptionFault).Take(limit ?? int.MaxValue);
    }

    private int Plan(ParseResult parsed, string data, string source, VideoModelOptions loading, CancellationToken cancellationToken)
    {
        var model = new PlannedModel(source, loading);
        var (training, validation) = Rows(parsed, data, _ => null);
        var features = parsed.GetValue(_features);
        var plan = new TrainingPlan(_trainer.Of(parsed), keepsFeatures: features != NoFeatures && (features is not null || data != SyntheticData)).Of(training, validation, model, cancellationToken);
        _dryRun.Print(parsed, plan, parsed.GetValue(_json));
        return 0;
    }

    private TrainerOptions Options(ParseResult parsed, string checkpoint) => _trainer.Of(parsed) with
    {
        SkipUnusableRows = parsed.GetValue(_dataOptions.SkipDamaged),
        CheckpointFolder = checkpoint,
        MetricsPath = MetricsPath(parsed),
    };

    /// <summary>A page is made of a record, which stays, so that a training that is stopped goes on with both.</summary>
    private string? MetricsPath(ParseResult parsed) => parsed.GetValue(_metrics) ?? (parsed.GetValue(_report) is { } report ? Path.ChangeExtension(report, ".jsonl") : null);

    private static void Print(string outputPath, string? reportPath, TrainingResult result, double? baseCrossEntropy, bool json, TextWriter output)
    {
        if (json)
        {
            output.WriteLine(JsonOutput.Format(new
            {
                output = outputPath,
                report = reportPath,
                steps = result.Steps,
                validationCrossEntropy = result.BestCrossEntropy,
                untrainedCrossEntropy = result.Policy.Provenance!.UntrainedCrossEntropy,
                baseCrossEntropy,
                warnings = result.Warnings,
                verdict = result.Verdict,
                wentWrong = result.WentWrong,
            }));
            return;
        }

        output.WriteLine($"output: {VisibleText.Message(outputPath)}");
        if (reportPath is not null)
            output.WriteLine($"report: {VisibleText.Message(reportPath)}");
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"steps: {result.Steps}"));
        if (result.BestCrossEntropy is { } best)
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"validation cross-entropy: {best:0.0000} nats a token{(baseCrossEntropy is { } all ? $" (all tokens: {all.ToString("0.0000", CultureInfo.InvariantCulture)})" : "")}"));
        output.WriteLine($"verdict: {VisibleText.Message(result.Verdict)}");
    }

    /// <summary>Turns the trainer's reports into progress, and remembers what the end needs.</summary>
    private sealed class TrainingReport : IProgress<TrainingProgress>
    {
        public WorkProgress? Progress { get; set; }

        public int Step { get; private set; }

        public int TotalSteps { get; private set; }

        public ValidationMetrics? LastValidation { get; private set; }

        public void Report(TrainingProgress value)
        {
            (Step, TotalSteps) = (value.Step, value.TotalSteps);
            LastValidation = value.Validation ?? LastValidation;
            if (value.Warning is { } warning)
                Progress?.Say($"score: warning: {warning}");
            if (value.Metrics is { } metrics)
                Progress?.Report(value.Step, value.TotalSteps, string.Create(CultureInfo.InvariantCulture,
                    $"{(metrics.Stage == TrainingStage.WarmUp ? "warm-up" : "main stage")}, cross-entropy {metrics.CrossEntropy:0.000} (all tokens {metrics.BaseCrossEntropy:0.000}), keeps {metrics.Retention:0%}"));
        }
    }
}
