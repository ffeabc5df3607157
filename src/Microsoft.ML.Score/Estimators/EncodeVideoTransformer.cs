using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Saving;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score;

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
            var cache = new FeatureCache(new FeatureCacheOptions { Folder = folder }, _settings.Model, _settings.CacheType);
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
                        return cache.GetOrAddFile(video.HashContent(), () => Encode(video));
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
