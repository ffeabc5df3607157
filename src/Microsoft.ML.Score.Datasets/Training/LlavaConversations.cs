using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.ML.Score.Datasets.Annotations;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Datasets.Training;

/// <summary>The entries of <see cref="TrainingSetFormat.Llava"/>: a JSON array, or JSON lines.</summary>
internal static class LlavaConversations
{
    /// <exception cref="FormatException">The first line of JSON lines is none.</exception>
    public static IEnumerable<TrainingEntry> Read(Stream stream) => IsLines(stream) ? ReadLines(stream) : ReadArray(stream);

    private static IEnumerable<TrainingEntry> ReadArray(Stream stream)
    {
        // Nothing waits: the stream reads synchronously.
        var rows = JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(new PythonJson(stream)).ToBlockingEnumerable();
        return rows.Select((row, index) => Parse(row, $"row {index}"));
    }

    private static IEnumerable<TrainingEntry> ReadLines(Stream stream)
    {
        // In Latin-1 every byte is a letter, so that damage stays in its line.
        using var lines = new StreamReader(stream, Encoding.Latin1, detectEncodingFromByteOrderMarks: false, leaveOpen: true);
        var any = false;
        for (var number = 1; lines.ReadLine() is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            var entry = ParseLine(Encoding.Latin1.GetBytes(line), $"line {number}", out var isJson);
            if (!any && !isJson)
                throw new FormatException($"expected an array of rows, or a row in each line; {entry.Place}: {entry.Fault!.Message}");
            any = true;
            yield return entry;
        }
    }

    private static TrainingEntry ParseLine(byte[] line, string place, out bool isJson)
    {
        isJson = true;
        if (!Utf8.IsValid(line))
            return TrainingEntry.Damaged(place, "it is not valid UTF-8.");
        try
        {
            return Parse(JsonElement.Parse(PythonJson.Normalize(line)), place);
        }
        catch (JsonException exception)
        {
            isJson = false;
            return TrainingEntry.Damaged(place, $"not valid JSON: {Excerpt.Of(exception)}");
        }
    }

    /// <summary>Whether the text begins with an object; a byte order mark is passed over for good.</summary>
    private static bool IsLines(Stream stream)
    {
        var start = new byte[Encoding.UTF8.Preamble.Length];
        stream.Position = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.AsSpan().SequenceEqual(Encoding.UTF8.Preamble) ? start.Length : 0;
        var begin = stream.Position;
        int next;
        do
            next = stream.ReadByte();
        while (next is ' ' or '\t' or '\r' or '\n');
        stream.Position = begin;
        return next == '{';
    }

    private static TrainingEntry Parse(JsonElement row, string place)
    {
        if (row.ValueKind != JsonValueKind.Object)
            return TrainingEntry.Damaged(place, $"expected an object, got {row.ValueKind}.");
        if (!JsonFields.HasReadableNames(row))
            return TrainingEntry.Damaged(place, "a property's name is no valid Unicode text.");
        var video = File(row, "video");
        if ((video ?? File(row, "image")) is not { } file)
            return TrainingEntry.Faulty(place, SkipReason.NotCaptioned, "it has neither an image nor a video.");
        if (file.ValueKind == JsonValueKind.Array)
            return TrainingEntry.Faulty(place, SkipReason.NotCaptioned, $"it has {file.GetArrayLength()} files; expected one.");
        if (JsonFields.Text(file) is not { } name)
            return TrainingEntry.Damaged(place, $"\"{(video is null ? "image" : "video")}\" is not a text.");
        return Answer(row) is { } caption
            ? new TrainingEntry(place, name, caption, IsStill: video is null)
            : TrainingEntry.Damaged(place, "\"conversations\" has no turn {\"from\": \"gpt\", \"value\": TEXT}.");
    }

    /// <summary>The file that a field names; null where it names none, as merged sets write it: null, an empty text, or a list of one of these.</summary>
    private static JsonElement? File(JsonElement row, string field)
    {
        if (JsonFields.Field(row, field) is not { } value)
            return null;
        var file = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1 ? value[0] : value;
        return file.ValueKind == JsonValueKind.Null || (JsonFields.Text(file) is { } name && string.IsNullOrWhiteSpace(name)) ? null : file;
    }

    private static string? Answer(JsonElement row) => JsonFields.Field(row, "conversations") is { ValueKind: JsonValueKind.Array } turns
        ? turns.EnumerateArray().Where(turn => JsonFields.Text(turn, "from") == "gpt").Select(turn => JsonFields.Text(turn, "value")).FirstOrDefault()
        : null;
}
