using Microsoft.ML.Score.Datasets.Training;

namespace Score.Cli.Training;

/// <summary>Counts the rows of a data file that were passed over, by reason. Not safe for concurrent use.</summary>
internal sealed class SkippedRows
{
    private readonly SortedDictionary<SkipReason, (int Count, SkippedRow First)> _counts = [];

    public int Count(SkipReason reason) => _counts.GetValueOrDefault(reason).Count;

    public void Add(SkippedRow row) =>
        _counts[row.Reason] = _counts.TryGetValue(row.Reason, out var known) ? (known.Count + 1, known.First) : (1, row);

    /// <summary>Says for every reason how many rows there were, and what the first one was.</summary>
    /// <param name="error">Standard error, or what stands for it.</param>
    /// <param name="path">The data file.</param>
    public void Report(TextWriter error, string path)
    {
        foreach (var (reason, (count, first)) in _counts)
        {
            var what = reason switch
            {
                SkipReason.MissingFile => "whose file is missing",
                SkipReason.NotCaptioned => "that are no captioned image or video",
                _ => "that are damaged",
            };
            error.WriteLine($"score: warning: {path}: passed over {count} rows {what}, the first: {first.Place}: {first.Message}");
        }
    }
}
