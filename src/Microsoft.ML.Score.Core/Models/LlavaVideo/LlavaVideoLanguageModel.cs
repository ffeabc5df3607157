using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Text;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>LLaVA-Video with its frame processor, tokenizer and prompt: one video and one question. A time step is one frame.</summary>
internal sealed class LlavaVideoLanguageModel : Qwen2VideoModel
{
    private readonly LlavaVideoModel _model;
    private readonly LlavaVideoOptions _options;
    private readonly int[] _beforeVideo;
    private readonly FrameSalience? _salience;

    private LlavaVideoLanguageModel(
        VideoModelInfo info, CheckpointFiles files, Tokenizer tokenizer, LlavaVideoModel model, LlavaVideoOptions options, FrameSalience? salience)
        : base(info, files, tokenizer, model.Decoder, model.Config.EosTokenId, visualIds: [], model)
    {
        _model = model;
        _options = options;
        _salience = salience;
        _beforeVideo = tokenizer.Encode(LlavaVideoPrompt.BeforeVideo);
    }

    /// <exception cref="InvalidDataException">A file is corrupt, or the files do not fit each other.</exception>
    public static LlavaVideoLanguageModel Load(
        string source, CheckpointFiles files, LlavaVideoConfig config, IKernels kernels, LlavaVideoOptions options, bool encoderStatistics)
    {
        var tokenizer = Tokenizer.Load(files);
        var poolMode = options.SpatialPoolMode ?? config.MmSpatialPoolMode;
        var logitsWidth = options.FullVocabulary ? config.TextConfig.VocabSize : Math.Min(tokenizer.VocabularySize, config.TextConfig.VocabSize);
        var model = LlavaVideoModel.Load(files, config with { MmSpatialPoolMode = poolMode }, kernels, logitsWidth);
        try
        {
            var fingerprint = poolMode == config.MmSpatialPoolMode ? model.Fingerprint : FingerprintOf(model.Fingerprint, poolMode);
            var salience = encoderStatistics ? FrameSalience.Load(model, options.SiglipFolder) : null;
            var info = new VideoModelInfo(source, fingerprint, config.TextConfig.HiddenSize)
            {
                Processing = Processing(options, withPoolingHead: encoderStatistics && options.SiglipFolder is not null),
                EncoderFingerprint = VideoModelInfo.FingerprintOf(fingerprint, Processing(options, withPoolingHead: false)),
                EncoderStatistics = encoderStatistics,
                VocabularySize = config.TextConfig.VocabSize,
            };
            return new LlavaVideoLanguageModel(info, files, tokenizer, model, options, salience);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    protected override VideoTokens EncodeVideo(VideoClip clip, CancellationToken cancellationToken)
    {
        var processor = Processor(clip);
        var frames = processor.Frames;
        var grid = _model.Config.GridOf(frames);
        var statistics = _salience?.Of(grid);
        var vectors = _model.Encode(processor.ReadFrames(cancellationToken), grid.TimeSteps, statistics is null ? null : statistics.Observe, cancellationToken);
        return new VideoTokens(grid, Info.Dimension, vectors, Info.EncoderFingerprint)
        {
            Times = new StepTimes(frames.Seconds, frames.VideoSeconds),
            Statistics = statistics?.Result,
        };
    }

    protected override IReadOnlyList<int> FramesOf(VideoClip clip) => Processor(clip).Frames.Indices;

    private SiglipProcessor Processor(VideoClip clip) =>
        new(clip, new LlavaFrameSampling { MaxFrames = _options.MaxFrames, ForceSample = _options.ForceSample }, _model.Config.VisionConfig.ImageSize);

    protected override VideoPrompt CreatePrompt(KeptTokens kept, string question, int continuation)
    {
        var after = LlavaVideoPrompt.AfterVideo(question, _options.AddTimeInstruction ? TimeInstruction(kept) : null, _options.NewLineAfterVideo);
        return _model.CreatePrompt(_beforeVideo, kept.Grid, Tokenizer.Encode(after), continuation);
    }

    protected override KeptVisuals Visuals(KeptTokens kept) => _model.WithNewlines(kept);

    private static string TimeInstruction(KeptTokens kept) => kept.Times is { } times
        ? LlavaVideoPrompt.TimeInstruction(times.VideoSeconds, times.Seconds)
        : throw new ArgumentException(
            $"{nameof(LlavaVideoOptions.AddTimeInstruction)} needs the time of each frame; "
            + $"the tokens of the grid {kept.Grid} carry no {nameof(StepTimes)}.", nameof(kept));

    private static string Processing(LlavaVideoOptions options, bool withPoolingHead)
    {
        var frames = options is { MaxFrames: 64, ForceSample: true } ? "" : $"MaxFrames {options.MaxFrames}, ForceSample {options.ForceSample}";
        return withPoolingHead ? $"{frames} with pooling head".TrimStart() : frames;
    }

    // The configuration's own pooling is part of its fingerprint already.
    private static string FingerprintOf(string checkpoint, SpatialPoolMode poolMode)
    {
        var parts = FingerprintParts.Of(checkpoint);
        return FingerprintParts.Join(
            Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{parts.Layout}\nmm_spatial_pool_mode {poolMode}"))), parts.Values);
    }
}
