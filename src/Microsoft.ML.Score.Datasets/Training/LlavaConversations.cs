using System.Text.Json;

namespace Microsoft.ML.Score.Datasets.Training;

/// <summary>The entries of <see cref="TrainingSetFormat.Llava"/>.</summary>
internal static class LlavaConversations
{
    public static IEnumerable<TrainingEntry> Read(Stream stream)
    {
        // Nothing waits: the stream reads synchronously.
        var rows = JsonSerializer.DeserializeAsyncEnumerable<JsonElement>(stream).ToBlockingEnumerable();
        return rows.Select((row, index) => Parse(row, $"row {index}"));
    }

    private static TrainingEntry Parse(JsonElement row, string place)
    {
        if (row.ValueKind != JsonValueKind.Object)
            return TrainingEntry.Damaged(place, $"expected an object, got {row.ValueKind}.");
        var video = JsonFields.Field(row, "video");
        if ((video ?? JsonFields.Field(row, "image")) is not { } file)
            return TrainingEntry.Faulty(place, SkipReason.NotCaptioned, "it has neither an image nor a video.");
        if (file.ValueKind == JsonValueKind.Array && file.GetArrayLength() != 1)
            return TrainingEntry.Faulty(place, SkipReason.NotCaptioned, $"it has {file.GetArrayLength()} files; expected one.");
        if (JsonFields.Text(file.ValueKind == JsonValueKind.Array ? file[0] : file) is not { } name)
            return TrainingEntry.Damaged(place, $"\"{(video is null ? "image" : "video")}\" is not a text.");
        return Answer(row) is { } caption
            ? new TrainingEntry(place, name, caption, IsStill: video is null)
            : TrainingEntry.Damaged(place, "\"conversations\" has no turn {\"from\": \"gpt\", \"value\": TEXT}.");
    }

    private static string? Answer(JsonElement row) => JsonFields.Field(row, "conversations") is { ValueKind: JsonValueKind.Array } turns
        ? turns.EnumerateArray().Where(turn => JsonFields.Text(turn, "from") == "gpt").Select(turn => JsonFields.Text(turn, "value")).FirstOrDefault()
        : null;
}
