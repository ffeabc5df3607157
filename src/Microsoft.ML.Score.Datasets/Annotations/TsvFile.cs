using System.Text;
using System.Text.Json;
using CsvHelper;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Datasets.Annotations;

/// <summary>
/// A table with tabs between cells and a line of names at the top. Some exports join cells by tabs, so that quotes are text; others are CSV, with cells in quotes
/// that hold tabs or go over several lines, as pandas writes them. Lines that have a cell for each name are taken as they stand, with only those cells unescaped that
/// must be CSV (in quotes, every quote inside doubled); what does not fit so is read as CSV.
/// </summary>
internal static class TsvFile
{
    // A quote that is never closed would take the rest of the file for its cell.
    private const int MostBytesOfARecord = 1 << 26;

    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static IEnumerable<AnnotationRow> Read(byte[] bytes, string file)
    {
        ThrowIfNotUtf8(bytes, file);
        CsvMalformedReason? fault = null;
        using var csv = CsvReader.Create(new MemoryStream(bytes, writable: false), new CsvReaderOptions
        {
            Separator = '\t',
            HasHeader = false,
            TrackLineNumbers = true,
            MaxRecordSize = MostBytesOfARecord,
            FieldCountMismatch = CsvFieldCountHandling.Allow,
            OnMalformedRecord = record => fault = record.Reason,
        });
        string[]? names = null;
        while (MoveNext(csv, file))
        {
            var lines = Encoding.UTF8.GetString(csv.RawRecord).Split('\n');
            if (names is null)
            {
                names = Cells(lines[0]);
                if (lines.Length > 1 || names.Length < 2 || names.Distinct(StringComparer.Ordinal).Count() != names.Length)
                    throw new InvalidDataException($"{file}: the first line must hold at least two different column names with tabs between them.");
            }
            else if (Array.FindIndex(lines, line => !IsEmpty(line) && line.AsSpan().Count('\t') != names.Length - 1) is >= 0 and var odd)
            {
                var where = $"{file}, line {csv.LineNumber}";
                if (fault is not null || csv.FieldCount != names.Length)
                    throw new InvalidDataException($"{file}, line {csv.LineNumber + odd}: {Cells(lines[odd]).Length} cells, the first line names {names.Length}{(fault is null ? "" : $", and its quotes do not pair ({fault})")}.");
                yield return Row(names, csv.Current.ToArray(), where);
            }
            else
            {
                foreach (var (index, line) in lines.Index().Where(line => !IsEmpty(line.Item)))
                    yield return Row(names, Cells(line), $"{file}, line {csv.LineNumber + index}");
            }

            fault = null;
        }

        if (names is null)
            throw new InvalidDataException($"{file}: the first line must hold at least two different column names with tabs between them.");
    }

    private static bool MoveNext(CsvReader csv, string file)
    {
        try
        {
            return csv.Read();
        }
        catch (FormatException exception)
        {
            throw new InvalidDataException($"{file}, line {csv.LineNumber + 1}: {Excerpt.Of(exception)}", exception);
        }
    }

    private static void ThrowIfNotUtf8(byte[] bytes, string file)
    {
        try
        {
            s_strict.GetCharCount(bytes);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException($"{file}: not valid UTF-8 at byte {exception.Index}.", exception);
        }
    }

    private static AnnotationRow Row(string[] names, string[] cells, string where) =>
        new(JsonSerializer.SerializeToElement(names.Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second, StringComparer.Ordinal)), where);

    private static bool IsEmpty(string line) => line is "" or "\r";

    private static string[] Cells(string line) => [.. line.TrimEnd('\r').Split('\t').Select(Unescape)];

    private static string Unescape(string cell)
    {
        if (cell.Length < 4 || cell[0] != '"' || cell[^1] != '"')
            return cell;
        var inside = cell[1..^1];
        var unpaired = inside.Replace("\"\"", "", StringComparison.Ordinal);
        return unpaired.Length < inside.Length && !unpaired.Contains('"') ? inside.Replace("\"\"", "\"", StringComparison.Ordinal) : cell;
    }
}
