using System.Text.Json;
using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.Cli.Videos;

/// <summary>One row to train on: a video and its caption, not encoded yet.</summary>
internal sealed record TrainingRow(VideoReference Video, string Caption)
{
    /// <summary>Reads JSON lines <c>{"video": PATH, "caption": TEXT}</c>. Paths are relative to the file; blank lines are passed over.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">A line is no such object, names a video that is not there or has an empty caption, or there is no row; the message has the line number.</exception>
    public static TrainingRow[] ReadFile(string path)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}' of training rows.", path);

        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        List<TrainingRow> rows = [];
        foreach (var (index, line) in File.ReadLines(path).Index())
        {
            if (string.IsNullOrWhiteSpace(line))
                continue;
            try
            {
                rows.Add(Parse(line, folder));
            }
            catch (Exception exception) when (exception is JsonException or FormatException or FileNotFoundException)
            {
                throw new InvalidDataException($"{path}, line {index + 1}: {exception.Message}", exception);
            }
        }

        return rows.Count > 0 ? [.. rows] : throw new InvalidDataException($"'{path}' has no rows.");
    }

    /// <summary>The first images, and the first short and medium videos by turns, of a split of the synthetic world.</summary>
    public static TrainingRow[] Synthetic(SyntheticSplit split, int images, int videos)
    {
        var ids = Enumerable.Range(0, images).Select(index => $"{split}-image-{index}")
            .Concat(Enumerable.Range(0, videos).Select(index => $"{split}-{(index % 2 == 0 ? VideoLength.Short : VideoLength.Medium)}-{index / 2}"));
        return [.. ids.Select(id => VideoReference.ToSynthetic(id.ToLowerInvariant())).Select(video => new TrainingRow(video, video.SyntheticCaption))];
    }

    private static TrainingRow Parse(string line, string folder)
    {
        using var document = JsonDocument.Parse(line);
        var row = document.RootElement;
        var video = Text("video");
        var caption = Text("caption");
        if (string.IsNullOrWhiteSpace(caption))
            throw new FormatException("the caption is empty.");
        var local = new VideoReference(video.StartsWith("synthetic:", StringComparison.Ordinal) ? video : Path.Combine(folder, video));
        return new TrainingRow(local, caption);

        string Text(string name) =>
            row.ValueKind == JsonValueKind.Object && row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
                ? value.GetString()!
                : throw new FormatException($"expected an object with text \"video\" and \"caption\"; there is no text \"{name}\".");
    }
}
