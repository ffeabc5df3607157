using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// The metrics record: one JSON object a line ("kind"), the run's first, then those of steps and validations and, at the end, the verdict. After a resume, lines of
/// steps that are taken again are dropped, and a verdict, so that every step stands once and the last line is the verdict of the run.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    public const string Run = "run";
    public const string Step = "step";
    public const string Validation = "validation";
    public const string Verdict = "verdict";

    private readonly StreamWriter _writer;

    /// <param name="path">The file.</param>
    /// <param name="run">The run, which the first line tells.</param>
    /// <param name="stepsKept">Steps that the run resumes after; 0 starts the file anew.</param>
    /// <exception cref="InvalidDataException">It holds something else, which is left as it is.</exception>
    public MetricsLog(string path, RunMetrics run, int stepsKept)
    {
        if (File.Exists(path) && !IsOne(path))
            throw new InvalidDataException($"'{path}' exists and is not a metrics record, so it is left as it is. Name another file, or move that one away.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
        var kept = stepsKept > 0 && File.Exists(path) ? File.ReadLines(path).Where(line => !IsOf(line, Run) && !IsOf(line, Verdict) && StepOf(line) <= stepsKept).ToList() : [];
        AtomicFile.RemoveAbandoned(path);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(string.Concat(kept.Prepend(Line(Run, run, MetricsJson.Default.RunMetrics)).Select(line => line + "\n")))));
        _writer = new StreamWriter(path, append: true) { AutoFlush = true, NewLine = "\n" };
    }

    /// <summary>Whether a file is a metrics record; a last line may be cut off.</summary>
    public static bool IsOne(string path) => new FileInfo(path).Length == 0 || JsonLines.AreAll(path, "{\"kind\":\"", line =>
        line.TryGetProperty("kind", out var kind) && kind.ValueKind == JsonValueKind.String && kind.GetString() is Run or Step or Validation or Verdict
        && line.TryGetProperty("step", out var step) && step.ValueKind == JsonValueKind.Number && step.TryGetInt32(out _));

    /// <summary>What a line of a kind begins with.</summary>
    public static string StartOf(string kind) => $"{{\"kind\":\"{kind}\",";

    public void Write(StepMetrics metrics) => Write(Step, metrics, MetricsJson.Default.StepMetrics);

    public void Write(ValidationMetrics metrics) => Write(Validation, metrics, MetricsJson.Default.ValidationMetrics);

    public void Write(VerdictMetrics metrics) => Write(Verdict, metrics, MetricsJson.Default.VerdictMetrics);

    public void Dispose() => _writer.Dispose();

    private void Write<T>(string kind, T metrics, JsonTypeInfo<T> type) =>
        _writer.WriteLine(Line(kind, metrics, type));

    private static string Line<T>(string kind, T metrics, JsonTypeInfo<T> type) => StartOf(kind) + JsonSerializer.Serialize(metrics, type)[1..];

    private static bool IsOf(string line, string kind) => line.StartsWith(StartOf(kind), StringComparison.Ordinal);

    /// <summary>The step of a line; beyond every step for one that a kill cut off.</summary>
    private static int StepOf(string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.GetProperty("step").GetInt32();
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return int.MaxValue;
        }
    }
}
