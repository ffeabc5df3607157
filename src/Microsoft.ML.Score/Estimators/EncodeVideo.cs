using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Saving;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score;

/// <summary>Runs the frozen vision encoder over videos, lazily: a video is decoded and encoded when its row is read.</summary>
internal sealed class EncodeVideoEstimator : IEstimator<EncodeVideoTransformer>
{
    private readonly string _outputColumnName;
    private readonly string _inputColumnName;
    private readonly IVideoLanguageModel _model;
    private readonly EncodeVideoOptions _options;

    public EncodeVideoEstimator(string outputColumnName, string inputColumnName, IVideoLanguageModel model, EncodeVideoOptions options)
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
        return new EncodeVideoTransformer(new(source, _outputColumnName, _options.GridColumnName, _options.IsStillColumnName, _options.Output, _options.FeatureType, _model.Info), _options.ReadOptions, _options.Cache, _model);
    }

    /// <inheritdoc/>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);

        InputColumns.Find(inputSchema, _inputColumnName, ColumnKind.Text, ColumnKind.Bytes);
        return OutputShape.Append(
            inputSchema,
            new(
                _outputColumnName,
                _options.Output == EncodeVideoOutput.FeatureFile ? TextDataViewType.Instance : new VectorDataViewType(NumberDataViewType.Single),
                FeatureColumns.FingerprintAnnotation(_model.Info.EncoderFingerprint)),
            new(_options.GridColumnName, GridColumn.Type),
            new(_options.IsStillColumnName, BooleanDataViewType.Instance));
    }
}

/// <summary>What the features column of <c>EncodeVideo</c> holds.</summary>
public enum EncodeVideoOutput
{
    /// <summary>The tokens themselves, a Vector of <see cref="float"/>. Not for Qwen3-VL, whose tokens are more than one vector each.</summary>
    Vectors,

    /// <summary>The path of a feature file, text: for rows too large to travel as vectors, and for readers that need only some of the tokens.</summary>
    FeatureFile,
}

/// <summary>Options of <c>EncodeVideo</c>.</summary>
public sealed record EncodeVideoOptions
{
    /// <summary>What the features column holds. Default <see cref="EncodeVideoOutput.Vectors"/>.</summary>
    public EncodeVideoOutput Output { get; init; }

    /// <summary>
    /// Where a view keeps encoded videos, so that each is encoded once however often it is read; neither decoder nor model runs for a video that
    /// is there. Processes may share the folder. A saved pipeline does not hold it; see <see cref="ScoreLoadOptions.Cache"/>. Default: the
    /// user's cache directory, 50 GB (<see cref="FeatureCacheOptions.UserFolder"/>). Null for none: then each reading of a row encodes, and
    /// <see cref="Output"/> must be vectors.
    /// </summary>
    public FeatureCacheOptions? Cache { get; init; } = new();

    /// <summary>
    /// How the files of <see cref="EncodeVideoOutput.FeatureFile"/> store numbers: BF16 or F16 (half the size, rounded to nearest) or F32
    /// (exact). Default BF16, the type of the released models. Vectors are exact.
    /// </summary>
    public TensorType FeatureType { get; init; } = TensorType.BF16;

    /// <summary>Name of the grid column beside the features. Default "Grid".</summary>
    public string GridColumnName { get; init; } = "Grid";

    /// <summary>
    /// Name of the column that says whether a row is a still (<see cref="bool"/>), known without decoding: a file that is a picture by its
    /// signature, frames in memory that are so few that the model makes one time step of them. Default "IsStill".
    /// </summary>
    public string IsStillColumnName { get; init; } = "IsStill";

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
    internal EncodeVideoOptions WithWarnings(Action<string> warn) => ReadOptions is not { Warn: null } ? this : this with
    {
        ReadOptions = new() { ProgressTimeout = ReadOptions.ProgressTimeout, MaxPixels = ReadOptions.MaxPixels, Warn = warn },
    };

    internal void ThrowIfFaulty(string parameterName) => new OptionFaults(nameof(EncodeVideoOptions))
        .Require(Enum.IsDefined(Output), Output, $"be {nameof(EncodeVideoOutput.Vectors)} or {nameof(EncodeVideoOutput.FeatureFile)}")
        .Require(Output == EncodeVideoOutput.Vectors || Cache is not null, Cache, $"not be null where {nameof(Output)} is {nameof(EncodeVideoOutput.FeatureFile)}")
        .Include(Cache is null ? new OptionFaults("") : Cache.Faults(), nameof(Cache))
        .Require(FeatureType is TensorType.BF16 or TensorType.F16 or TensorType.F32, FeatureType, "be BF16, F16 or F32")
        .RequireName(GridColumnName)
        .RequireName(IsStillColumnName)
        .Require(GridColumnName != IsStillColumnName, $"{nameof(GridColumnName)} and {nameof(IsStillColumnName)} must differ, got '{GridColumnName}' for both")
        .Require(FramesPerSecond > 0 && double.IsFinite(FramesPerSecond), FramesPerSecond, "be positive and finite")
        .Include(ReadOptions?.Faults(), nameof(ReadOptions))
        .ThrowIfAny(parameterName);
}

/// <summary>Adds the tokens of a video as the frozen encoder gives them; made by <see cref="EncodeVideoEstimator"/>.</summary>
internal sealed class EncodeVideoTransformer : VideoTransformer
{
    internal const string Kind = "EncodeVideo";

    private readonly EncodeVideoSettings _settings;
    private readonly VideoReadOptions _readOptions;
    private readonly FeatureCache? _cache;
    private readonly FrozenModel _model;

    public EncodeVideoTransformer(EncodeVideoSettings settings, VideoReadOptions readOptions, FeatureCacheOptions? cache, IVideoLanguageModel model)
        : this(settings, readOptions, cache, new FrozenModel(model))
    {
    }

    public EncodeVideoTransformer(EncodeVideoSettings settings, ScoreLoadOptions options)
        : this(
            settings, options.ReadOptions, options.Cache ?? (settings.Kind == EncodeVideoOutput.FeatureFile ? new FeatureCacheOptions() : null),
            new FrozenModel(settings.Model, options))
    {
    }

    private EncodeVideoTransformer(EncodeVideoSettings settings, VideoReadOptions readOptions, FeatureCacheOptions? cache, FrozenModel model)
    {
        _settings = settings;
        _readOptions = readOptions;
        _model = model;
        if (cache is not null)
            _cache = new FeatureCache(cache, settings.Model, settings.Kind == EncodeVideoOutput.FeatureFile ? settings.FeatureType : TensorType.F32, readOptions.Warn);
    }

    internal override IEnumerable<DataViewSchema.DetachedColumn> FittedColumns => [_settings.Source.Detach()];

    internal override SavedTransformer ToSaved() => SavedTransformer.Create(Kind, _settings);

    internal override void FindFrozenModel() => _model.Resolve();

    private protected override RowMapping Map(DataViewSchema inputSchema) => Map(inputSchema, _settings.Kind == EncodeVideoOutput.FeatureFile ? _cache : null);

    private protected override RowMapping MapView(DataViewSchema inputSchema) => Map(inputSchema, _cache);

    private RowMapping<Row> Map(DataViewSchema inputSchema, FeatureCache? cache)
    {
        var annotations = FeatureColumns.FingerprintAnnotation(_settings.Model.EncoderFingerprint, cache?.Folder);
        return new RowMapping<Row>(
            inputSchema,
            [_settings.Source.Bind(inputSchema)],
            [
                _settings.Kind == EncodeVideoOutput.FeatureFile
                    ? OutputColumn.Text<Row>(_settings.Output, video => video.File, annotations)
                    : OutputColumn.Vector<Row, float>(_settings.Output, new VectorDataViewType(NumberDataViewType.Single, 0, 0, 0, _settings.Model.Dimension), video => video.Tokens.Vectors, annotations),
                GridColumn.Output<Row>(_settings.Grid, video => video.Grid),
                OutputColumn.Boolean<Row>(_settings.IsStill, video => video.IsStill),
            ],
            row =>
            {
                var clip = _settings.Source.Reader(row, _readOptions);
                return () => new Row(clip(), _settings.Model.FramesPerStep, cache, Encode);
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

    /// <summary>The video of one row: each of its columns costs what it needs and no more.</summary>
    private sealed class Row(ClipColumn.Clip clip, int framesPerStep, FeatureCache? cache, Func<ClipColumn.Clip, VideoTokens> encode)
    {
        private byte[]? _key;
        private VideoTokens? _tokens;

        public bool IsStill => clip.FindIsStill(framesPerStep);

        public TokenGrid Grid => _tokens?.Grid ?? cache?.FindGrid(Key) ?? Tokens.Grid;

        public VideoTokens Tokens => _tokens ??= cache is null ? encode(clip) : cache.GetOrAdd(Key, () => encode(clip));

        public string File => cache!.GetOrAddFile(Key, () => encode(clip));

        private byte[] Key => _key ??= clip.FindKey();
    }
}

/// <summary>What <see cref="EncodeVideoTransformer"/> is made of and saved as.</summary>
internal sealed record EncodeVideoSettings(
    ClipColumn Source, string Output, string Grid, string IsStill, EncodeVideoOutput Kind, TensorType FeatureType, VideoModelInfo Model) : ISavedSettings
{
    public OptionFaults Faults() => new OptionFaults(EncodeVideoTransformer.Kind)
        .Include(Source.Faults(), nameof(Source))
        .RequireName(Output)
        .RequireName(Grid)
        .RequireName(IsStill)
        .Require(new[] { Output, Grid, IsStill }.Distinct().Count() == 3, $"{nameof(Output)}, {nameof(Grid)} and {nameof(IsStill)} must differ, got '{Output}', '{Grid}' and '{IsStill}'")
        .Require(Enum.IsDefined(Kind), Kind, $"be {nameof(EncodeVideoOutput.Vectors)} or {nameof(EncodeVideoOutput.FeatureFile)}")
        .Require(FeatureType is TensorType.BF16 or TensorType.F16 or TensorType.F32, FeatureType, "be BF16, F16 or F32")
        .Include(FrozenModel.Faults(Model), nameof(Model));
}
