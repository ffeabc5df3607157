using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.ML.Score.Datasets.Training;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Training;
using Microsoft.ML.Score.Video;
using Score.Cli.Videos;

namespace Score.Cli.Training;

/// <summary>One row to train on: a video and its caption, not encoded yet.</summary>
/// <param name="Video">The video.</param>
/// <param name="Caption">Not blank.</param>
/// <param name="Name">The video as its data file names it.</param>
/// <param name="VideoPlace">Where the video is named: file, row and field.</param>
/// <param name="CaptionPlace">Where the caption stands.</param>
internal sealed record CaptionedVideo(VideoReference Video, string Caption, string Name, string VideoPlace = "", string CaptionPlace = "")
{
    // What a UTF-8 byte order mark is in Latin-1.
    private const string Mark = "\u00EF\u00BB\u00BF";

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
        return Lines(path).Index().Where(line => !string.IsNullOrWhiteSpace(line.Item)).Select(line => Read(line.Index + 1, line.Item)).OfType<CaptionedVideo>();

        CaptionedVideo? Read(int number, string line)
        {
            try
            {
                return Parse(Encoding.Latin1.GetBytes(line), $"{path}, line {number}", folder, readOptions);
            }
            // The last is what a text with half a surrogate pair gives.
            catch (Exception exception) when (exception is JsonException or FormatException or FileNotFoundException or InvalidOperationException)
            {
                // The parser counts lines too, of which a row is the first.
                var message = exception is JsonException { BytePositionInLine: { } before } ? $"{exception.Message.Split(" LineNumber: ")[0].TrimEnd('.')}, at byte {before + 1} of the line." : exception.Message;
                if (onDamaged is null)
                    throw new InvalidDataException($"{path}, line {number}: {message}", exception);
                onDamaged(new SkippedRow($"line {number}", exception is FileNotFoundException ? SkipReason.MissingFile : SkipReason.Damaged, message));
                return null;
            }
        }
    }

    /// <summary>The first images, and the first short and medium videos by turns, of a split of the synthetic world.</summary>
    public static CaptionedVideo[] Synthetic(SyntheticSplit split, int images, int videos)
    {
        var ids = Enumerable.Range(0, images).Select(index => $"{split}-image-{index}")
            .Concat(Enumerable.Range(0, videos).Select(index => $"{split}-{(index % 2 == 0 ? VideoLength.Short : VideoLength.Medium)}-{index / 2}"));
        return [.. ids.Select(id => VideoReference.ToSynthetic(id.ToLowerInvariant())).Select(video => new CaptionedVideo(video, video.SyntheticCaption, video.Text, video.Text, video.Text))];
    }

    /// <summary>The lines with every byte as a letter of Latin-1, so that what is not UTF-8 is the damage of its line alone.</summary>
    private static IEnumerable<string> Lines(string path)
    {
        using var reader = new StreamReader(path, Encoding.Latin1, detectEncodingFromByteOrderMarks: false);
        for (var first = true; reader.ReadLine() is { } line; first = false)
            yield return first && line.StartsWith(Mark, StringComparison.Ordinal) ? line[Mark.Length..] : line;
    }

    private static CaptionedVideo Parse(byte[] line, string place, string folder, VideoReadOptions readOptions)
    {
        if (!Utf8.IsValid(line))
            throw new FormatException("not valid UTF-8.");
        using var document = JsonDocument.Parse(line);
        var row = document.RootElement;
        var field = Text("path") is null ? "video" : "path";
        var video = Text(field) ?? throw Lacks("video");
        if (field == "path" && Text("video") is { } other && other != video)
            throw new FormatException($"'video' is '{other}' and 'path' is '{video}'; expected one of them, or the same in both.");
        if (string.IsNullOrWhiteSpace(video))
            throw new FormatException($"'{field}' is empty; expected a video file or a clip synthetic:SPLIT-LENGTH-INDEX.");
        var caption = Text("caption") ?? throw Lacks("caption");
        if (string.IsNullOrWhiteSpace(caption))
            throw new FormatException("the caption is empty.");
        if (caption.Length > TrainingRow.MostCaptionCharacters)
            throw new FormatException($"the caption has {caption.Length} characters; expected at most {TrainingRow.MostCaptionCharacters}.");
        var name = video.StartsWith("synthetic:", StringComparison.Ordinal) ? video : Path.Combine(folder, video);
        if (Directory.Exists(name))
            throw new FormatException($"'{field}' names the folder '{name}'; expected a video file.");
        return new CaptionedVideo(new VideoReference(name, readOptions), caption, video, $"{place}, '{field}'", $"{place}, 'caption'");

        string? Text(string name) =>
            row.ValueKind == JsonValueKind.Object && row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

        static FormatException Lacks(string name) => new($"expected an object with text \"video\" and \"caption\"; there is no text \"{name}\".");
    }
}
