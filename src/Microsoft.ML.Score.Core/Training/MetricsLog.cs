using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// The metrics record: one JSON object a line, a step's, a validation's or, at the end, the verdict ("kind"). After a resume, lines of steps that are
/// taken again are dropped, and a verdict, so that every step stands once and the last line is the verdict of the run.
/// </summary>
internal sealed class MetricsLog : IDisposable
{
    private const string VerdictStart = "{\"kind\":\"verdict\",";

    private readonly StreamWriter _writer;

    /// <param name="path">The file.</param>
    /// <param name="stepsKept">Steps that the run resumes after; 0 starts the file anew.</param>
    /// <exception cref="InvalidDataException">It holds something else, which is left as it is.</exception>
    public MetricsLog(string path, int stepsKept)
    {
        if (File.Exists(path) && !IsOne(path))
            throw new InvalidDataException($"'{path}' exists and is not a metrics record, so it is left as it is. Name another file, or move that one away.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
        var kept = stepsKept > 0 && File.Exists(path) ? File.ReadLines(path).Where(line => !line.StartsWith(VerdictStart, StringComparison.Ordinal) && StepOf(line) <= stepsKept).ToList() : [];
        AtomicFile.RemoveAbandoned(path);
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(string.Concat(kept.Select(line => line + "\n")))));
        _writer = new StreamWriter(path, append: true) { AutoFlush = true, NewLine = "\n" };
    }

    /// <summary>Whether a file is a metrics record; a last line may be cut off.</summary>
    public static bool IsOne(string path) => new FileInfo(path).Length == 0 || JsonLines.AreAll(path, "{\"kind\":\"", line =>
        line.TryGetProperty("kind", out var kind) && kind.ValueKind == JsonValueKind.String && kind.GetString() is "step" or "validation" or "verdict"
        && line.TryGetProperty("step", out var step) && step.ValueKind == JsonValueKind.Number && step.TryGetInt32(out _));

    public void Write(StepMetrics metrics) => Write("step", metrics, MetricsJson.Default.StepMetrics);

    public void Write(ValidationMetrics metrics) => Write("validation", metrics, MetricsJson.Default.ValidationMetrics);

    public void Write(VerdictMetrics metrics) => Write("verdict", metrics, MetricsJson.Default.VerdictMetrics);

    public void Dispose() => _writer.Dispose();

    private void Write<T>(string kind, T metrics, JsonTypeInfo<T> type) =>
        _writer.WriteLine($"{{\"kind\":\"{kind}\",{JsonSerializer.Serialize(metrics, type)[1..]}");

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
