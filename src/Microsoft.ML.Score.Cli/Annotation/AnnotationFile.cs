using System.Text.Encodings.Web;
using System.Text.Json;

namespace Score.Cli.Annotation;

/// <summary>A row of the output.</summary>
/// <param name="Path">The video as its data file names it.</param>
/// <param name="Caption">What the teacher model says.</param>
/// <param name="Original">The caption before.</param>
/// <param name="Model">The teacher model.</param>
/// <param name="Usage">Tokens that it took; null where the server does not tell.</param>
internal sealed record AnnotatedRow(string Path, string Caption, string Original, string Model, TokenUsage? Usage);

/// <summary>A row that has no caption, in the list of them beside the output.</summary>
/// <param name="Path">The video as its data file names it.</param>
/// <param name="Error">Why.</param>
internal sealed record FailedRow(string Path, string Error);

/// <summary>
/// JSON lines that are added one by one, each on the disk before the next: a process killed at any moment leaves whole lines and at most
/// a torn last one, which opening the file anew removes. One process at a time may hold it. Not safe for concurrent use.
/// </summary>
internal sealed class AnnotationFile : IDisposable
{
    private const string Start = "{\"path\":";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true, // rows to train on have a path and a caption too
    };

    private readonly FileStream _stream;

    /// <param name="path">The file, made if it is not there.</param>
    /// <exception cref="InvalidDataException">It holds something else.</exception>
    /// <exception cref="IOException">Another process holds it.</exception>
    public AnnotationFile(string path)
    {
        _stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        try
        {
            var whole = ReadRows<AnnotatedRow>(_stream, path, row => Paths.Add(row.Path));
            _stream.SetLength(whole);
            _stream.Position = whole;
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>Whether a file holds rows of one kind that score annotate wrote; a last one may be cut off.</summary>
    /// <exception cref="InvalidDataException">It begins like one and goes on otherwise.</exception>
    public static bool HoldsOnly<TRow>(string path)
    {
        using var stream = File.OpenRead(path);
        if (stream.ReadByte() != Start[0])
            return false; // before a line is read, which may be a whole video
        ReadRows<TRow>(stream, path, _ => { });
        return true;
    }

    /// <summary>The paths of the rows that a file holds, which is left as it is and need not be there.</summary>
    public static HashSet<string> PathsIn(string path)
    {
        var paths = new HashSet<string>(StringComparer.Ordinal);
        if (!File.Exists(path))
            return paths;
        using var stream = File.OpenRead(path);
        ReadRows<AnnotatedRow>(stream, path, row => paths.Add(row.Path));
        return paths;
    }

    /// <summary>The paths of the rows that the file held when it was opened.</summary>
    public HashSet<string> Paths { get; } = new(StringComparer.Ordinal);

    /// <summary>A row as a line.</summary>
    public static byte[] Line<TRow>(TRow row) => [.. JsonSerializer.SerializeToUtf8Bytes(row, s_json), (byte)'\n'];

    public void Add(AnnotatedRow row)
    {
        _stream.Write(Line(row));
        _stream.Flush(flushToDisk: true);
    }

    public void Dispose() => _stream.Dispose();

    private static long EndOfLastLine(FileStream stream)
    {
        var end = stream.Length;
        for (; end > 0; end--)
        {
            stream.Position = end - 1;
            if (stream.ReadByte() == '\n')
                break;
        }

        stream.Position = 0;
        return end;
    }

    /// <summary>Reads all rows, and gives back where the last whole one ends.</summary>
    private static long ReadRows<TRow>(FileStream stream, string path, Action<TRow> add)
    {
        var whole = EndOfLastLine(stream);
        var lastIsTorn = whole < stream.Length;
        using var reader = new StreamReader(stream, leaveOpen: true);
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (lastIsTorn && reader.EndOfStream)
            {
                if (line.StartsWith(Start, StringComparison.Ordinal) || Start.StartsWith(line, StringComparison.Ordinal))
                    return whole;
            }
            else if (Parse<TRow>(line) is { } row)
            {
                add(row);
                continue;
            }

            throw new InvalidDataException($"{path}, line {number}: expected a row that score annotate wrote, {Start} ...; nothing was changed.");
        }

        return whole;
    }

    private static TRow? Parse<TRow>(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<TRow>(line, s_json);
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
