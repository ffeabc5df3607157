using System.Text.Unicode;
using CsvHelper;

namespace Microsoft.ML.Score.Datasets.Training;

/// <summary>The entries of <see cref="TrainingSetFormat.Koala"/>.</summary>
internal static class KoalaCsv
{
    // A quote that is never closed would take the rest of the file for its field.
    private const int MostBytesOfALine = 1 << 20;

    /// <summary>What programs write for a text that is missing.</summary>
    private static readonly string[] s_missing = ["nan", "null", "none", "n/a"];

    /// <exception cref="FormatException">A column is missing, or a quote is not closed.</exception>
    public static IEnumerable<TrainingEntry> Read(Stream stream)
    {
        CsvMalformedReason? fault = null;
        using var csv = CsvReader.Create(stream, new CsvReaderOptions
        {
            Separator = ',',
            TrackLineNumbers = true,
            MaxRecordSize = MostBytesOfALine,
            FieldCountMismatch = CsvFieldCountHandling.Allow,
            OnMalformedRecord = record => fault = record.Reason,
        });
        var (columns, video, caption) = (csv.Headers.Count, Column(csv.Headers, "videoID"), Column(csv.Headers, "caption"));
        while (csv.Read())
        {
            var (place, fields) = ($"line {csv.LineNumber}", csv.Current.ToArray());
            if (!Utf8.IsValid(csv.RawRecord))
                yield return TrainingEntry.Damaged(place, "it is not valid UTF-8.");
            else if (fault is not null || fields.Length != columns)
                yield return TrainingEntry.Damaged(place, fault is null ? $"expected {columns} fields, got {fields.Length}." : $"its quotes do not pair ({fault}).");
            else if (s_missing.Contains(fields[caption].Trim().ToLowerInvariant()))
                yield return TrainingEntry.Damaged(place, $"the caption is missing: '{fields[caption]}'.");
            else
                yield return new TrainingEntry(place, fields[video], fields[caption], IsStill: false) { IsVideoId = true };
            fault = null;
        }
    }

    private static int Column(IReadOnlyList<string> header, string name)
    {
        for (var column = 0; column < header.Count; column++)
            if (header[column].Equals(name, StringComparison.OrdinalIgnoreCase))
                return column;
        throw new FormatException($"there is no column {name}; the columns are: {string.Join(", ", header)}.");
    }
}
