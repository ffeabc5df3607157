using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Saving;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score;

/// <summary>Runs the frozen vision encoder over videos, lazily: a video is decoded and encoded when its row is read.</summary>
/// <remarks>
/// <format type="text/markdown"><![CDATA[
/// ### Estimator Characteristics
/// | | |
/// | -- | -- |
/// | Does this estimator need to look at the data to train its parameters? | No |
/// | Input column data type | Text: the path of a video file or still image; or Vector of <xref:System.Byte> with dimensions [\*, height, width, 3]: RGB frames; or [height, width, 3]: one frame |
/// | Output column data type | Features: Vector of <xref:System.Single> of T\*H\*W\*D values; grid: Vector of <xref:System.Single> of 4 = (T, H, W, seconds per step). With a cache folder instead one text column: the path of the feature file |
/// | Exportable to ONNX | No |
/// ]]></format>
///
/// <c>ExtractPixels(interleavePixelColors: true, outputAsFloatArray: false)</c> gives one frame in RGB order as its other defaults are; a
/// <c>colorsToExtract</c> or <c>orderOfExtraction</c> that puts blue first cannot be told from it and would be encoded with colours exchanged.
///
/// The model stays the caller's: dispose it after the last prediction of the fitted transformer. A saved transformer names the
/// model and does not hold its weights. The features column carries the model's fingerprint as the annotation "EncoderFingerprint".
/// </remarks>
public sealed class EncodeVideoEstimator : IEstimator<EncodeVideoTransformer>
{
    private readonly string _outputColumnName;
    private readonly string _inputColumnName;
    private readonly IVideoLanguageModel _model;
    private readonly EncodeVideoOptions _options;

    internal EncodeVideoEstimator(string outputColumnName, string inputColumnName, IVideoLanguageModel model, EncodeVideoOptions options)
    {
        _outputColumnName = outputColumnName;
        _inputColumnName = inputColumnName;
        _model = model;
        _options = options;
    }

    /// <summary>Reads the schema; no data is looked at.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The input column is missing or of another type.</exception>
    public EncodeVideoTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);

        var source = ClipColumn.Resolve(input.Schema, _inputColumnName, _options.FramesPerSecond);
        return new EncodeVideoTransformer(new(source, _outputColumnName, _options.GridColumnName, _options.CacheFolder, _options.CacheType, _model.Info), _options.ReadOptions, _model);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        InputColumns.Find(inputSchema, _inputColumnName, ColumnKind.Text, ColumnKind.Bytes);
        if (_options.CacheFolder is not null)
            return OutputShape.Append(inputSchema, new DataViewSchema.DetachedColumn(_outputColumnName, TextDataViewType.Instance));
        return OutputShape.Append(
            inputSchema,
            new(_outputColumnName, new VectorDataViewType(NumberDataViewType.Single), FeatureColumns.FingerprintAnnotation(_model.Info.Fingerprint)),
            new(_options.GridColumnName, GridColumn.Type));
    }
}

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

    internal void ThrowIfFaulty(string parameterName) => new OptionFaults(nameof(EncodeVideoOptions))
        .Require(CacheFolder != "", CacheFolder, "be null or a folder")
        .Require(CacheType is TensorType.BF16 or TensorType.F16 or TensorType.F32, CacheType, "be BF16, F16 or F32")
        .RequireName(GridColumnName)
        .Require(FramesPerSecond > 0 && double.IsFinite(FramesPerSecond), FramesPerSecond, "be positive and finite")
        .Include(ReadOptions?.Faults(), nameof(ReadOptions))
        .ThrowIfAny(parameterName);
}

/// <summary>Adds the tokens of a video as the frozen encoder gives them; made by <see cref="EncodeVideoEstimator"/>.</summary>
public sealed class EncodeVideoTransformer : VideoTransformer
{
    internal const string Kind = "EncodeVideo";

    private readonly EncodeVideoSettings _settings;
    private readonly VideoReadOptions _readOptions;
    private readonly FrozenModel _model;

    internal EncodeVideoTransformer(EncodeVideoSettings settings, VideoReadOptions readOptions, IVideoLanguageModel model)
        : this(settings, readOptions, new FrozenModel(model))
    {
    }

    internal EncodeVideoTransformer(EncodeVideoSettings settings, ScoreLoadOptions options)
        : this(settings, options.ReadOptions, new FrozenModel(settings.Model, options))
    {
    }

    private EncodeVideoTransformer(EncodeVideoSettings settings, VideoReadOptions readOptions, FrozenModel model)
    {
        _settings = settings;
        _readOptions = readOptions;
        _model = model;
    }

    internal override IEnumerable<DataViewSchema.DetachedColumn> FittedColumns => [_settings.Source.Detach()];

    internal override SavedTransformer ToSaved() => SavedTransformer.Create(Kind, _settings);

    internal override void FindFrozenModel() => _model.Resolve();

    private protected override RowMapping Map(DataViewSchema inputSchema)
    {
        var source = _settings.Source.Bind(inputSchema);
        if (_settings.CacheFolder is { } folder)
        {
            var cache = new FeatureCache(folder, _settings.CacheType, _settings.Model);
            return new RowMapping<string>(
                inputSchema,
                [source],
                [OutputColumn.Text<string>(_settings.Output, path => path)],
                row =>
                {
                    var clip = _settings.Source.Reader(row, _readOptions);
                    return () =>
                    {
                        var video = clip();
                        return cache.GetOrAdd(video.HashContent(), () => Encode(video));
                    };
                });
        }

        return new RowMapping<VideoTokens>(
            inputSchema,
            [source],
            [
                OutputColumn.Vector<VideoTokens, float>(
                    _settings.Output,
                    new VectorDataViewType(NumberDataViewType.Single, 0, 0, 0, _settings.Model.Dimension),
                    video => video.Vectors,
                    FeatureColumns.FingerprintAnnotation(_settings.Model.Fingerprint)),
                GridColumn.Output<VideoTokens>(_settings.Grid, video => video.Grid),
            ],
            row =>
            {
                var clip = _settings.Source.Reader(row, _readOptions);
                return () => Encode(clip());
            });
    }

    private VideoTokens Encode(ClipColumn.Clip clip)
    {
        var model = _model.Resolve();
        var (wanted, found) = (_settings.Model, model.Info);
        return found.Processing == wanted.Processing && (found.EncoderStatistics || !wanted.EncoderStatistics)
            ? clip.Read(video => model.Encode(video))
            : throw new InvalidOperationException(
                $"The pipeline was made with a model loaded with the frame processing '{wanted.Processing}' "
                + $"and {nameof(wanted.EncoderStatistics)} {wanted.EncoderStatistics}, "
                + $"the model found for it has '{found.Processing}' and {found.EncoderStatistics}; "
                + $"load the same checkpoint with those options and set {nameof(ScoreLoadOptions)}.{nameof(ScoreLoadOptions.Model)}.");
    }
}

/// <summary>What <see cref="EncodeVideoTransformer"/> is made of and saved as.</summary>
internal sealed record EncodeVideoSettings(ClipColumn Source, string Output, string Grid, string? CacheFolder, TensorType CacheType, VideoModelInfo Model);
