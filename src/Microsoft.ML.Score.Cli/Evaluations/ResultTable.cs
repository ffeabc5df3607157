using System.Globalization;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Reports;
using Score.Cli.Output;

namespace Score.Cli.Evaluations;

/// <summary>A comparison as text like the paper's tables.</summary>
internal static class ResultTable
{
    private const int MostListed = 5;

    public static void Write(EvaluationDocument document, TextWriter writer)
    {
        var result = document.Result;
        Write(EvaluationTable.OfAccuracy(result), writer);
        writer.WriteLine();
        Write(EvaluationTable.OfTimes(result), writer);
        writer.WriteLine();
        foreach (var (benchmark, leftOut) in result.Benchmarks.Zip(document.QuestionsNotAsked))
        {
            writer.WriteLine($"{benchmark.Name}: {benchmark.Questions} questions about {benchmark.Videos} videos, {benchmark.Metrics[0]}, chance {Text($"{benchmark.ChanceLevel:0.0%}")}");
            WriteList(writer, "videos missing", benchmark.MissingVideos);
            WriteList(writer, "videos unreadable", benchmark.UnreadableVideos);
            WriteList(writer, "annotated questions not asked", leftOut);
        }

        if (result.Systems.Sum(system => system.UnreadableAnswers) is > 0 and var unreadable)
            writer.WriteLine($"from {unreadable} of {result.Systems.Count * result.Benchmarks.Sum(benchmark => benchmark.Questions)} answers no option could be read; they count as wrong");
        writer.WriteLine(Text($"{(document.Concurrency == 1 ? "one video" : $"{document.Concurrency} videos")} at a time; peak memory {result.PeakMemory / (double)(1 << 30):0.00} GiB"));
    }

    private static void Write(EvaluationTable table, TextWriter writer)
    {
        var text = new TextTable([.. table.Headers]) { KeyColumns = EvaluationTable.KeyColumns };
        foreach (var row in table.Rows)
            text.Add([.. row]);
        text.Write(writer);
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

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
