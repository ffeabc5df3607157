using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>
/// The records of a run in a file of JSON lines, written as they come in: a run that was killed goes on from them, and asks nothing
/// that was answered. The first line ("kind": "run") says what the run is; then one line per system and video ("video", with the hash of its file), one
/// per question with the text that was asked ("prompt", the same for all systems), and one per system and question ("question"). A last line that was cut
/// off is dropped. Safe for concurrent calls; one process holds the file at a time.
/// </summary>
public sealed class BenchmarkRecords : IDisposable
{
    private const string Format = "score-eval/1";

    private readonly Dictionary<(string Benchmark, string System, string Video), VideoRecord> _videos = [];
    private readonly Dictionary<(string Benchmark, string System, string Video, int Number), QuestionRecord> _questions = [];
    private readonly Dictionary<(string Benchmark, string Video, int Number), string> _prompts = [];
    private readonly Lock _lock = new();
    private readonly FileStream _file;

    private BenchmarkRecords(string path, IReadOnlyDictionary<string, string> run)
    {
        _file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        try
        {
            Read(path, run);
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>Opens the records of a run, or begins them where there is no file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="run">What decides the answers, by name: the model, the systems, the benchmark. The same to go on.</param>
    /// <exception cref="ArgumentException">The file is the record of another run; the message names what differs.</exception>
    /// <exception cref="InvalidDataException">The file is no such record, or a line before the last is damaged.</exception>
    /// <exception cref="IOException">Another process has the file, or it is a folder.</exception>
    public static BenchmarkRecords Open(string path, IReadOnlyDictionary<string, string> run)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(run);

        if (Directory.Exists(path))
            throw new IOException($"'{path}' is a folder; records are a file.");
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!);
            AtomicFile.Write(path, stream => stream.Write(Line("run", new RunLine(Format, new SortedDictionary<string, string>(run.ToDictionary(), StringComparer.Ordinal)))));
        }

        return new BenchmarkRecords(path, run);
    }

    /// <summary>Whether a file begins as the records of a run do.</summary>
    /// <param name="path">An existing file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static bool IsRecordFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        // A line of another file may be as long as that.
        using var reader = new StreamReader(path);
        var start = new char[32];
        if (!new string(start, 0, reader.ReadBlock(start)).StartsWith("{\"kind\":\"run\"", StringComparison.Ordinal))
            return false;
        try
        {
            using var line = JsonDocument.Parse(File.ReadLines(path).First());
            return line.Deserialize(RecordJson.Default.RunLine) is { Format: Format };
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Questions answered so far.</summary>
    public int AnswerCount
    {
        get
        {
            lock (_lock)
                return _questions.Count;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>The file.</summary>
    internal string Path => _file.Name;

    internal VideoRecord? FindVideo(string benchmark, BenchmarkSystem system, string video)
    {
        lock (_lock)
            return _videos.GetValueOrDefault((benchmark, system.Key, video));
    }

    internal QuestionRecord? FindQuestion(string benchmark, BenchmarkSystem system, string video, int number)
    {
        lock (_lock)
            return _questions.GetValueOrDefault((benchmark, system.Key, video, number));
    }

    /// <summary>The text that was asked; null where nothing was, or by a version that did not write it down.</summary>
    internal string? FindPrompt(string benchmark, string video, int number)
    {
        lock (_lock)
            return _prompts.GetValueOrDefault((benchmark, video, number));
    }

    internal void Add(VideoRecord record)
    {
        lock (_lock)
        {
            _videos.Add((record.Benchmark, record.SystemKey, record.VideoId), record);
            _file.Write(Line("video", record));
        }
    }

    internal void Add(QuestionRecord record)
    {
        lock (_lock)
        {
            _questions.Add((record.Benchmark, record.SystemKey, record.VideoId, record.Number), record);
            _file.Write(Line("question", record));
        }
    }

    /// <summary>Writes a prompt down where it is not yet: systems are asked the same.</summary>
    internal void Add(PromptRecord record)
    {
        lock (_lock)
            if (_prompts.TryAdd((record.Benchmark, record.VideoId, record.Number), record.Text))
                _file.Write(Line("prompt", record));
    }

    /// <summary>Hands what was written to the disk, so that it outlives a crash of the machine too.</summary>
    internal void Flush()
    {
        lock (_lock)
            _file.Flush(flushToDisk: true);
    }

    private void Read(string path, IReadOnlyDictionary<string, string> run)
    {
        var bytes = new byte[_file.Length];
        _file.ReadExactly(bytes);
        var (start, index) = (0, 0);
        for (int length; (length = bytes.AsSpan(start).IndexOf((byte)'\n')) >= 0; start += length + 1)
            ReadLine(bytes.AsMemory(start, length), index++, path, run);
        if (index == 0)
            throw new InvalidDataException($"'{path}' is not the record of an evaluation: it has no line.");

        // What follows the last line end was being written when the process was killed.
        _file.SetLength(start);
        _file.Seek(0, SeekOrigin.End);
    }

    private void ReadLine(ReadOnlyMemory<byte> line, int index, string path, IReadOnlyDictionary<string, string> run)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            var kind = document.RootElement.GetProperty("kind").GetString();
            switch (kind)
            {
                case "run" when index == 0 && document.Deserialize(RecordJson.Default.RunLine) is { Format: Format } first:
                    ThrowIfOther(path, first.Run, run);
                    break;
                case "video" when index > 0:
                    var video = document.Deserialize(RecordJson.Default.VideoRecord)!;
                    if (video.TokenCount < 1 || video.KeptCount < 1)
                        throw new JsonException("a count is out of range");
                    _videos.Add((video.Benchmark, video.SystemKey, video.VideoId), video);
                    break;
                case "question" when index > 0:
                    var question = document.Deserialize(RecordJson.Default.QuestionRecord)!;
                    _questions.Add((question.Benchmark, question.SystemKey, question.VideoId, question.Number), question);
                    break;
                case "prompt" when index > 0:
                    var prompt = document.Deserialize(RecordJson.Default.PromptRecord)!;
                    _prompts.Add((prompt.Benchmark, prompt.VideoId, prompt.Number), prompt.Text);
                    break;
                default:
                    throw new JsonException($"kind '{kind}' was not expected here");
            }
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException || exception is ArgumentException && index > 0)
        {
            throw new InvalidDataException($"Line {index + 1} of '{path}' is no line of the record of an evaluation ({Format}): {Excerpt.Of(exception)}", exception);
        }
    }

    private static void ThrowIfOther(string path, IReadOnlyDictionary<string, string> recorded, IReadOnlyDictionary<string, string> run)
    {
        var differences = recorded.Keys.Union(run.Keys).Order(StringComparer.Ordinal)
            .Where(name => recorded.GetValueOrDefault(name) != run.GetValueOrDefault(name))
            .Select(name => $"{name} was '{recorded.GetValueOrDefault(name)}', now '{run.GetValueOrDefault(name)}'").ToArray();
        if (differences.Length > 0)
            throw new ArgumentException(
                $"'{path}' is the record of another run: {string.Join("; ", differences)}. Run as then to go on with it, or name another file.", nameof(path));
    }

    private static byte[] Line<T>(string kind, T line) =>
        Encoding.UTF8.GetBytes($"{{\"kind\":\"{kind}\",{JsonSerializer.Serialize(line, typeof(T), RecordJson.Default)[1..]}\n");
}

/// <summary>The first line of a record.</summary>
internal sealed record RunLine(string Format, SortedDictionary<string, string> Run);

/// <summary>The user turn of a question, options and instructions included, as every system was asked it.</summary>
internal sealed record PromptRecord(string Benchmark, [property: JsonPropertyName("video")] string VideoId, int Number, string Text);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RunLine))]
[JsonSerializable(typeof(VideoRecord))]
[JsonSerializable(typeof(QuestionRecord))]
[JsonSerializable(typeof(PromptRecord))]
internal sealed partial class RecordJson : JsonSerializerContext;
