using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Score.Cli.Usage;

namespace Score.Cli.Runs;

/// <summary>
/// What <c>--config</c> names: a JSON object with the options of a run, or with a list <c>"runs"</c> of such objects, to which the fields beside it are defaults. Comments and
/// commas after the last item are allowed. What is wrong is told with its line and column.
/// </summary>
internal sealed class RunFile
{
    private const string Runs = "runs";
    private const int MostBytes = 1 << 20;

    private readonly string _path;
    private readonly byte[] _json;

    private RunFile(string path, byte[] json) => (_path, _json) = (path, json);

    /// <summary>The fields of each run, its own before the shared ones that it does not override.</summary>
    /// <exception cref="UsageException">There is no such file, or it does not say what runs there are.</exception>
    public static IReadOnlyList<IReadOnlyList<RunField>> Read(string path)
    {
        var file = new RunFile(path, Load(path));
        try
        {
            return file.Read();
        }
        catch (JsonException exception)
        {
            // The parser's own place is left out of its message, and counts from 0.
            var line = (int)(exception.LineNumber ?? 0);
            throw new UsageException($"--config: {file.PlaceOf(line, (int)(exception.BytePositionInLine ?? 0))}: not valid JSON: {exception.Message.Split(" LineNumber: ")[0].TrimEnd('.')}.");
        }
        catch (InvalidOperationException)
        {
            throw new UsageException($"--config: '{path}' has a text with half a surrogate pair (\\ud800 to \\udfff), which is no text.");
        }
    }

    private static byte[] Load(string path)
    {
        if (Directory.Exists(path))
            throw new UsageException($"--config: '{path}' is a folder; expected a JSON file.");
        byte[] bytes;
        try
        {
            using var stream = File.OpenRead(path);
            bytes = new byte[MostBytes + 1];
            bytes = bytes[..stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new UsageException($"--config: there is no file '{path}'.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--config: '{path}' cannot be read: {exception.Message}");
        }

        if (bytes.Length > MostBytes)
            throw new UsageException($"--config: '{path}' has more than {MostBytes} bytes; expected the options of some runs.");
        if (!Utf8.IsValid(bytes))
            throw new UsageException($"--config: '{path}' is not valid UTF-8.");
        return bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
    }

    private List<IReadOnlyList<RunField>> Read()
    {
        var reader = new Utf8JsonReader(_json, new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Fault(reader.TokenStartIndex, $"expected an object with the options of a run, got {NameOf(reader.TokenType)}.");
        List<List<RunField>>? runs = null;
        var shared = ReadFields(ref reader, (ref Utf8JsonReader list) => runs = ReadRuns(ref list));
        reader.Read(); // fails where something follows
        return runs is null ? [shared] : [.. runs.Select(run => (IReadOnlyList<RunField>)[.. run, .. shared.Where(field => run.TrueForAll(own => own.Name != field.Name))])];
    }

    private List<List<RunField>> ReadRuns(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw Fault(reader.TokenStartIndex, $"'{Runs}' must be a list of runs, got {NameOf(reader.TokenType)}.");
        var start = reader.TokenStartIndex;
        var runs = new List<List<RunField>>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            runs.Add(reader.TokenType == JsonTokenType.StartObject
                ? ReadFields(ref reader, readRuns: null)
                : throw Fault(reader.TokenStartIndex, $"a run must be an object with its options, got {NameOf(reader.TokenType)}."));
        return runs.Count > 0 ? runs : throw Fault(start, $"'{Runs}' has no run; list one at least, or leave '{Runs}' out.");
    }

    /// <summary>The fields of an object, whose start was read.</summary>
    /// <param name="reader">Where it is.</param>
    /// <param name="readRuns">Reads the list of runs; null where there can be none.</param>
    private List<RunField> ReadFields(ref Utf8JsonReader reader, ReadRunList? readRuns)
    {
        var fields = new Dictionary<string, RunField>();
        var names = new HashSet<string>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var (name, start) = (reader.GetString()!, reader.TokenStartIndex);
            if (!names.Add(name))
                throw Fault(start, $"'{name}' is given twice{(fields.TryGetValue(name, out var before) ? $", before at {before.Place}" : "")}; give it once.");
            reader.Read();
            if (name == Runs && readRuns is not null)
                readRuns(ref reader);
            else if (name == Runs)
                throw Fault(start, $"a run cannot have '{Runs}' of its own.");
            else
                fields.Add(name, ReadValue(ref reader, name, PlaceOf(start)));
        }

        return [.. fields.Values];
    }

    private RunField ReadValue(ref Utf8JsonReader reader, string name, string place)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            return new RunField(name, place, IsList: false, [Item(ref reader, name)]);
        var items = new List<(JsonTokenType, string)>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            items.Add(Item(ref reader, name));
        return new RunField(name, place, IsList: true, items);
    }

    private (JsonTokenType, string) Item(ref Utf8JsonReader reader, string name) => reader.TokenType switch
    {
        JsonTokenType.String => (reader.TokenType, reader.GetString()!),
        JsonTokenType.Number => (reader.TokenType, Encoding.UTF8.GetString(reader.ValueSpan)),
        JsonTokenType.True or JsonTokenType.False => (reader.TokenType, reader.TokenType == JsonTokenType.True ? "true" : "false"),
        var other => throw Fault(reader.TokenStartIndex, $"'{name}' must be a text, a number, true, false or a list of such, got {NameOf(other)}.{(other == JsonTokenType.Null ? " Leave it out for the default." : "")}"),
    };

    /// <summary>A kind of value in words.</summary>
    public static string NameOf(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.String => "a text",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => type.ToString().ToLowerInvariant(),
    };

    private UsageException Fault(long start, string message) => new($"--config: {PlaceOf(start)}: {message}");

    private string PlaceOf(long start)
    {
        var before = _json.AsSpan(0, (int)start);
        var line = before.Count((byte)'\n');
        return PlaceOf(line, before.Length - (before.LastIndexOf((byte)'\n') + 1));
    }

    /// <param name="line">From 0.</param>
    /// <param name="bytes">Bytes of the line before the place.</param>
    private string PlaceOf(int line, int bytes)
    {
        var start = 0;
        for (var i = 0; i < line; i++)
            start += _json.AsSpan(start).IndexOf((byte)'\n') + 1;
        return $"{_path}, line {line + 1}, column {Encoding.UTF8.GetCharCount(_json.AsSpan(start, Math.Min(bytes, _json.Length - start))) + 1}";
    }

    private delegate void ReadRunList(ref Utf8JsonReader reader);
}
