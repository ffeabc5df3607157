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

    public Option<bool> SkipDamaged { get; } = new("--skip-damaged") { Description = "Pass over damaged rows of the data file instead of stopping." };

    public ReadingOptions Reading { get; } = new();

    /// <summary>The rows of a data file, read as they are asked for.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="path">The data file.</param>
    /// <param name="skipped">Told of rows passed over.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">While enumerating: a row is damaged; the message has its place.</exception>
    public IEnumerable<CaptionedVideo> Read(ParseResult parsed, string path, SkippedRows skipped)
    {
        var readOptions = Reading.Of(parsed);
        var (folder, skipDamaged) = (parsed.GetValue(Videos), parsed.GetValue(SkipDamaged));
        return EnumWord.Parse<TrainingSetFormat>(parsed.GetRequiredValue(Format)) is { } format
            ? TrainingSet.Read(path, format, folder, skipDamaged, skipped.Add).Select(file => new CaptionedVideo(new VideoReference(file.Path, readOptions), file.Caption, file.Name))
            : CaptionedVideo.ReadFile(path, readOptions, folder, skipDamaged ? skipped.Add : null);
    }
}
