using System.Text;
using Microsoft.ML.Score.Reports.Charts;
using Microsoft.ML.Score.Reports.Pages;
using Microsoft.ML.Score.Reports.Training;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Reports;

/// <summary>A training as a page that a person looks at, and as a table for programs; both of the metrics record, of a training under way too.</summary>
/// <example><code>TrainingPage.Write(TrainingRecord.Read("metrics.jsonl"), "training.html", "metrics.jsonl");</code></example>
public static class TrainingPage
{
    /// <summary>Writes the page: one HTML file that loads nothing. It appears whole or not at all.</summary>
    /// <param name="record">The training's metrics record.</param>
    /// <param name="path">The file to write; an existing one is replaced.</param>
    /// <param name="source">What the page says it was made from, such as the record's file name; null for nothing.</param>
    /// <exception cref="IOException">The file cannot be written; an older one stays as it was.</exception>
    public static void Write(TrainingRecord record, string path, string? source = null)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentException.ThrowIfNullOrEmpty(path);

        Page(record, source).Write(path);
    }

    /// <summary>
    /// Writes the record as comma-separated values in the invariant culture, a row a step; the numbers of a validation stand in the row of the step before it, the
    /// first of a training in a row of step 0. The file appears whole or not at all.
    /// </summary>
    /// <param name="record">The training's metrics record.</param>
    /// <param name="path">The file to write; an existing one is replaced.</param>
    /// <exception cref="IOException">The file cannot be written; an older one stays as it was.</exception>
    public static void WriteCsv(TrainingRecord record, string path)
    {
        ArgumentNullException.ThrowIfNull(record);
        ArgumentException.ThrowIfNullOrEmpty(path);

        var bytes = Encoding.UTF8.GetBytes(TrainingTable.ToCsv(record));
        AtomicFile.Write(path, stream => stream.Write(bytes));
    }

    private static HtmlPage Page(TrainingRecord record, string? source)
    {
        var headline = new TrainingHeadline(record);
        var charts = new TrainingCharts(record).All().ToList();
        return new HtmlPage
        {
            Title = $"{headline.Title} - {headline.Short}",
            Style = LineChart.Css + HtmlPage.Resource("training.css"),
            Body = $"""
                {headline.ToHtml()}
                {(charts.Count == 0 ? "" : $"<h2>How it went</h2>\n<div class=\"charts\">\n{string.Join('\n', charts.Select(chart => chart.ToHtml()))}\n</div>")}
                {new MaskStrips(record).ToHtml()}
                {TrainingTable.ToHtml(record)}
                {TrainingFacts.ToHtml(record, source)}
                """,
        };
    }
}
