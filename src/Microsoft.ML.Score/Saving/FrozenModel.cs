using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Storage;
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

    /// <summary>What is wrong with the identity of a model as a zip tells it.</summary>
    public static OptionFaults Faults(VideoModelInfo info) => new OptionFaults(nameof(VideoModelInfo))
        .RequireName(info.Source)
        .RequireName(info.Fingerprint)
        .RequireName(info.EncoderFingerprint)
        .Require(info.Dimension >= 1, info.Dimension, "be at least 1", nameof(info.Dimension))
        .Require(info.FramesPerStep >= 1, info.FramesPerStep, "be at least 1", nameof(info.FramesPerStep));

    public IVideoLanguageModel Resolve() => _model ??= SharedModels.Find(Info, _options!.ModelFolders);
}
