using System.Globalization;
using Microsoft.ML.Score.Datasets;
using Microsoft.ML.Score.Evaluation;
using Score.Cli.Output;

namespace Score.Cli.Evaluations;

/// <summary>
/// What an evaluation found, as text like the paper's tables and as JSON. Several benchmarks are averaged, each counting as much as another.
/// Intervals are 95% bootstrap intervals over videos, paired where systems are compared.
/// </summary>
internal sealed class EvaluationTable
{
    private const int MostListed = 5;

    private readonly (MultipleChoiceBenchmark Benchmark, BenchmarkResult Result)[] _benchmarks;
    private readonly EvaluationSettings _settings;
    private readonly EvaluationRow[] _rows;

    /// <param name="benchmarks">What was run, at least one.</param>
    /// <param name="systems">The systems of every result, all tokens first.</param>
    /// <param name="settings">How it was run.</param>
    public EvaluationTable((MultipleChoiceBenchmark Benchmark, BenchmarkResult Result)[] benchmarks, IReadOnlyList<BenchmarkSystem> systems, EvaluationSettings settings)
    {
        _benchmarks = benchmarks;
        _settings = settings;
        var average = new BenchmarkAverage([.. benchmarks.Select(benchmark => (benchmark.Result, benchmark.Benchmark.Metrics[0]))]);
        _rows = [.. systems.Select(system => EvaluationRow.Create(system, systems, benchmarks, average, settings.Seed))];
    }

    public void Write(TextWriter writer)
    {
        WriteAccuracy(writer);
        writer.WriteLine();
        WriteTimes(writer);
        writer.WriteLine();
        foreach (var (benchmark, result) in _benchmarks)
        {
            var accuracy = result.Accuracy([_rows[0].System]);
            writer.WriteLine($"{benchmark.Name}: {accuracy.Count} questions about {accuracy.Clusters} videos, {benchmark.Metrics[0].Name}, chance {Percent(result.ChanceLevel)}");
            WriteList(writer, "videos missing", result.MissingVideos);
            WriteList(writer, "videos unreadable", result.UnreadableVideos);
            WriteList(writer, "annotated questions not asked", LeftOut(benchmark));
        }

        if (_rows.Sum(row => row.UnreadableAnswers) is > 0 and var unreadable)
            writer.WriteLine($"from {unreadable} of {_benchmarks.Sum(benchmark => benchmark.Result.Questions.Count)} answers no option could be read; they count as wrong");
        writer.WriteLine(Text($"{(_settings.Concurrency == 1 ? "one video" : $"{_settings.Concurrency} videos")} at a time; peak memory {PeakMemory / (double)(1 << 30):0.00} GiB"));
    }

    /// <summary>What <c>--json</c> writes. All that hangs on the clock and on memory stands under "measured".</summary>
    public object ToJson() => new
    {
        run = _settings.Run,
        seed = _settings.Seed,
        benchmarks = _benchmarks.Select(benchmark => new
        {
            name = benchmark.Benchmark.Name,
            metrics = benchmark.Benchmark.Metrics.Select(metric => metric.Name),
            videos = benchmark.Result.Videos.Select(video => video.VideoId).Distinct().Count(),
            questions = benchmark.Result.Questions.Count / _rows.Length,
            chance = benchmark.Result.ChanceLevel,
            missingVideos = benchmark.Result.MissingVideos,
            unreadableVideos = benchmark.Result.UnreadableVideos,
            questionsNotAsked = LeftOut(benchmark.Benchmark),
        }),
        systems = _rows.Select(row => row.ToJson(_rows[0])),
        measured = new { concurrency = _settings.Concurrency, peakMemoryBytes = PeakMemory },
    };

    private long PeakMemory => _benchmarks.Max(benchmark => benchmark.Result.Videos.Max(video => video.PeakMemory));

    private void WriteAccuracy(TextWriter writer)
    {
        var several = _rows[0].Scores.Count > 1;
        var table = new TextTable([
            "system", "budget", "kept", .. _rows[0].Scores.SelectMany(score => Headers(score, several)), .. several ? ["average"] : Array.Empty<string>(),
            "% of all tokens", "95% interval", "SCORE minus it", "95% interval", "caption CE", "tokens", "prefill (ms)", "speed-up"]);
        foreach (var row in _rows)
            table.Add([
                row.System.Name, row.System.Budget, Percent(row.Retention), .. row.Scores.SelectMany(Cells), .. several ? [Percent(row.Average.Value)] : Array.Empty<string>(),
                row.Kept is { } kept ? Text($"{100 * kept.Value:0.0}") : "-", Interval(row.Kept),
                row.ScoreMinusThis is { } difference ? Text($"{100 * difference.Value:0.0} pt") : "-", Interval(row.ScoreMinusThis),
                row.CaptionCrossEntropy is { } crossEntropy ? Text($"{crossEntropy.Value:0.000}") : "-",
                Text($"{row.Tokens:0.0}"), Milliseconds(row.Prefill), Text($"{row.SpeedUp(_rows[0]):0.0}x")]);
        table.Write(writer);
    }

    private void WriteTimes(TextWriter writer)
    {
        var table = new TextTable("ms", "budget", "decode", "encode", "compress", "gather", "prefill", "generate");
        foreach (var row in _rows)
            table.Add(
                row.System.Name, row.System.Budget, Milliseconds(row.Times.Decoding), Milliseconds(row.Times.Encoding),
                Milliseconds(row.Times.Compression), Milliseconds(row.Times.Gather), Milliseconds(row.Prefill), Milliseconds(row.Generation));
        table.Write(writer);
    }

    private static void WriteList(TextWriter writer, string what, IReadOnlyList<string> items)
    {
        if (items.Count == 0)
            return;
        writer.WriteLine($"  {items.Count} {what}:");
        foreach (var item in items.Take(MostListed))
            writer.WriteLine($"    {VisibleText.Message(item)}");
        if (items.Count > MostListed)
            writer.WriteLine($"    and {items.Count - MostListed} more, which --json lists");
    }

    private static string[] LeftOut(MultipleChoiceBenchmark benchmark) =>
        benchmark is AnnotatedBenchmark annotated ? [.. annotated.LeftOut.Select(question => $"{question.Where}: {question.Reason}")] : [];

    private static IEnumerable<string> Headers(BenchmarkScore score, bool several) =>
        [several ? score.Benchmark : "accuracy", .. score.ByLength.Count > 1 ? score.ByLength.Select(length => length.LengthClass) : []];

    private static IEnumerable<string> Cells(BenchmarkScore score) =>
        [Percent(score.Metrics[0].Estimate.Value), .. score.ByLength.Count > 1 ? score.ByLength.Select(length => Percent(length.Accuracy.Value)) : []];

    private static string Milliseconds(TimeSpan time) => Text($"{time.TotalMilliseconds:0.0}");

    private static string Percent(double value) => Text($"{value:0.0%}");

    private static string Interval(Estimate? estimate) => estimate is null ? "-" : Text($"{100 * estimate.Low:0.0} to {100 * estimate.High:0.0}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
