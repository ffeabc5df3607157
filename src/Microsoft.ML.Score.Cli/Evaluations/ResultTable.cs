using System.Globalization;
using Microsoft.ML.Score.Evaluation;
using Score.Cli.Output;

namespace Score.Cli.Evaluations;

/// <summary>A comparison as text like the paper's tables.</summary>
internal static class ResultTable
{
    private const int MostListed = 5;

    public static void Write(ComparisonResult comparison, TextWriter writer)
    {
        var result = comparison.Result;
        WriteAccuracy(result, writer);
        writer.WriteLine();
        WriteTimes(result, writer);
        writer.WriteLine();
        foreach (var (benchmark, leftOut) in result.Benchmarks.Zip(comparison.LeftOut))
        {
            writer.WriteLine($"{benchmark.Name}: {benchmark.Questions} questions about {benchmark.Videos} videos, {benchmark.Metrics[0]}, chance {Percent(benchmark.ChanceLevel)}");
            WriteList(writer, "videos missing", benchmark.MissingVideos);
            WriteList(writer, "videos unreadable", benchmark.UnreadableVideos);
            WriteList(writer, "annotated questions not asked", leftOut);
        }

        if (result.Systems.Sum(system => system.UnreadableAnswers) is > 0 and var unreadable)
            writer.WriteLine($"from {unreadable} of {result.Systems.Count * result.Benchmarks.Sum(benchmark => benchmark.Questions)} answers no option could be read; they count as wrong");
        writer.WriteLine(Text($"{(comparison.Concurrency == 1 ? "one video" : $"{comparison.Concurrency} videos")} at a time; peak memory {result.PeakMemory / (double)(1 << 30):0.00} GiB"));
    }

    private static void WriteAccuracy(BenchmarkResult result, TextWriter writer)
    {
        var several = result.Benchmarks.Count > 1;
        var table = new TextTable([
            "system", "budget", "kept", .. result.Systems[0].Benchmarks.SelectMany(score => Headers(score, several)), .. several ? ["average"] : Array.Empty<string>(),
            "% of all tokens", "95% interval", "SCORE minus it", "95% interval", "caption CE", "tokens", "prefill (ms)", "speed-up"]);
        foreach (var system in result.Systems)
            table.Add([
                system.Name, Budget(system), Percent(system.Retention), .. system.Benchmarks.SelectMany(Cells), .. several ? [Percent(system.Accuracy.Value)] : Array.Empty<string>(),
                system.KeptShare is { } kept ? Text($"{100 * kept.Value:0.0}") : "-", Interval(system.KeptShare),
                system.ReferenceMinusThis is { } difference ? Text($"{100 * difference.Value:0.0} pt") : "-", Interval(system.ReferenceMinusThis),
                system.CaptionCrossEntropy is { } crossEntropy ? Text($"{crossEntropy.Value:0.000}") : "-",
                Text($"{system.Tokens:0.0}"), Milliseconds(system.Times.Prefill), Text($"{system.SpeedUp:0.0}x")]);
        table.Write(writer);
    }

    private static void WriteTimes(BenchmarkResult result, TextWriter writer)
    {
        var table = new TextTable("ms", "budget", "decode", "encode", "compress", "gather", "prefill", "generate");
        foreach (var system in result.Systems)
            table.Add(
                system.Name, Budget(system), Milliseconds(system.Times.Decoding), Milliseconds(system.Times.Encoding),
                Milliseconds(system.Times.Compression), Milliseconds(system.Times.Gather), Milliseconds(system.Times.Prefill), Milliseconds(system.Times.Generation));
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

    private static string Budget(SystemResult system) => Text($"{(system.TokenCount is { } count ? $"{count} tokens" : Text($"{system.RetentionRatio:0.##%}"))}");

    private static IEnumerable<string> Headers(BenchmarkScore score, bool several) =>
        [several ? score.Benchmark : "accuracy", .. score.ByLength.Count > 1 ? score.ByLength.Select(length => length.Name) : []];

    private static IEnumerable<string> Cells(BenchmarkScore score) =>
        [Percent(score.Metrics[0].Estimate.Value), .. score.ByLength.Count > 1 ? score.ByLength.Select(length => Percent(length.Estimate.Value)) : []];

    private static string Milliseconds(TimeSpan time) => Text($"{time.TotalMilliseconds:0.0}");

    private static string Percent(double value) => Text($"{value:0.0%}");

    private static string Interval(Estimate? estimate) => estimate is null ? "-" : Text($"{100 * estimate.Low:0.0} to {100 * estimate.High:0.0}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
