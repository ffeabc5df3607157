using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Score.Cli.Features;

/// <summary>The grid of a video's tokens.</summary>
internal sealed record IndexedGrid(int TimeSteps, int Height, int Width, double SecondsPerStep);

/// <summary>A video and its feature file.</summary>
/// <param name="Video">The video as it can be opened from where the command was run.</param>
/// <param name="File">The feature file's name, beside the index.</param>
/// <param name="Grid">The grid of its tokens.</param>
/// <param name="Seconds">The length of the video.</param>
/// <param name="Bytes">The length of the feature file.</param>
/// <param name="Encoder">Which encoder's tokens they are, as the feature file has it.</param>
/// <param name="Type">How they are stored: bf16, f16 or f32.</param>
internal sealed record IndexedVideo(string Video, string File, IndexedGrid Grid, double Seconds, long Bytes, string? Encoder, string Type);

/// <summary>
/// What tells which feature file of a folder is whose, since they are named by content: a line of JSON for each video, encoder and type. It is written whole, and keeps
/// the lines of earlier runs whose files are still there. Training does not read it. Not safe for concurrent use.
/// </summary>
internal sealed class FeatureIndex
{
    public const string FileName = "videos.jsonl";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    private readonly string _folder;
    private readonly OrderedDictionary<(string Video, string? Encoder, string Type), IndexedVideo> _videos = [];

    /// <param name="folder">The folder of feature files; an index that it has is gone on with.</param>
    /// <exception cref="InvalidDataException">What is in its place is none.</exception>
    public FeatureIndex(string folder)
    {
        _folder = folder;
        if (File.Exists(Place))
            foreach (var video in Read(Place).Where(video => File.Exists(Path.Combine(folder, video.File))))
                _videos[(video.Video, video.Encoder, video.Type)] = video;
    }

    /// <summary>The index's own path.</summary>
    public string Place => Path.Combine(_folder, FileName);

    /// <summary>Whether a file is such an index.</summary>
    /// <exception cref="InvalidDataException">It is not.</exception>
    public static bool IsOne(string path)
    {
        Read(path).LastOrDefault();
        return true;
    }

    /// <summary>Adds a video, in place of what was known of it for that encoder and type.</summary>
    /// <param name="video">As it can be opened.</param>
    /// <param name="path">Its feature file.</param>
    /// <returns>What the file's header says of it.</returns>
    public IndexedVideo Add(string video, string path)
    {
        using var tokens = FeatureFile.Open(path);
        var grid = tokens.Grid;
        var added = new IndexedVideo(
            video, Path.GetFileName(path), new IndexedGrid(grid.TimeSteps, grid.Height, grid.Width, grid.SecondsPerStep), tokens.Times?.VideoSeconds ?? grid.TimeSteps * grid.SecondsPerStep,
            new FileInfo(path).Length, tokens.EncoderFingerprint, tokens.Type.ToString().ToLowerInvariant());
        _videos[(added.Video, added.Encoder, added.Type)] = added;
        return added;
    }

    /// <summary>Writes it, unless it is empty and was not there.</summary>
    public void Save()
    {
        if (_videos.Count == 0 && !File.Exists(Place))
            return;
        AtomicFile.Write(Place, stream =>
        {
            foreach (var video in _videos.Values)
            {
                JsonSerializer.Serialize(stream, video, s_json);
                stream.WriteByte((byte)'\n');
            }
        });
    }

    private static IEnumerable<IndexedVideo> Read(string path)
    {
        foreach (var (index, line) in File.ReadLines(path).Index())
            yield return Parse(line) ?? throw new InvalidDataException($"{path}, line {index + 1}: expected a line of the index that score encode writes.");
    }

    private static IndexedVideo? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize<IndexedVideo>(line, s_json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
