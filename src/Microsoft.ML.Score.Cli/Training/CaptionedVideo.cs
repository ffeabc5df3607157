using System.Text.Json;
using Microsoft.ML.Score.Datasets.Training;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Video;
using Score.Cli.Videos;

namespace Score.Cli.Training;

/// <summary>One row to train on: a video and its caption, not encoded yet.</summary>
/// <param name="Video">The video.</param>
/// <param name="Caption">Not blank.</param>
/// <param name="Name">The video as its data file names it.</param>
internal sealed record CaptionedVideo(VideoReference Video, string Caption, string Name)
{
    /// <summary>
    /// Reads JSON lines <c>{"video": PATH, "caption": TEXT}</c>, in which <c>path</c> may stand for <c>video</c>, as in what score annotate
    /// writes. Blank lines are passed over.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="readOptions">How its video files are read.</param>
    /// <param name="folder">What its paths are relative to; null means its own folder.</param>
    /// <param name="onDamaged">Told of every line that is no row, which is then passed over; null to end at the first.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// While enumerating: a line is no such object, names a video that is not there or has an empty caption; the message has the line
    /// number.
    /// </exception>
    public static IEnumerable<CaptionedVideo> ReadFile(string path, VideoReadOptions readOptions, string? folder = null, Action<SkippedRow>? onDamaged = null)
    {
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}' of training rows.", path);

        folder ??= Path.GetDirectoryName(Path.GetFullPath(path))!;
        return File.ReadLines(path).Index().Where(line => !string.IsNullOrWhiteSpace(line.Item)).Select(line => Read(line.Index + 1, line.Item)).OfType<CaptionedVideo>();

        CaptionedVideo? Read(int number, string line)
        {
            try
            {
                return Parse(line, folder, readOptions);
            }
            // The last is what a text with half a surrogate pair gives.
            catch (Exception exception) when (exception is JsonException or FormatException or FileNotFoundException or InvalidOperationException)
            {
                if (onDamaged is null)
                    throw new InvalidDataException($"{path}, line {number}: {exception.Message}", exception);
                onDamaged(new SkippedRow($"line {number}", exception is FileNotFoundException ? SkipReason.MissingFile : SkipReason.Damaged, exception.Message));
                return null;
            }
        }
    }

    /// <summary>The first images, and the first short and medium videos by turns, of a split of the synthetic world.</summary>
    public static CaptionedVideo[] Synthetic(SyntheticSplit split, int images, int videos)
    {
        var ids = Enumerable.Range(0, images).Select(index => $"{split}-image-{index}")
            .Concat(Enumerable.Range(0, videos).Select(index => $"{split}-{(index % 2 == 0 ? VideoLength.Short : VideoLength.Medium)}-{index / 2}"));
        return [.. ids.Select(id => VideoReference.ToSynthetic(id.ToLowerInvariant())).Select(video => new CaptionedVideo(video, video.SyntheticCaption, video.Text))];
    }

    private static CaptionedVideo Parse(string line, string folder, VideoReadOptions readOptions)
    {
        using var document = JsonDocument.Parse(line);
        var row = document.RootElement;
        var video = Text("path") ?? Text("video") ?? throw Lacks("video");
        var caption = Text("caption") ?? throw Lacks("caption");
        if (string.IsNullOrWhiteSpace(caption))
            throw new FormatException("the caption is empty.");
        var local = new VideoReference(video.StartsWith("synthetic:", StringComparison.Ordinal) ? video : Path.Combine(folder, video), readOptions);
        return new CaptionedVideo(local, caption, video);

        string? Text(string name) =>
            row.ValueKind == JsonValueKind.Object && row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        static FormatException Lacks(string name) => new($"expected an object with text \"video\" and \"caption\"; there is no text \"{name}\".");
    }
}
