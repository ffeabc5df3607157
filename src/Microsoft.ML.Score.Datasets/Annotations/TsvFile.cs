using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Score.Datasets.Annotations;

/// <summary>
/// A table with tabs between cells and a line of names at the top. Quotes mean nothing in the exports that go around, so cells are
/// read as they stand; only a cell that cannot be anything but CSV-escaped (in quotes, every quote inside doubled, or over several
/// lines, as pandas writes it) is unescaped.
/// </summary>
internal static class TsvFile
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static IEnumerable<AnnotationRow> Read(byte[] bytes, string file)
    {
        var lines = Decode(bytes, file).Split('\n');
        var names = Cells(lines[0]);
        if (names.Length < 2 || names.Distinct(StringComparer.Ordinal).Count() != names.Length)
            throw new InvalidDataException($"{file}: the first line must hold at least two different column names with tabs between them.");

        var rows = new List<AnnotationRow>();
        for (var line = 1; line < lines.Length; line++)
        {
            if (lines[line].Length == 0 || lines[line] == "\r")
                continue;
            var (first, where) = (line, $"{file}, line {line + 1}");
            for (var quotes = IsOpen(lines[line], names.Length) ? 1 : 0; quotes % 2 == 1 && line + 1 < lines.Length;)
                quotes += lines[++line].AsSpan().Count('"');
            var cells = Cells(string.Join('\n', lines, first, line + 1 - first));
            if (cells.Length != names.Length)
                throw new InvalidDataException($"{where}: {cells.Length} cells, the first line names {names.Length}.");
            rows.Add(new AnnotationRow(JsonSerializer.SerializeToElement(names.Zip(cells).ToDictionary(cell => cell.First, cell => cell.Second, StringComparer.Ordinal)), where));
        }

        return rows;
    }

    private static string Decode(byte[] bytes, string file)
    {
        try
        {
            return s_strict.GetString(AnnotationFiles.WithoutMark(bytes).Span);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException($"{file}: not valid UTF-8 at byte {exception.Index}.", exception);
        }
    }

    /// <summary>Whether the line ends within an escaped cell: cells are lacking, and the quote that begins the last one has no partner.</summary>
    private static bool IsOpen(string line, int columns)
    {
        var last = line.AsSpan(line.LastIndexOf('\t') + 1);
        return last.StartsWith("\"") && last.Count('"') % 2 == 1 && line.AsSpan().Count('\t') < columns - 1;
    }

    private static string[] Cells(string line) => [.. line.TrimEnd('\r').Split('\t').Select(Unescape)];

    private static string Unescape(string cell)
    {
        if (cell.Length < 4 || cell[0] != '"' || cell[^1] != '"')
            return cell;
        var inside = cell[1..^1];
        var unpaired = inside.Replace("\"\"", "", StringComparison.Ordinal);
        return (unpaired.Length < inside.Length || inside.Contains('\n')) && !unpaired.Contains('"') ? inside.Replace("\"\"", "\"", StringComparison.Ordinal) : cell;
    }
}
