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
        new("score train --data rows.jsonl --output pipeline.zip --metrics metrics.jsonl --warm-up-steps 2 --main-steps 4", "Write an ML.NET model that encodes and compresses, and record every step."),
    ];

    private static readonly TrainerOptions s_defaults = new();

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
    private readonly Option<string> _output = CommonOptions.Required(
        "--output", $"What to write: the policy ({PolicyExtension}), or an ML.NET model that encodes and compresses ({PipelineExtension}).",
        $"a {PolicyExtension} or {PipelineExtension} file", path => Path.GetExtension(path) is PolicyExtension or PipelineExtension);

    private readonly Option<int> _warmUpSteps = CommonOptions.AtLeast("--warm-up-steps", "Steps on pseudo-videos made of still images.", 0, s_defaults.WarmUpSteps);
    private readonly Option<int> _mainSteps = CommonOptions.AtLeast("--main-steps", "Steps on videos.", 0, s_defaults.MainSteps);
    private readonly Option<int> _batchSize = CommonOptions.AtLeast("--batch-size", "Videos of a step.", 1, s_defaults.BatchSize);
    private readonly Option<double> _learningRate = CommonOptions.Positive("--learning-rate", "Adam's learning rate.", s_defaults.LearningRate);
    private readonly Option<double> _retentionRatio = CommonOptions.Ratio(
        "--retention-ratio", "The share of tokens kept in validation and by the ML.NET model.", s_defaults.RetentionRatio);

    private readonly Option<bool> _withoutResidual = new("--without-residual")
    {
        Description = "Score tokens by themselves, not by their change: the paper's ablation (table 5).",
    };

    private readonly Option<bool> _scoreDeepStack = new("--score-deepstack") { Description = "Score the DeepStack features of Qwen3-VL's tokens beside their vectors." };

    private readonly Option<int> _seed = CommonOptions.Whole("--seed", "The same seed and data give the same policy, bit for bit.", s_defaults.Seed);

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

    private readonly Option<double[]> _validationRatios = CommonOptions.List<double>(
        "--validation-ratios", "Further shares of tokens at which each validation measures its policy, for the metrics.", [], "ratios above 0 and at most 1",
        text => NumberText.Parse<double>(text) is { } ratio and > 0 and <= 1 ? ratio : null);

    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Create(Func<string, VideoModelOptions, IVideoLanguageModel> loadModel)
    {
        var train = new TrainCommand();
        var command = new ExampledCommand("train", "Learn a compression policy from a frozen model's cross-entropy of captions.", s_examples)
        {
            train._data, train._dataOptions.Format, train._dataOptions.Videos, train._dataOptions.SkipDamaged, train._dataOptions.Reading.Timeout, train._validation,
            train._images, train._videos, train._validationVideos, train._model, train._memory, train._backend,
            train._qwen3.FrameRules, train._qwen3.OuterMarkers, train._qwen3.DropEmptySteps, train._output,
            train._warmUpSteps, train._mainSteps, train._batchSize, train._learningRate, train._retentionRatio, train._withoutResidual, train._scoreDeepStack, train._seed,
            train._features, train._featureType, train._checkpoint, train._metrics, train._report, train._validationRatios, train._overwrite, train._json,
        };
        command.Validators.Add(result =>
        {
            if (CommonOptions.ValueOf(result, train._warmUpSteps) is { } warmUpSteps && CommonOptions.ValueOf(result, train._mainSteps) is { } mainSteps
                && (long)warmUpSteps + mainSteps is < 1 or > int.MaxValue)
                result.AddError($"--warm-up-steps and --main-steps together must be from 1 to {int.MaxValue}.");
            train.RefuseIdle(result);
        });
        command.SetAction((parsed, cancellationToken) => Task.Run(() => train.Run(parsed, loadModel, cancellationToken), cancellationToken));
        return command;
    }

    private void RefuseIdle(CommandResult result)
    {
        _qwen3.RefuseIdle(result, _model, _scoreDeepStack);
        if (result.GetResult(_data) is not { } given || given.Errors.Any() || given.Tokens is not [{ Value: var data }])
            return;
        var validation = IdleOptions.IsGiven(result, _validation) ? result.GetValue(_validation) : data == SyntheticData ? data : null;
        if (data == SyntheticData && validation == SyntheticData)
            IdleOptions.Refuse(result, "says how a file of rows is read, and --data is synthetic; leave it out or name a file.", _dataOptions.Format, _dataOptions.Videos, _dataOptions.SkipDamaged);
        if (data != SyntheticData)
            IdleOptions.Refuse(result, "says how much synthetic data is made, and --data is a file; leave it out or give --data synthetic.", _images, _videos);
        if (validation is null)
            IdleOptions.Refuse(result, "says what validations measure, and there is no --validation; leave it out or give one.", _validationRatios);
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
        files.Claim();
        var checkpointFile = Path.Combine(checkpoint, ScoreTrainer.CheckpointName);
        new FinishedTraining(outputPath, MetricsPath(parsed), checkpointFile, staysFinished: parsed.GetValue(_checkpoint) is not null).MakeWay(parsed.GetValue(_overwrite));
        var source = parsed.GetRequiredValue(_model);
        using var model = loadModel(source, CommonOptions.Loading(parsed.GetValue(_memory), parsed.GetRequiredValue(_backend), _qwen3.Of(parsed, source), error));
        var trainingRows = Rows(parsed, "--data", data, model, SyntheticSplit.PolicyTraining, parsed.GetValue(_images), parsed.GetValue(_videos));
        var validationRows = (parsed.GetValue(_validation) ?? (data == SyntheticData ? data : null)) is { } validation
            ? Rows(parsed, "--validation", validation, model, SyntheticSplit.Validation, images: 0, parsed.GetValue(_validationVideos))
            : null;
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
            PipelineFile.Save(outputPath, result.Policy, model, parsed.GetValue(_retentionRatio));
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
            error.WriteLine($"score: encoded videos are kept in {VisibleText.Message(cache.Folder)}, up to 50 GB (--features DIR for another folder, --features {NoFeatures} for none)");
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

    private IReadOnlyCollection<CaptionedVideo> Rows(ParseResult parsed, string option, string data, IVideoLanguageModel model, SyntheticSplit split, int images, int videos)
    {
        if (data == SyntheticData)
            return CaptionedVideo.Synthetic(split, images, videos);
        if (RealPath.IsDevice(data))
            throw new IOException($"{option}: '{data}' is a device or a pipe, whose rows can be read once only; training reads them again each epoch. Write them to a file.");
        var skipped = new SkippedRows();
        var count = _dataOptions.Read(parsed, data, skipped, model.FindTextFault).Count();
        skipped.Report(parsed.InvocationConfiguration.Error, data);
        return count > 0 ? new RowFile(_dataOptions.Read(parsed, data, new SkippedRows(), model.FindTextFault), count) : throw new InvalidDataException($"'{data}' has no rows.");
    }

    private TrainerOptions Options(ParseResult parsed, string checkpoint) => new()
    {
        Seed = parsed.GetValue(_seed),
        BatchSize = parsed.GetValue(_batchSize),
        LearningRate = parsed.GetValue(_learningRate),
        WarmUpSteps = parsed.GetValue(_warmUpSteps),
        MainSteps = parsed.GetValue(_mainSteps),
        RetentionRatio = parsed.GetValue(_retentionRatio),
        UseResidual = !parsed.GetValue(_withoutResidual),
        ScoreDeepStack = parsed.GetValue(_scoreDeepStack),
        SkipUnusableRows = parsed.GetValue(_dataOptions.SkipDamaged),
        CheckpointFolder = checkpoint,
        MetricsPath = MetricsPath(parsed),
        FurtherValidationRatios = parsed.GetRequiredValue(_validationRatios),
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
