using System.Diagnostics;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>One video of a benchmark under several systems: it is encoded once, and what the records hold is not done again.</summary>
internal sealed class VideoEvaluation(MultipleChoiceBenchmark benchmark, BenchmarkVideo video, IVideoLanguageModel model, BenchmarkOptions options)
{
    /// <summary>Kept tokens that may be held to take turns: all systems' of a small model, hardly one's of a large model, whose prefill takes seconds anyway.</summary>
    private const long MostHeldBytes = 64 << 20;

    private const int MostRepeats = 5;
    private static readonly TimeSpan s_repeatedTime = TimeSpan.FromMilliseconds(10);

    private readonly Dictionary<int, EncodedClip> _scaled = [];
    private readonly string? _fileHash = options.Records is not null && video.Clip is VideoFile file ? Convert.ToHexStringLower(FeatureCache.KeyOfFile(file.Path)) : null;
    private EncodedClip? _whole;

    /// <summary>Encodes the video as the systems with work left need it, after the warm-up.</summary>
    /// <exception cref="InvalidOperationException">The records are about another file of this name, or other questions.</exception>
    /// <exception cref="ArgumentException">The clip is not one that the model can encode.</exception>
    /// <exception cref="InvalidDataException">A frame cannot be decoded.</exception>
    public void Encode(IEnumerable<BenchmarkSystem> systems, WarmUp warmUp, CancellationToken cancellationToken)
    {
        var all = systems.ToArray();
        if (all.Any(system => Recorded(system)?.FileHash is { } hash && hash != _fileHash))
            throw new InvalidOperationException(
                $"The video '{video.Id}' of {benchmark.Name} is not the one that '{options.Records!.Path}' holds answers about: "
                + $"{(video.Clip is VideoFile file ? $"'{file.Path}' has other content" : "it was a file and is none")}. Put the former video back, or name another file for the records.");
        foreach (var (number, question) in video.Questions.Index())
            if (options.Records?.FindPrompt(benchmark.Name, video.Id, number) is { } prompt && prompt != question.Text)
                throw new InvalidOperationException(
                    $"Question {number + 1} about the video '{video.Id}' of {benchmark.Name} is not the one that '{options.Records.Path}' holds answers to: its text, options or "
                    + "instructions are others now. Name another file for the records.");
        foreach (var system in all.Where(system => !IsDone(system)))
        {
            warmUp.Run(video, cancellationToken);
            _whole ??= Encode(clip => model.Encode(clip, cancellationToken));
            if (system.IsReencoded && TokensPerStep(system) is var tokens && !_scaled.ContainsKey(tokens))
                _scaled.Add(tokens, Encode(clip => ((IScalableVideoModel)model).EncodeScaled(clip, tokens, cancellationToken)));
        }
    }

    /// <summary>
    /// What each system does with the video, which was encoded for it. Systems take turns question by question: times that are compared are taken
    /// close to each other, so that whatever else the machine does meets all of them.
    /// </summary>
    public (VideoRecord Video, QuestionRecord[] Questions)[] Run(IReadOnlyList<BenchmarkSystem> systems, CancellationToken cancellationToken)
    {
        var results = new (VideoRecord Video, QuestionRecord[] Questions)[systems.Count];
        var turn = new List<(int Index, KeptTokens Kept)>();
        var held = 0L;
        foreach (var (index, system) in systems.Index())
        {
            if (IsDone(system))
            {
                results[index] = (Complete(Recorded(system)!, system), [.. video.Questions.Select((question, number) => Complete(Recorded(system, number)!, system, question))]);
                continue;
            }

            var (record, kept) = Compress(system, cancellationToken);
            results[index] = (Complete(record, system), new QuestionRecord[video.Questions.Count]);
            turn.Add((index, kept));
            held += system.Compressor is null ? 0 : (long)kept.Count * kept.Dimension * sizeof(float);
            if (held > MostHeldBytes)
                TakeTurns();
        }

        TakeTurns();
        return results;

        void TakeTurns()
        {
            foreach (var (number, question) in video.Questions.Index())
                foreach (var (index, kept) in turn)
                    results[index].Questions[number] = Complete(
                        Recorded(systems[index], number) ?? Ask(systems[index], kept, question, number, cancellationToken), systems[index], question);
            turn.Clear();
            held = 0;
        }
    }

    private (VideoRecord Record, KeptTokens Kept) Compress(BenchmarkSystem system, CancellationToken cancellationToken)
    {
        var encoded = system.IsReencoded ? _scaled[TokensPerStep(system)] : _whole!;
        var (kept, compress, gather) = Compress(system, encoded.Tokens);
        var record = Recorded(system) ?? Add(new VideoRecord(
            benchmark.Name, system.Key, video.Id, _whole!.Tokens.Grid.Count, kept.Count,
            video.Caption is null ? null : model.CrossEntropy([kept], options.CaptionQuestion, video.Caption, cancellationToken)[0],
            encoded.Decode, encoded.Encode, compress, gather, PeakMemory())
        {
            FileHash = _fileHash,
        });
        return (record, kept);
    }

    private EncodedClip Encode(Func<VideoClip, VideoTokens> encode)
    {
        var clip = new TimedClip(video.Clip, options.TimeProvider);
        var start = options.TimeProvider.GetTimestamp();
        var tokens = encode(clip);
        var whole = options.TimeProvider.GetElapsedTime(start);
        return new EncodedClip(tokens, AsRecorded(clip.Elapsed), AsRecorded(whole - clip.Elapsed));
    }

    private (KeptTokens Kept, TimeSpan Compress, TimeSpan Gather) Compress(BenchmarkSystem system, VideoTokens tokens)
    {
        if (system.Compressor is null)
            return (KeptTokens.All(tokens), default, default);

        var ratio = system.RatioOf(tokens.Grid.Count);
        if (system.Compressor is not TokenPruner pruner)
        {
            var (merged, merge) = Timed(() => system.Compressor.Compress(tokens, ratio));
            return (merged, merge, default);
        }

        var (selected, compress) = Timed(() => pruner.Select(tokens, ratio));
        var (kept, gather) = Timed(() => KeptTokens.Gather(tokens, selected));
        return (kept, compress, gather);
    }

    /// <summary>Work that happens once a video, and its time: the median of several where it takes a millisecond or two, which the first run after other work is not typical of.</summary>
    private (T Result, TimeSpan Time) Timed<T>(Func<T> work)
    {
        var times = new List<TimeSpan>();
        var begin = options.TimeProvider.GetTimestamp();
        while (true)
        {
            var start = options.TimeProvider.GetTimestamp();
            var result = work();
            times.Add(TimeSince(start));
            if (times.Count == MostRepeats || options.TimeProvider.GetElapsedTime(begin) > s_repeatedTime)
                return (result, AsRecorded(SystemTimes.Median(times, time => time)));
        }
    }

    /// <summary>Asks a question. A model that does not say when its prefill is over is held to its first piece of text.</summary>
    private QuestionRecord Ask(BenchmarkSystem system, KeptTokens kept, MultipleChoiceQuestion question, int number, CancellationToken cancellationToken)
    {
        TimeSpan? prefill = null;
        var start = options.TimeProvider.GetTimestamp();
        var generation = new GenerationOptions { MaxNewTokens = options.MaxAnswerTokens, Prefilled = EndPrefill };
        var response = model.Generate(kept, question.Text, generation, _ => EndPrefill(), cancellationToken);
        var total = TimeSince(start);
        options.Records?.Add(new PromptRecord(benchmark.Name, video.Id, number, question.Text));
        return Add(new QuestionRecord(
            benchmark.Name, system.Key, video.Id, number, question.Id, question.Category, response, benchmark.FindOption(response, question), question.AnswerIndex,
            prefill ?? total, AsRecorded(total - (prefill ?? total))));

        void EndPrefill() => prefill ??= TimeSince(start);
    }

    /// <summary>What a file does not hold; answers are read anew, so that a better reading serves records of before.</summary>
    private QuestionRecord Complete(QuestionRecord record, BenchmarkSystem system, MultipleChoiceQuestion question) => record with
    {
        System = system,
        LengthClass = video.LengthClass,
        QuestionId = question.Id,
        Category = question.Category,
        Categories = question.Categories,
        OptionCount = question.Options.Count,
        ChosenIndex = benchmark.FindOption(record.Response, question),
        AnswerIndex = question.AnswerIndex,
    };

    private VideoRecord Complete(VideoRecord record, BenchmarkSystem system) => record with { System = system, LengthClass = video.LengthClass };

    private bool IsDone(BenchmarkSystem system) => Recorded(system) is not null && video.Questions.Select((_, number) => Recorded(system, number)).All(line => line is not null);

    private VideoRecord? Recorded(BenchmarkSystem system) => options.Records?.FindVideo(benchmark.Name, system, video.Id);

    private QuestionRecord? Recorded(BenchmarkSystem system, int number) => options.Records?.FindQuestion(benchmark.Name, system, video.Id, number);

    private VideoRecord Add(VideoRecord record)
    {
        options.Records?.Add(record);
        return record;
    }

    private QuestionRecord Add(QuestionRecord record)
    {
        options.Records?.Add(record);
        return record;
    }

    /// <summary>The budget of a step that is encoded again; whole steps have fewer tokens than one at the smallest ratios.</summary>
    private int TokensPerStep(BenchmarkSystem system)
    {
        var grid = _whole!.Tokens.Grid;
        return Math.Max(1, TopK.RetainedCount(system.RetentionRatio, grid.Count) / grid.TimeSteps);
    }

    private TimeSpan TimeSince(long start) => AsRecorded(options.TimeProvider.GetElapsedTime(start));

    /// <summary>What a file gives back of a time, so that a run that goes on from it ends with the same figures.</summary>
    private static TimeSpan AsRecorded(TimeSpan time) => TimeSpan.FromMilliseconds(Math.Round(time.TotalMilliseconds, 3));

    private static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }

    /// <summary>Tokens and the time that they took.</summary>
    private sealed record EncodedClip(VideoTokens Tokens, TimeSpan Decode, TimeSpan Encode);

    /// <summary>A clip that measures how long its frames take to come, so that decoding is told from encoding. For one reading at a time.</summary>
    private sealed class TimedClip(VideoClip clip, TimeProvider clock) : VideoClip
    {
        public override int FrameCount => clip.FrameCount;

        public override int Height => clip.Height;

        public override int Width => clip.Width;

        public override double FramesPerSecond => clip.FramesPerSecond;

        internal override VideoClip OnWhite()
        {
            clip = clip.OnWhite();
            return this;
        }

        /// <summary>The time spent in <see cref="ReadFrames"/> so far, without that of who consumes the frames.</summary>
        public TimeSpan Elapsed { get; private set; }

        public override IEnumerable<ReadOnlyMemory<byte>> ReadFrames(IReadOnlyList<int> frameIndices, CancellationToken cancellationToken = default)
        {
            var start = clock.GetTimestamp();
            using var frames = clip.ReadFrames(frameIndices, cancellationToken).GetEnumerator();
            while (frames.MoveNext())
            {
                Elapsed += clock.GetElapsedTime(start);
                yield return frames.Current;
                start = clock.GetTimestamp();
            }

            Elapsed += clock.GetElapsedTime(start);
        }
    }
}
