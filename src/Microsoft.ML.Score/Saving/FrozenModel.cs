using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Saving;

/// <summary>The frozen model of a transformer: given by the user, or named in a zip and found on first use.</summary>
internal sealed class FrozenModel
{
    private readonly ScoreLoadOptions? _options;
    private IVideoLanguageModel? _model;

    public FrozenModel(IVideoLanguageModel model)
    {
        _model = model;
        Info = model.Info;
    }

    public FrozenModel(VideoModelInfo info, ScoreLoadOptions options)
    {
        if (options.Model is { } model
            && new EncoderIdentity($"the pipeline saved with the model '{info.Source}'", info.Dimension, info.Fingerprint) { AnyProcessing = true }.Refuses(EncoderIdentity.Of(model.Info)) is { } unfit)
            throw new ArgumentException(unfit, nameof(options));

        Info = info;
        _options = options;
        _model = options.Model;
    }

    public VideoModelInfo Info { get; }

    public IVideoLanguageModel Resolve() => _model ??= SharedModels.Find(Info, _options!.ModelFolders);
}
