using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Microsoft.ML.Score.Goldens;

/// <summary>The largest deviation of each quantity of some golden cases, for people and for machines.</summary>
internal sealed class VerificationReport(string folder, string backend, IReadOnlyList<VerificationRow> rows)
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>1 where a case is off or there is none, 2 where none is off but one is of a kind that does not exist, else 0.</summary>
    public int ExitCode => Count(VerificationOutcome.Failed) > 0 || rows.Count == 0 ? 1 : Count(VerificationOutcome.Unsupported) > 0 ? 2 : 0;

    public void WriteJson(TextWriter output) => output.WriteLine(JsonSerializer.Serialize(new { exitCode = ExitCode, rows = rows.Select(ToJson) }, s_json));

    public void Write(TextWriter output)
    {
        WriteTable(output);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"verify {folder} ({backend}): {Count(VerificationOutcome.Passed)} passed, {Count(VerificationOutcome.Failed)} failed, {Count(VerificationOutcome.Unsupported)} unsupported of {rows.Count} quantities"));
    }

    private int Count(VerificationOutcome outcome) => rows.Count(row => row.Outcome == outcome);

    /// <summary>Aligned columns; those of numbers alone are aligned to the right.</summary>
    private void WriteTable(TextWriter output)
    {
        string[] headers = ["case", "quantity", "deviation", "tolerance", "outcome"];
        var cells = rows.Select(Cells).ToList();
        var widths = headers.Select((header, column) => cells.Select(row => row[column].Length).Append(header.Length).Max()).ToArray();
        var right = headers.Select((_, column) => cells.Count > 0 && cells.All(row => row[column] == "-" || char.IsAsciiDigit(row[column][0]))).ToArray();
        foreach (var line in cells.Prepend([.. widths.Select(width => new string('-', width))]).Prepend(headers))
            output.WriteLine(string.Join("  ", line.Select((cell, column) => right[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]))).TrimEnd());
    }

    private static string[] Cells(VerificationRow row) =>
        [row.Case, row.Quantity, Number(row.Deviation, row), row.Tolerance == 0 ? "exact" : Number(row.Tolerance, row), row.Outcome.ToString().ToLowerInvariant()];

    private static string Number(double value, VerificationRow row) =>
        row.Outcome == VerificationOutcome.Unsupported ? "-" : value == 0 ? "0" : value.ToString("0.0e-0", CultureInfo.InvariantCulture);

    private static object ToJson(VerificationRow row) => new
    {
        @case = row.Case,
        quantity = row.Quantity,
        deviation = double.IsFinite(row.Deviation) ? row.Deviation : (double?)null,
        tolerance = double.IsFinite(row.Tolerance) ? row.Tolerance : (double?)null,
        outcome = row.Outcome.ToString().ToLowerInvariant(),
    };
}
