using System.CommandLine;
using System.Globalization;
using Score.Cli.Output;
using Score.Cli.Verification;

namespace Score.Cli.Commands;

/// <summary><c>score verify FOLDER</c>: runs every golden case of a folder and prints the largest deviation of each quantity.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "A folder of golden cases (policy, models, compressors); sub-folders are included." };
        var backend = new Option<string>("--backend") { Description = "The kernels that models run on.", DefaultValueFactory = _ => "simd" };
        backend.AcceptOnlyFromAmong("simd", "scalar");
        var json = CommonOptions.Json();
        var command = new Command("verify", "Compare this build with golden numbers. Exit code 1 when a case is off, 2 when a kind is not built yet.")
        {
            folder, backend, json,
        };
        command.SetAction((parsed, cancellationToken) => Task.Run(
            () => Run(parsed.GetValue(folder)!, parsed.GetValue(backend)!, parsed.GetValue(json), parsed.InvocationConfiguration.Output, cancellationToken),
            cancellationToken));
        return command;
    }

    private static int Run(string folder, string backend, bool json, TextWriter output, CancellationToken cancellationToken)
    {
        var rows = GoldenFolder.Verify(folder, backend, cancellationToken).ToList();
        var passed = rows.Count(row => row.Outcome == VerificationOutcome.Passed);
        var failed = rows.Count(row => row.Outcome == VerificationOutcome.Failed);
        var unsupported = rows.Count(row => row.Outcome == VerificationOutcome.Unsupported);
        var exitCode = failed > 0 || rows.Count == 0 ? 1 : unsupported > 0 ? 2 : 0;

        if (json)
        {
            output.WriteLine(JsonOutput.Format(new { exitCode, rows = rows.Select(ToJson) }));
            return exitCode;
        }

        WriteTable(rows, output);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"verify {VisibleText.Message(folder)} ({backend}): {passed} passed, {failed} failed, {unsupported} unsupported of {rows.Count} quantities"));
        return exitCode;
    }

    private static void WriteTable(List<VerificationRow> rows, TextWriter output)
    {
        var table = new TextTable("case", "quantity", "deviation", "tolerance", "outcome");
        foreach (var row in rows)
            table.Add(row.Case, row.Quantity, Number(row.Deviation, row), row.Tolerance == 0 ? "exact" : Number(row.Tolerance, row), row.Outcome.ToString().ToLowerInvariant());
        table.Write(output);
    }

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
