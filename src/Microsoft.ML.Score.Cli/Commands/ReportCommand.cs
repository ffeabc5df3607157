using System.CommandLine;
using System.Text;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Reports;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Training;
using Score.Cli.Files;
using Score.Cli.Output;
using Score.Cli.Usage;

namespace Score.Cli.Commands;

/// <summary><c>score report FILE</c>: a page that a person looks at, or a table, made of what another command recorded.</summary>
internal sealed class ReportCommand
{
    private const string PageExtension = ".html";
    private const string MarkdownExtension = ".md";
    private const string TableExtension = ".csv";

    private static readonly Example[] s_examples =
    [
        new("score report metrics.jsonl --csv training.csv", "Make a page of a training, training goes on or not, and a table of its steps."),
        new("score report eval.json --output eval.md", "Write the tables of an evaluation as Markdown."),
    ];

    private readonly Argument<string> _file = new("file") { Description = "What score train --metrics recorded, of a training that has ended or goes on, or score eval --json wrote." };

    private readonly Option<string?> _output = new("--output")
    {
        Description = $"The page to write; of an evaluation also its tables as Markdown ({MarkdownExtension}) or as a table of comma-separated values ({TableExtension}). Default: FILE with the extension {PageExtension}.",
    };

    private readonly Option<string?> _csv = new("--csv") { Description = "A file for the same numbers as a table of comma-separated values." };

    public static Command Create()
    {
        var report = new ReportCommand();
        var command = new ExampledCommand("report", "Make a page to look at, which opens from the disk, from the metrics record of a training or the results of an evaluation.", s_examples) { report._file, report._output, report._csv };
        command.Validators.Add(result =>
        {
            if (result.GetResult(report._output) is { } given && !given.Errors.Any() && result.GetValue(report._output) is { } output && ExtensionOf(output) is not (PageExtension or MarkdownExtension or TableExtension))
                result.AddError($"--output must be a file that ends in {PageExtension}, {MarkdownExtension} or {TableExtension}, got '{output}'.");
        });
        command.SetAction(report.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var path = parsed.GetRequiredValue(_file);
        var output = parsed.GetValue(_output) ?? Path.ChangeExtension(path, PageExtension);
        using var files = new CommandFiles("score report");
        files.Read("the file", path);
        files.Write("--output", output, ExtensionOf(output) switch { MarkdownExtension => OutputKind.Markdown, TableExtension => OutputKind.Table, _ => OutputKind.Report });
        files.Write("--csv", parsed.GetValue(_csv), OutputKind.Table);
        files.Claim();
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}'{(Directory.Exists(path) ? ", which is a folder" : "")}; give a metrics record or the results of an evaluation.", path);
        var write = KindOf(path);
        write(path, output, parsed.GetValue(_csv), parsed.InvocationConfiguration.Output);
        return 0;
    }

    /// <summary>How a file becomes a page, by what it begins with: a damaged one is read as what it was.</summary>
    private static Action<string, string, string?, TextWriter> KindOf(string path) =>
        BeginsWith(path, "{\"kind\":\"") ? WriteTraining
        : BeginsWith(path, "{") ? WriteEvaluation
        : throw new InvalidDataException(
            $"'{path}' is nothing that a page can be made of; give a metrics record, which score train --metrics writes, or the results of an evaluation, which score eval --json writes.");

    private static void WriteTraining(string path, string output, string? csv, TextWriter writer)
    {
        if (ExtensionOf(output) is MarkdownExtension or TableExtension)
            throw new ArgumentException($"--output: a training becomes a page ({PageExtension}), got '{output}'; --csv FILE writes its numbers as a table.");
        var record = TrainingRecord.Read(path);
        TrainingPage.Write(record, output, Path.GetFileName(path));
        if (csv is not null)
            TrainingPage.WriteCsv(record, csv);
        Name(writer, "page", output);
        Name(writer, "table", csv);
        writer.WriteLine($"verdict: {VisibleText.Message(record.Verdict ?? "not finished")}");
    }

    private static void WriteEvaluation(string path, string output, string? csv, TextWriter writer)
    {
        var document = EvaluationDocument.Load(path);
        switch (ExtensionOf(output))
        {
            case MarkdownExtension:
                WriteText(output, EvaluationTable.ToMarkdown(document));
                break;
            case TableExtension:
                WriteText(output, EvaluationTable.ToCsv(document));
                break;
            default:
                EvaluationPage.Write(document, output);
                break;
        }

        if (csv is not null)
            WriteText(csv, EvaluationTable.ToCsv(document));
        Name(writer, ExtensionOf(output) is MarkdownExtension or TableExtension ? "table" : "page", output);
        Name(writer, "table", csv);
    }

    private static void WriteText(string path, string text) => AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    private static void Name(TextWriter writer, string what, string? path)
    {
        if (path is not null)
            writer.WriteLine($"{what}: {VisibleText.Message(path)}");
    }

    private static string ExtensionOf(string path) => Path.GetExtension(path).ToLowerInvariant();

    private static bool BeginsWith(string path, string start)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), Encoding.UTF8);
        var first = new char[start.Length];
        return reader.ReadBlock(first) == start.Length && start.AsSpan().SequenceEqual(first);
    }
}
