using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Microsoft.ML.Score.Datasets.Parquet;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Datasets.Annotations;

/// <summary>
/// The rows of an annotation file, or of all annotation files of a folder in the order of their names. By extension:
/// .json (a list of objects, trailing commas allowed because official files have them), .jsonl and .ndjson (an object a line), .tsv
/// and .parquet. Files are data from elsewhere: at most 512 MiB each, every fault an <see cref="InvalidDataException"/>.
/// </summary>
internal static class AnnotationFiles
{
    private const long MostBytes = 512L << 20;

    /// <summary>Exports write NaN for what is missing.</summary>
    private static readonly JsonSerializerOptions s_values = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private static readonly JsonDocumentOptions s_json = new() { AllowTrailingCommas = true, AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>The file, or the annotation files of the folder.</summary>
    /// <exception cref="FileNotFoundException">There is no annotation file in the folder.</exception>
    public static IReadOnlyList<string> Find(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        if (!Directory.Exists(path))
            return [path];

        var files = Directory.EnumerateFiles(path).Where(file => Reader(file) is not null)
            .Order(StringComparer.Ordinal).ToList();
        if (files.Count == 0)
            throw new FileNotFoundException($"There is no .json, .jsonl, .tsv or .parquet file in the folder '{path}'.", path);
        return files;
    }

    /// <summary>The rows; of a .parquet file one at a time, so that its damage is met while enumerating.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is not of its format, or of none of these.</exception>
    public static IEnumerable<AnnotationRow> Read(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            throw new FileNotFoundException($"There is no annotation file '{path}'.", path);
        if (FileIdentity.Of(path) is { IsFileOrFolder: false })
            throw new InvalidDataException($"'{path}' is a device or a pipe, which can be read once only; an annotation file is read again to tell it from others. Name a file.");
        if (Reader(path) is not { } reader)
            throw new InvalidDataException($"'{path}' is no annotation file: its name must end in .json, .jsonl, .tsv or .parquet.");
        if (file.Length > MostBytes)
            throw new InvalidDataException($"'{path}' has {file.Length:N0} bytes, an annotation file may have {MostBytes:N0}.");

        return reader(path, file.Name);
    }

    private static Func<string, string, IEnumerable<AnnotationRow>>? Reader(string path) => Path.GetExtension(path).ToLowerInvariant() switch
    {
        ".json" => (path, file) => ReadJson(File.ReadAllBytes(path), file),
        ".jsonl" or ".ndjson" => (path, file) => ReadJsonLines(File.ReadAllBytes(path), file),
        ".tsv" => (path, file) => TsvFile.Read(File.ReadAllBytes(path), file),
        ".parquet" => ReadParquet,
        _ => null,
    };

    internal static IEnumerable<AnnotationRow> ReadJson(byte[] bytes, string file)
    {
        var list = Parse(WithoutMark(bytes), file);
        if (list.ValueKind != JsonValueKind.Array)
            throw new InvalidDataException($"{file}: must be a list of objects, is {Name(list)}.");
        return [.. list.EnumerateArray().Select((item, index) => Row(item, $"{file}, row {index + 1}"))];
    }

    internal static IEnumerable<AnnotationRow> ReadJsonLines(byte[] bytes, string file)
    {
        var rows = new List<AnnotationRow>();
        var rest = WithoutMark(bytes);
        for (var line = 1; rest.Length > 0; line++)
        {
            var end = rest.Span.IndexOf((byte)'\n') is >= 0 and var found ? found : rest.Length;
            if (rest.Span[..end].Trim(" \t\r"u8).Length > 0)
                rows.Add(Row(Parse(rest[..end], $"{file}, line {line}"), $"{file}, line {line}"));
            rest = rest[Math.Min(end + 1, rest.Length)..];
        }

        return rows;
    }

    private static IEnumerable<AnnotationRow> ReadParquet(string path, string file) =>
        ParquetFile.Read(path).Select((row, index) => new AnnotationRow(JsonSerializer.SerializeToElement(row, s_values), $"{file}, row {index + 1}"));

    internal static ReadOnlyMemory<byte> WithoutMark(byte[] bytes) => bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsMemory(Encoding.UTF8.Preamble.Length) : bytes;

    private static JsonElement Parse(ReadOnlyMemory<byte> text, string where)
    {
        try
        {
            if (Utf8.IsValid(text.Span))
                return JsonDocument.Parse(PythonJson.Normalize(text), s_json).RootElement;
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"{where}: not valid JSON: {Excerpt.Of(exception)}", exception);
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidDataException($"{where}: a property's name is no valid Unicode text.", exception);
        }

        throw new InvalidDataException($"{where}: not valid UTF-8.");
    }

    private static AnnotationRow Row(JsonElement item, string where) => item.ValueKind == JsonValueKind.Object
        ? new AnnotationRow(item, where)
        : throw new InvalidDataException($"{where}: must be an object, is {Name(item)}.");

    private static string Name(JsonElement element) => element.ValueKind.ToString().ToLowerInvariant();
}
