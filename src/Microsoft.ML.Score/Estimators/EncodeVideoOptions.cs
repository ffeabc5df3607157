using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score;

/// <summary>Options of <c>EncodeVideo</c>.</summary>
public sealed class EncodeVideoOptions
{
    /// <summary>
    /// Folder for feature files; created when missing. With it a video is encoded once, the output column is the path of its feature
    /// file and there is no grid column: use it where a data set is read more than once (training) or rows are large. Files are named
    /// by the video's content and the model's fingerprint and frame processing, and written whole or not at all, so that
    /// processes may share the folder; a damaged one is written anew. Neither decoder nor model runs for a video that is there.
    /// Nothing is ever deleted. Default null: the output column holds the features.
    /// </summary>
    public string? CacheFolder { get; init; }

    /// <summary>
    /// How the feature files store numbers: BF16 or F16 (half the size, rounded to nearest) or F32 (exact). Default BF16, the type of the
    /// released models.
    /// </summary>
    public TensorType CacheType { get; init; } = TensorType.BF16;

    /// <summary>Name of the grid column beside the features. Default "Grid".</summary>
    public string GridColumnName { get; init; } = "Grid";

    /// <summary>
    /// Frames a second of videos given as frames in memory, positive and finite; video files have their own. Default 2, the rate at which
    /// Qwen2.5-VL samples.
    /// </summary>
    public double FramesPerSecond { get; init; } = 2;

    /// <summary>
    /// How video files are read: limits, and who is told of frames that do not decode. A saved pipeline does not hold it; see
    /// <see cref="ScoreLoadOptions.ReadOptions"/>.
    /// </summary>
    public VideoReadOptions ReadOptions { get; init; } = new();

    /// <summary>The same options, with warnings told to an action where they name none.</summary>
    internal EncodeVideoOptions WithWarnings(Action<string> warn) => ReadOptions is not { Warn: null } ? this : new()
    {
        CacheFolder = CacheFolder,
        CacheType = CacheType,
        GridColumnName = GridColumnName,
        FramesPerSecond = FramesPerSecond,
        ReadOptions = new() { ProgressTimeout = ReadOptions.ProgressTimeout, MaxPixels = ReadOptions.MaxPixels, Warn = warn },
    };

    internal void ThrowIfFaulty(string parameterName)
    {
        var faults = new List<string>();
        if (CacheFolder == "")
            faults.Add($"{nameof(CacheFolder)} must be null or a folder, got an empty string");
        if (CacheType is not (TensorType.BF16 or TensorType.F16 or TensorType.F32))
            faults.Add($"{nameof(CacheType)} must be BF16, F16 or F32, got {CacheType}");
        if (string.IsNullOrEmpty(GridColumnName))
            faults.Add($"{nameof(GridColumnName)} must not be empty");
        if (!(FramesPerSecond > 0) || !double.IsFinite(FramesPerSecond))
            faults.Add($"{nameof(FramesPerSecond)} must be positive and finite, got {FramesPerSecond}");
        if (ReadOptions is null)
            faults.Add($"{nameof(ReadOptions)} must not be null");
        else
            faults.AddRange(ReadOptions.Faults());
        if (faults.Count > 0)
            throw new ArgumentException($"Invalid {nameof(EncodeVideoOptions)}: {string.Join("; ", faults)}.", parameterName);
    }
}
