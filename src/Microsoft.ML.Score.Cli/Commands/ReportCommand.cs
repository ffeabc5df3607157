using System.CommandLine;
using System.Text;
using Microsoft.ML.Score.Reports;
using Microsoft.ML.Score.Training;
using Score.Cli.Files;
using Score.Cli.Output;

namespace Score.Cli.Commands;

/// <summary><c>score report FILE</c>: a page that a person looks at, made of what another command recorded.</summary>
internal sealed class ReportCommand
{
    private const string PageExtension = ".html";

    private readonly Argument<string> _file = new("file") { Description = "What score train --metrics recorded, of a training that has ended or goes on." };

    private readonly Option<string?> _output = new("--output")
    {
        Description = $"The page to write. Default: FILE with the extension {PageExtension}.",
    };

    private readonly Option<string?> _csv = new("--csv") { Description = "A file for the same numbers as a table of comma-separated values." };

    public static Command Create()
    {
        var report = new ReportCommand();
        var command = new Command("report", "Make a page to look at, which opens from the disk, from the metrics record of a training.") { report._file, report._output, report._csv };
        command.SetAction(report.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var path = parsed.GetRequiredValue(_file);
        var page = parsed.GetValue(_output) ?? Path.ChangeExtension(path, PageExtension);
        using var files = new CommandFiles("score report");
        files.Read("the file", path);
        files.Write("--output", page, OutputKind.Report);
        files.Write("--csv", parsed.GetValue(_csv), OutputKind.TrainingTable);
        files.Claim();
        var write = KindOf(path);
        write(path, page, parsed.GetValue(_csv), parsed.InvocationConfiguration.Output);
        return 0;
    }

    /// <summary>How a file becomes a page, by what it begins with: a damaged one is read as what it was.</summary>
    private static Action<string, string, string?, TextWriter> KindOf(string path)
    {
        if (BeginsWith(path, "{\"kind\":\""))
            return WriteTraining;
        throw new InvalidDataException($"'{path}' is nothing that a page can be made of; give a metrics record, which score train --metrics writes.");
    }

    private static void WriteTraining(string path, string page, string? csv, TextWriter output)
    {
        var record = TrainingRecord.Read(path);
        TrainingPage.Write(record, page, Path.GetFileName(path));
        if (csv is not null)
            TrainingPage.WriteCsv(record, csv);
        output.WriteLine($"page: {VisibleText.Message(page)}");
        if (csv is not null)
            output.WriteLine($"table: {VisibleText.Message(csv)}");
        output.WriteLine($"verdict: {VisibleText.Message(record.Verdict ?? "not finished")}");
    }

    private static bool BeginsWith(string path, string start)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), Encoding.UTF8);
        var first = new char[start.Length];
        return reader.ReadBlock(first) == start.Length && start.AsSpan().SequenceEqual(first);
    }
}
