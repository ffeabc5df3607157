using System.Text.Json;

namespace Microsoft.ML.Score.Storage;

/// <summary>Files with a JSON object a line, to which lines are added, so that a kill may cut off the last.</summary>
internal static class JsonLines
{
    /// <summary>Whether a file holds lines of one kind alone. What follows the last line end may be the beginning of one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="start">What every such line begins with.</param>
    /// <param name="isLine">Whether a line that is JSON is of the kind.</param>
    public static bool AreAll(string path, string start, Func<JsonElement, bool> isLine)
    {
        using var stream = File.OpenRead(path);
        using var reader = new StreamReader(stream);
        var first = new char[start.Length];
        if (!start.StartsWith(new string(first, 0, reader.ReadBlock(first)), StringComparison.Ordinal))
            return false; // before a line is read, which may be a whole video

        stream.Seek(-1, SeekOrigin.End);
        var lastIsWhole = stream.ReadByte() == '\n';
        stream.Position = 0;
        reader.DiscardBufferedData();
        while (reader.ReadLine() is { } line)
            if (!IsLine(line, isLine) && (lastIsWhole || !reader.EndOfStream || !line.StartsWith(start, StringComparison.Ordinal) && !start.StartsWith(line, StringComparison.Ordinal)))
                return false;
        return true;
    }

    private static bool IsLine(string line, Func<JsonElement, bool> isLine)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object && isLine(document.RootElement);
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
