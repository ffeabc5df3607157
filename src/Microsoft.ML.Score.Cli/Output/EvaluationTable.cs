using System.Globalization;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Cli.Output;

/// <summary>
/// Compressors at several retention ratios on the synthetic benchmark, all tokens first. At each ratio the rivals are compared with the compressor
/// named SCORE on the same questions; intervals are 95% bootstrap intervals over videos.
/// </summary>
internal sealed class EvaluationTable
{
    private const string ScoreName = "SCORE";

    private readonly SyntheticBenchmark _benchmark;
    private readonly BenchmarkSystem[] _systems;
    private readonly int _seed;
    private Row[] _rows = [];

    public EvaluationTable(SyntheticBenchmark benchmark, ITokenCompressor[] compressors, double[] ratios, int seed)
    {
        _benchmark = benchmark;
        _systems = [BenchmarkSystem.AllTokens, .. ratios.SelectMany(ratio => compressors.Select(compressor => new BenchmarkSystem(compressor, ratio)))];
        _seed = seed;
    }

    /// <summary>Runs the benchmark.</summary>
    /// <param name="model">The frozen model.</param>
    /// <param name="report">Told the number of videos done and of all.</param>
    /// <param name="cancellationToken">Stops between questions.</param>
    public void Run(IVideoLanguageModel model, Action<int, int> report, CancellationToken cancellationToken)
    {
        var result = _benchmark.Evaluate(model, _systems, progress: new VideoProgress(done => report(done, _benchmark.Count)), cancellationToken: cancellationToken);
        _rows = [.. _systems.Select(system => RowOf(system, result))];
    }

    public void Write(TextWriter writer)
    {
        var table = new TextTable("system", "ratio", "accuracy", "95% interval", "SCORE minus it", "95% interval", "caption CE", "tokens", "prefill (ms)");
        foreach (var row in _rows)
            table.Add(
                row.System.Name, Text($"{row.System.RetentionRatio:0.##%}"), Text($"{row.Accuracy.Value:0.0%}"), Interval(row.Accuracy),
                row.ScoreMinusThis is { } difference ? Text($"{100 * difference.Value:0.0} pt") : "-", row.ScoreMinusThis is { } paired ? Interval(paired) : "-",
                Text($"{row.CaptionCrossEntropy.Value:0.000}"), Text($"{row.Tokens:0.0}"), Text($"{row.PrefillMilliseconds:0.0}"));
        table.Write(writer);

        var lengths = _rows[0].ByLength;
        if (lengths.Count > 1)
        {
            writer.WriteLine();
            var byLength = new TextTable(["accuracy", "ratio", .. lengths.Select(length => length.LengthClass)]);
            foreach (var row in _rows)
                byLength.Add([row.System.Name, Text($"{row.System.RetentionRatio:0.##%}"), .. row.ByLength.Select(length => Text($"{length.Accuracy.Value:0.0%}"))]);
            byLength.Write(writer);
        }

        var accuracy = _rows[0].Accuracy;
        writer.WriteLine();
        writer.WriteLine($"{_benchmark.Name}: {accuracy.Count} questions about {accuracy.Clusters} videos");
    }

    /// <summary>What <c>--json</c> writes.</summary>
    public object ToJson() => new
    {
        benchmark = _benchmark.Name,
        seed = _seed,
        videos = _benchmark.Count,
        systems = _rows.Select(row => new
        {
            name = row.System.Name,
            retentionRatio = row.System.RetentionRatio,
            accuracy = ToJson(row.Accuracy),
            accuracyByLength = row.ByLength.ToDictionary(length => length.LengthClass, length => ToJson(length.Accuracy)),
            scoreMinusThis = row.ScoreMinusThis is { } difference ? ToJson(difference) : null,
            captionCrossEntropy = ToJson(row.CaptionCrossEntropy),
            tokens = row.Tokens,
            prefillMilliseconds = row.PrefillMilliseconds,
            unreadableAnswers = row.UnreadableAnswers,
        }),
    };

    private Row RowOf(BenchmarkSystem system, BenchmarkResult result)
    {
        var score = _systems.FirstOrDefault(other => other.Compressor is ScoreCompressor { Name: ScoreName } && other.RetentionRatio == system.RetentionRatio);
        return new Row(
            system, result.Accuracy([system], seed: _seed), result.AccuracyByLength([system], _seed),
            score is null || score == system || system.Compressor is null ? null : result.Difference([score], [system], seed: _seed),
            result.CaptionCrossEntropy([system], _seed), result.KeptCount([system]), result.PrefillTime([system]).TotalMilliseconds, result.UnreadableAnswers([system]));
    }

    private static object ToJson(Estimate estimate) => new { value = estimate.Value, low = estimate.Low, high = estimate.High, count = estimate.Count };

    private static string Interval(Estimate estimate) => Text($"{100 * estimate.Low:0.0} to {100 * estimate.High:0.0}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private sealed record Row(
        BenchmarkSystem System, Estimate Accuracy, IReadOnlyList<(string LengthClass, Estimate Accuracy)> ByLength, Estimate? ScoreMinusThis,
        Estimate CaptionCrossEntropy, double Tokens, double PrefillMilliseconds, int UnreadableAnswers);

    /// <summary>Reports at once, on the thread that does the work.</summary>
    private sealed class VideoProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
