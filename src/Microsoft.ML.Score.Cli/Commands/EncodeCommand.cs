using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.ML.Score.Datasets.Training;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Score.Cli.Features;
using Score.Cli.Files;
using Score.Cli.Output;
using Score.Cli.Plans;
using Score.Cli.Training;
using Score.Cli.Usage;

namespace Score.Cli.Commands;

/// <summary><c>score encode</c>: the tokens of many videos as feature files, for training and everything else that takes them. Stopped or killed, the same command goes on.</summary>
internal sealed class EncodeCommand
{
    private static readonly Example[] s_examples =
    [
        new("score encode clip.mp4 synthetic:test-short-0 --output features", "Encode two videos with the embedded model."),
        new("score encode --data rows.jsonl --output features --skip-damaged", "Encode what score train --data rows.jsonl --features features will read, and pass over what cannot be read."),
        new("score encode --data videos --output features --model Qwen/Qwen2.5-VL-7B-Instruct --feature-type bf16", "Encode every video of a folder, in half the space."),
    ];

    private readonly Argument<string[]> _videos = new("video") { Description = "Video files, still images or clips of the synthetic world (synthetic:test-short-0).", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string?> _data = new("--data") { Description = "More videos: a folder of them, or a file of captioned images and videos as score train has it." };
    private readonly DataOptions _dataOptions = new();
    private readonly Option<string> _output = new("--output") { Description = "The folder of feature files, which score train --features reads; those that it has stay.", Required = true };
    private readonly Option<string> _model = CommonOptions.Model();
    private readonly Option<double> _memory = CommonOptions.Memory();
    private readonly Option<string> _backend = CommonOptions.Backend();
    private readonly Qwen3Options _qwen3 = new();
    private readonly Option<string> _featureType = CommonOptions.FeatureType("How numbers are stored: f32 as they are, the others rounded, in half the size. Training finds those of its own --feature-type.");
    private readonly FrameOptions _frames = new();
    private readonly Option<int?> _limit = CommonOptions.Limit("videos");
    private readonly DryRunOptions _dryRun = new();
    private readonly Option<bool> _json = CommonOptions.Json();

    public static Command Create(Func<string, VideoModelOptions, IVideoLanguageModel> loadModel)
    {
        var encode = new EncodeCommand();
        encode._videos.Validators.Add(CommonOptions.CheckClipNames);
        var command = new ExampledCommand("encode", "Encode videos into a folder of feature files, each once; what is there already is not encoded again.", s_examples)
        {
            encode._videos, encode._data, encode._dataOptions.Format, encode._dataOptions.Videos, encode._dataOptions.SkipDamaged, encode._dataOptions.Reading.Timeout, encode._limit, encode._output,
            encode._model, encode._memory, encode._backend, encode._qwen3.FrameRules, encode._featureType,
        };
        foreach (var option in encode._frames.All.Concat([encode._dryRun.DryRun, encode._dryRun.Flops, QuietOption.Create(), encode._json]))
            command.Options.Add(option);
        command.Validators.Add(encode.Check);
        command.SetAction((parsed, cancellationToken) => Task.Run(() => encode.Run(parsed, loadModel, cancellationToken), cancellationToken));
        return command;
    }

    private void Check(CommandResult result)
    {
        _qwen3.RefuseIdle(result, _model);
        _frames.RefuseContradictions(result);
        _dryRun.RefuseIdle(result);
        if (IdleOptions.IsWrong(result, _data))
            return;
        if (result.GetResult(_data) is null)
        {
            IdleOptions.Refuse(result, "says how a file of rows is read, and there is no --data; leave it out or name the file.", _dataOptions.Format, _dataOptions.Videos);
            if (result.GetResult(_videos) is null or { Tokens.Count: 0 })
                result.AddError("There is nothing to encode: name videos, or a folder or file of them with --data.");
        }
        else if (result.GetValue(_data) == TrainCommand.SyntheticData)
        {
            result.AddError("--data must be a folder or a file, got 'synthetic': the synthetic world's clips are named one by one, as synthetic:test-short-0.");
        }
    }

    private int Run(ParseResult parsed, Func<string, VideoModelOptions, IVideoLanguageModel> loadModel, CancellationToken cancellationToken)
    {
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        var folder = parsed.GetRequiredValue(_output);
        using var files = new CommandFiles("score encode");
        foreach (var video in parsed.GetRequiredValue(_videos))
            files.Read("the video", video);
        files.Read("--data", parsed.GetValue(_data));
        files.Read("--videos", parsed.GetValue(_dataOptions.Videos));
        files.Read("--model", parsed.GetValue(_model));
        files.WriteInto("--output", folder);
        files.Write("the index in --output", Path.Combine(folder, FeatureIndex.FileName), OutputKind.FeatureIndex);
        if (_dryRun.IsAsked(parsed))
            files.Check();
        else
            files.Claim();
        var skipped = new SkippedRows();
        var videos = Videos(parsed, skipped).Take(parsed.GetValue(_limit) ?? int.MaxValue).ToList();
        var source = parsed.GetRequiredValue(_model);
        var loading = CommonOptions.Loading(parsed.GetValue(_memory), parsed.GetRequiredValue(_backend), _qwen3.Of(parsed, source), error, _frames.Of(parsed, source));
        if (_dryRun.IsAsked(parsed))
        {
            _dryRun.Print(parsed, Plan(new PlannedModel(source, loading), videos, cancellationToken), parsed.GetValue(_json));
            return 0;
        }

        using var model = loadModel(source, loading);
        var type = Enum.Parse<TensorType>(parsed.GetRequiredValue(_featureType), ignoreCase: true);
        var index = new FeatureIndex(folder);
        CorpusEncoder encoder;
        try
        {
            using var progress = new WorkProgress(error);
            var room = new DiskRoom(VideoModel.Describe(source), loading, model.Info, type);
            encoder = new CorpusEncoder(model, new FeatureCache(new FeatureCacheOptions { Folder = folder }, model.Info, type), index, progress)
            {
                SkipUnread = parsed.GetValue(_dataOptions.SkipDamaged),
                CheckRoom = (left, token) => room.Check(folder, left, text => progress.Report(0, left.Count, text), token),
            };
            encoder.Run(videos, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            error.WriteLine($"score: stopped; what is encoded is kept in {VisibleText.Message(folder)}, and the same command goes on.");
            return 130;
        }
        finally
        {
            index.Save();
        }

        skipped.Report(error, parsed.GetValue(_data) ?? "");
        CommonOptions.WarnOfLimits(model, encoder.Grids, error);
        Print(folder, encoder, Enum.GetValues<SkipReason>().Sum(skipped.Count), parsed.GetValue(_json), output);
        return 0;
    }

    /// <summary>Those of the command line, then those of the data, whose rows are all read before any work.</summary>
    private List<CorpusVideo> Videos(ParseResult parsed, SkippedRows skipped)
    {
        var readOptions = _dataOptions.Reading.Of(parsed);
        var videos = parsed.GetRequiredValue(_videos).Select(text => CorpusVideo.Named(text, readOptions)).ToList();
        if (parsed.GetValue(_data) is not { } data)
            return videos;
        if (!Directory.Exists(data))
            return [.. videos, .. _dataOptions.Read(parsed, data, skipped, _ => null).Select(row => new CorpusVideo(row.Video.Text, row.VideoPlace, () => row.Video))];
        foreach (var option in new Option[] { _dataOptions.Format, _dataOptions.Videos })
            if (IdleOptions.IsGiven(parsed.CommandResult, option))
                throw new ArgumentException($"{option.Name} says how a file of rows is read, and --data '{data}' is a folder; leave it out.");
        return [.. videos, .. CorpusVideo.InFolder(data, readOptions)];
    }

    private static WorkPlan Plan(PlannedModel model, List<CorpusVideo> videos, CancellationToken cancellationToken)
    {
        var plan = new WorkPlan("score encode", model);
        plan.Count("videos", videos.Count);
        var flops = new List<double>();
        foreach (var index in WorkPlan.Sample(videos.Count))
        {
            var grid = model.GridOf(videos[index].Open(), cancellationToken);
            plan.See(grid, grid.Count);
            flops.Add(model.Description.EncodingFlops(grid));
        }

        plan.EncodingFlops = flops.Count == 0 ? 0 : flops.Average() * videos.Count;
        plan.Note("videos that are in the folder already are counted too");
        if (videos.Count > flops.Count)
            plan.Note($"of many videos {flops.Count} at equal distances were looked into");
        return plan;
    }

    private static void Print(string folder, CorpusEncoder encoder, int rowsPassedOver, bool json, TextWriter output)
    {
        if (json)
        {
            output.WriteLine(JsonOutput.Format(new
            {
                output = folder,
                index = Path.Combine(folder, FeatureIndex.FileName),
                videos = encoder.Videos,
                encoded = encoder.Encoded,
                alreadyThere = encoder.AlreadyThere,
                passedOver = encoder.Unread.Select(video => new { video = video.Video, reason = video.Reason }),
                rowsPassedOver,
                bytes = encoder.Bytes,
                newBytes = encoder.NewBytes,
            }));
            return;
        }

        output.WriteLine($"encoded: {encoder.Encoded}, already there: {encoder.AlreadyThere}, passed over: {encoder.Unread.Count + rowsPassedOver}");
        output.WriteLine($"features: {ByteCount.Format(encoder.Bytes)} in {VisibleText.Message(folder)}, of which {ByteCount.Format(encoder.NewBytes)} are new; {FeatureIndex.FileName} says which file is whose");
    }
}
