using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace Score.KillLoop;

/// <summary>
/// The process that is killed: <c>score annotate</c> with a teacher in this process, which answers a prompt always alike and sees what
/// is asked. A request whose answer was not written down when the kill came has to be asked again; a row that was written never is.
/// </summary>
internal sealed class AnnotationChild : IDisposable
{
    private const string Output = "annotated.jsonl";
    private const int Rows = 40;

    private readonly Lock _lock = new();
    private readonly TeacherServer _teacher;
    private readonly HashSet<string> _repeated = [];
    private HashSet<string> _written = [];
    private int _requests;

    public AnnotationChild() => _teacher = new TeacherServer((_, prompt) => Answer(prompt));

    public KilledWork Work => new("annotation", Start, Result);

    public void Dispose() => _teacher.Dispose();

    /// <summary>At this time no child runs, so the output says what may not be asked again.</summary>
    private ProcessStartInfo Start(string folder)
    {
        Directory.CreateDirectory(folder);
        var (data, output) = (Path.Combine(folder, "rows.jsonl"), Path.Combine(folder, Output));
        File.WriteAllLines(data, Enumerable.Range(0, Rows).Select(index => $$"""{"video": "synthetic:test-image-{{index}}", "caption": "{{Caption(index)}}"}"""));
        lock (_lock)
        {
            if (!File.Exists(output))
                _requests = 0;
            _written = File.Exists(output) ? [.. WholeLines(output).Select(row => (string)row["original"]!)] : [];
        }

        return new ProcessStartInfo(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [
                Path.Combine(AppContext.BaseDirectory, "score.dll"), "annotate", "--data", data, "--output", output,
                "--endpoint", _teacher.Endpoint.ToString(), "--model", "teacher", "--prompt", "{caption}", "--frame-size", "64",
            ])
        { RedirectStandardOutput = true };
    }

    private TeacherAnswer Answer(string prompt)
    {
        lock (_lock)
        {
            _requests++;
            if (_written.Contains(prompt))
                _repeated.Add(prompt);
        }

        return TeacherAnswer.Caption($"Dense {prompt}") with { Delay = TimeSpan.FromMilliseconds(150) };
    }

    /// <summary>The rows by path: several are under way at a time, so they are written in the order of their answers.</summary>
    /// <exception cref="InvalidOperationException">A row is missing or stands there twice, or was asked about although it was written.</exception>
    private byte[] Result(string folder)
    {
        var rows = WholeLines(Path.Combine(folder, Output)).Select(row => (string)row["original"]!).ToList();
        if (!rows.ToHashSet().SetEquals(Enumerable.Range(0, Rows).Select(Caption)) || rows.Count != Rows)
            throw new InvalidOperationException($"The output has {rows.Count} rows, {rows.Distinct().Count()} of them different; expected {Rows}, each once.");
        lock (_lock)
        {
            if (_repeated.Count > 0)
                throw new InvalidOperationException($"Rows that were written were asked about again: {string.Join(", ", _repeated)}.");
            Console.WriteLine($"{Rows} rows, none twice, none asked again once written; {_requests - Rows} of {_requests} requests were under way at a kill");
        }

        return Encoding.UTF8.GetBytes(string.Join('\n', File.ReadLines(Path.Combine(folder, Output)).Order(StringComparer.Ordinal)));
    }

    private static string Caption(int index) => $"Number {index}.";

    /// <summary>All lines but one that a kill cut off.</summary>
    private static IEnumerable<JsonNode> WholeLines(string path)
    {
        var text = File.ReadAllText(path);
        return text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!);
    }
}
