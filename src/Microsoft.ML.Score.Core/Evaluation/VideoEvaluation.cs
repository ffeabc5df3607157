using System.Diagnostics;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>One video of a benchmark under several systems: it is encoded once, and what the records hold is not done again.</summary>
internal sealed class VideoEvaluation(MultipleChoiceBenchmark benchmark, BenchmarkVideo video, IVideoLanguageModel model, BenchmarkOptions options)
{
    private readonly Dictionary<int, EncodedClip> _scaled = [];
    private EncodedClip? _whole;

    /// <summary>Encodes the video as the systems with work left need it.</summary>
    /// <exception cref="ArgumentException">The clip is not one that the model can encode.</exception>
    /// <exception cref="InvalidDataException">A frame cannot be decoded.</exception>
    public void Encode(IEnumerable<BenchmarkSystem> systems, CancellationToken cancellationToken)
    {
        foreach (var system in systems.Where(system => !IsDone(system)))
        {
            _whole ??= Encode(clip => model.Encode(clip, cancellationToken));
            if (system.IsReencoded && TokensPerStep(system) is var tokens && !_scaled.ContainsKey(tokens))
                _scaled.Add(tokens, Encode(clip => ((IScalableVideoModel)model).EncodeScaled(clip, tokens, cancellationToken)));
        }
    }

    /// <summary>What a system does with the video, which was encoded for it.</summary>
    public (VideoResult Video, QuestionResult[] Questions) Run(BenchmarkSystem system, CancellationToken cancellationToken)
    {
        if (IsDone(system))
            return (ToResult(system, Recorded(system)!), [.. video.Questions.Select((question, number) => ToResult(system, question, Recorded(system, number)!))]);

        var encoded = system.IsReencoded ? _scaled[TokensPerStep(system)] : _whole!;
        var (kept, compress, gather) = Compress(system, encoded.Tokens);
        var line = Recorded(system) ?? Add(new VideoLine(
            benchmark.Name, system.Key, video.Id, _whole!.Tokens.Grid.Count, kept.Count,
            video.Caption is null ? null : model.CrossEntropy([kept], options.CaptionQuestion, video.Caption, cancellationToken)[0],
            encoded.Decode, encoded.Encode, compress, gather, PeakMemory()));
        var answers = video.Questions.Select((question, number) =>
            ToResult(system, question, Recorded(system, number) ?? Ask(system, kept, question, number, cancellationToken)));
        return (ToResult(system, line), [.. answers]);
    }

    private EncodedClip Encode(Func<VideoClip, VideoTokens> encode)
    {
        var clip = new TimedClip(video.Clip, options.TimeProvider);
        var start = options.TimeProvider.GetTimestamp();
        var tokens = encode(clip);
        var decode = clip.Elapsed.TotalMilliseconds;
        return new EncodedClip(tokens, decode, MillisecondsSince(start) - decode);
    }

    private (KeptTokens Kept, double Compress, double Gather) Compress(BenchmarkSystem system, VideoTokens tokens)
    {
        if (system.Compressor is null)
            return (KeptTokens.All(tokens), 0, 0);

        var ratio = system.RatioOf(tokens.Grid.Count);
        var start = options.TimeProvider.GetTimestamp();
        if (system.Compressor is not TokenPruner pruner)
            return (system.Compressor.Compress(tokens, ratio), MillisecondsSince(start), 0);

        var selected = pruner.Select(tokens, ratio);
        var compress = MillisecondsSince(start);
        start = options.TimeProvider.GetTimestamp();
        return (KeptTokens.Gather(tokens, selected), compress, MillisecondsSince(start));
    }

    /// <summary>Asks a question. The first piece of the answer comes when the prefill is over and one token is chosen.</summary>
    private QuestionLine Ask(BenchmarkSystem system, KeptTokens kept, MultipleChoiceQuestion question, int number, CancellationToken cancellationToken)
    {
        double? prefill = null;
        var start = options.TimeProvider.GetTimestamp();
        var response = model.Generate(
            kept, question.Text, new GenerationOptions { MaxNewTokens = options.MaxAnswerTokens }, _ => prefill ??= MillisecondsSince(start), cancellationToken);
        var total = MillisecondsSince(start);
        return Add(new QuestionLine(
            benchmark.Name, system.Key, video.Id, number, question.Id, question.Category, response, benchmark.FindOption(response, question), question.AnswerIndex,
            prefill ?? total, total - (prefill ?? total)));
    }

    private VideoResult ToResult(BenchmarkSystem system, VideoLine line) => new(
        system, video.Id, video.LengthClass, line.Tokens, line.Kept, line.CaptionCrossEntropy,
        new BenchmarkTimes(Time(line.Decode), Time(line.Encode), Time(line.Compress), Time(line.Gather)), line.PeakMemory);

    private QuestionResult ToResult(BenchmarkSystem system, MultipleChoiceQuestion question, QuestionLine line) => new(
        system, video.Id, video.LengthClass, line.Number, question.Category, line.Response, benchmark.FindOption(line.Response, question), question.AnswerIndex)
    {
        QuestionId = question.Id,
        Categories = question.Categories,
        OptionCount = question.Options.Count,
        PrefillTime = Time(line.Prefill),
        GenerationTime = Time(line.Generate),
    };

    private bool IsDone(BenchmarkSystem system) => Recorded(system) is not null && video.Questions.Select((_, number) => Recorded(system, number)).All(line => line is not null);

    private VideoLine? Recorded(BenchmarkSystem system) => options.Records?.FindVideo(benchmark.Name, system, video.Id);

    private QuestionLine? Recorded(BenchmarkSystem system, int number) => options.Records?.FindQuestion(benchmark.Name, system, video.Id, number);

    private VideoLine Add(VideoLine line)
    {
        options.Records?.Add(line);
        return line;
    }

    private QuestionLine Add(QuestionLine line)
    {
        options.Records?.Add(line);
        return line;
    }

    /// <summary>The budget of a step that is encoded again; whole steps have fewer tokens than one at the smallest ratios.</summary>
    private int TokensPerStep(BenchmarkSystem system)
    {
        var grid = _whole!.Tokens.Grid;
        return Math.Max(1, TopK.RetainedCount(system.RetentionRatio, grid.Count) / grid.TimeSteps);
    }

    private double MillisecondsSince(long start) => Math.Round(options.TimeProvider.GetElapsedTime(start).TotalMilliseconds, 3);

    private static TimeSpan Time(double milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    /// <summary>Tokens and the milliseconds that they took.</summary>
    private sealed record EncodedClip(VideoTokens Tokens, double Decode, double Encode);
}
