using System.Text.Json;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Datasets.Training;

/// <summary>Reads sets of captioned images and videos to train on, those that the paper trained on among them.</summary>
public static class TrainingSet
{
    /// <summary>The rows of a set, in its order. Each enumeration reads the file anew and holds one row at a time (COCO: see there); several may run at once.</summary>
    /// <param name="path">The file that lists the set.</param>
    /// <param name="format">Its layout.</param>
    /// <param name="folder">The folder of the images and videos; null means the file's own. Paths that leave it are damage. Links in it are followed.</param>
    /// <param name="skipDamaged">Whether damaged entries are passed over instead of ending the enumeration.</param>
    /// <param name="onSkipped">Told of every entry passed over, as it is met: missing files and entries without a captioned video always, damaged ones where <paramref name="skipDamaged"/> says so.</param>
    /// <exception cref="ArgumentOutOfRangeException">The format is not defined.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">While enumerating: the file as a whole is not of the format, or an entry is damaged; the message has the file and the line or index.</exception>
    public static IEnumerable<CaptionedFile> Read(string path, TrainingSetFormat format, string? folder = null, bool skipDamaged = false, Action<SkippedRow>? onSkipped = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!Enum.IsDefined(format))
            throw new ArgumentOutOfRangeException(nameof(format), format, $"The format must be one of {string.Join(", ", Enum.GetNames<TrainingSetFormat>())}.");
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no training set '{path}'.", path);
        var root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder ?? Path.GetDirectoryName(Path.GetFullPath(path))!));
        if (!Directory.Exists(root))
            throw new DirectoryNotFoundException($"There is no folder '{root}' of images and videos.");

        return Rows();

        IEnumerable<CaptionedFile> Rows()
        {
            foreach (var entry in Entries(path, format))
            {
                var (file, fault) = Locate(entry, root);
                if (file is not null)
                    yield return file;
                else if (fault!.Reason == SkipReason.Damaged && !skipDamaged)
                    throw new InvalidDataException($"{path}, {fault.Place}: {fault.Message}");
                else
                    onSkipped?.Invoke(fault);
            }
        }
    }

    private static (CaptionedFile? File, SkippedRow? Fault) Locate(TrainingEntry entry, string root)
    {
        if (entry.Fault is not null)
            return (null, entry.Fault);
        if (string.IsNullOrWhiteSpace(entry.Caption))
            return Fault(SkipReason.Damaged, "the caption is empty.");
        if (entry.Caption.Length > TrainingRow.MostCaptionCharacters)
            return Fault(SkipReason.Damaged, $"the caption has {entry.Caption.Length} characters; expected at most {TrainingRow.MostCaptionCharacters}.");
        if (string.IsNullOrWhiteSpace(entry.Name) || entry.Name.Contains('\0', StringComparison.Ordinal))
            return Fault(SkipReason.Damaged, "the file's name is empty or holds a null character.");
        var full = Path.GetFullPath(Path.Combine(root, entry.Name));
        if (Path.IsPathRooted(entry.Name) || !full.StartsWith(Path.EndsInDirectorySeparator(root) ? root : root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            return Fault(SkipReason.Damaged, $"the path '{entry.Name}' leaves the folder '{root}'.");
        var name = entry.IsVideoId ? VideoNames.Of(entry.Name).FirstOrDefault(name => File.Exists(Path.Combine(root, name))) : File.Exists(full) ? entry.Name : null;
        return name is not null
            ? (new CaptionedFile(Path.GetFullPath(Path.Combine(root, name)), entry.Caption, entry.IsStill, name) { Place = entry.Place }, null)
            : Fault(SkipReason.MissingFile, $"there is no file '{full}'{(entry.IsVideoId ? " with any extension of a video, or none" : "")}.");

        (CaptionedFile?, SkippedRow?) Fault(SkipReason reason, string message) => (null, new SkippedRow(entry.Place, reason, message));
    }

    /// <summary>What the format's reader gives, its faults of the file as a whole turned into one that names the file.</summary>
    private static IEnumerable<TrainingEntry> Entries(string path, TrainingSetFormat format)
    {
        using var stream = File.OpenRead(path);
        using var entries = (format switch
        {
            TrainingSetFormat.Llava => LlavaConversations.Read(stream),
            TrainingSetFormat.Koala => KoalaCsv.Read(stream),
            _ => CocoCaptions.Read(stream),
        }).GetEnumerator();
        while (MoveNext())
            yield return entries.Current;

        bool MoveNext()
        {
            try
            {
                return entries.MoveNext();
            }
            // The last is what a property's name with half a surrogate pair gives.
            catch (Exception exception) when (exception is JsonException or FormatException or InvalidOperationException)
            {
                throw new InvalidDataException($"The training set '{path}' is not of the format {format}: {Excerpt.Of(exception)}", exception);
            }
        }
    }
}
