using System.CommandLine;
using Microsoft.ML.Score.Datasets.Training;
using Score.Cli.Training;
using Score.Cli.Usage;
using Score.Cli.Videos;

namespace Score.Cli.Commands;

/// <summary>The options that say how a file of captioned images and videos is read.</summary>
internal sealed class DataOptions
{
    private const string JsonLines = "jsonl";

    private static readonly string[] s_formats = [JsonLines, .. Enum.GetNames<TrainingSetFormat>().Select(name => name.ToLowerInvariant())];

    public Option<string> Format { get; } = CommonOptions.Word("--format", "The layout of the data file.", s_formats, JsonLines);

    public Option<string?> Videos { get; } = new("--videos") { Description = "The folder that paths of the data file are relative to. Default: the file's own." };

    public Option<bool> SkipDamaged { get; } = new("--skip-damaged") { Description = "Pass over rows of the data file that are damaged or cannot be used, their videos too, instead of stopping." };

    public ReadingOptions Reading { get; } = new();

    /// <summary>The rows of a data file, read as they are asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="path">The data file.</param>
    /// <param name="skipped">Told of rows passed over.</param>
    /// <param name="findCaptionFault">What keeps a caption from being used; null where nothing does.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">While enumerating: a row is damaged; the message has its place.</exception>
    public IEnumerable<CaptionedVideo> Read(ParseResult parsed, string path, SkippedRows skipped, Func<string, string?> findCaptionFault)
    {
        var readOptions = Reading.Of(parsed);
        var known = EnumWord.Parse<TrainingSetFormat>(parsed.GetRequiredValue(Format));
        var (folder, skipDamaged) = (parsed.GetValue(Videos), parsed.GetValue(SkipDamaged));
        var rows = known is { } format
            ? TrainingSet.Read(path, format, folder, skipDamaged, skipped.Add).Select(Captioned)
            : CaptionedVideo.ReadFile(path, readOptions, folder, skipDamaged ? skipped.Add : null);
        return rows.Where(IsUsable);

        CaptionedVideo Captioned(CaptionedFile file)
        {
            var (video, caption) = FieldsOf(known!.Value, file.IsStill);
            return new CaptionedVideo(
                new VideoReference(file.Path, readOptions), file.Caption, file.Name, $"{path}, {file.Place}, '{video}'", $"{path}, {file.Place}, '{caption}'");
        }

        bool IsUsable(CaptionedVideo row)
        {
            if (findCaptionFault(row.Caption) is not { } fault)
                return true;
            if (!skipDamaged)
                throw new InvalidDataException($"{row.CaptionPlace}: the caption {fault}.");
            skipped.Add(new SkippedRow(row.CaptionPlace[(path.Length + 2)..], SkipReason.Damaged, $"the caption {fault}."));
            return false;
        }
    }

    private static (string Video, string Caption) FieldsOf(TrainingSetFormat format, bool isStill) => format switch
    {
        TrainingSetFormat.Llava => (isStill ? "image" : "video", "conversations"),
        TrainingSetFormat.Koala => ("videoID", "caption"),
        _ => ("file_name", "caption"),
    };
}
