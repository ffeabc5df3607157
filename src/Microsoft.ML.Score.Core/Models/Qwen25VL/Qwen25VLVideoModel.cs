using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Text;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>Qwen2.5-VL with its frame processor, tokenizer and chat template: one video and one question.</summary>
internal sealed class Qwen25VLVideoModel : Qwen2VideoModel, IScalableVideoModel
{
    private readonly Qwen25VLModel _model;
    private readonly QwenProcessorConfig _processor;
    private readonly int[] _beforeVideo;
    private readonly bool _encoderStatistics;

    private Qwen25VLVideoModel(string source, CheckpointFiles files, Qwen25VLModel model, QwenProcessorConfig processor, QwenVideoOptions options, bool encoderStatistics)
        : base(
            new VideoModelInfo(source, model.Fingerprint, model.Config.TextConfig.HiddenSize)
            {
                Processing = $"{options.Describe()} preprocessor {processor.Fingerprint()}".TrimStart(),
                EncoderFingerprint = VideoModelInfo.FingerprintOf(model.Fingerprint, options.Describe()),
                EncoderStatistics = encoderStatistics,
                FramesPerStep = processor.TemporalPatchSize,
                VocabularySize = model.Config.TextConfig.VocabSize,
            },
            files, Tokenizer.Load(files), model.Decoder, model.Config.EosTokenId, [model.Config.VideoTokenId, model.Config.ImageTokenId], model)
    {
        _model = model;
        _encoderStatistics = encoderStatistics;
        _processor = processor.With(options);
        _beforeVideo = Tokenizer.Encode(QwenChatTemplate.BeforeVideo);
        ThrowIfInconsistent(files);
    }

    /// <exception cref="InvalidDataException">A file is corrupt, or the files do not fit each other.</exception>
    public static Qwen25VLVideoModel Load(
        string source, CheckpointFiles files, Qwen25VLConfig config, IKernels kernels, QwenVideoOptions options, bool encoderStatistics)
    {
        var model = Qwen25VLModel.Load(files, config, kernels);
        try
        {
            return new Qwen25VLVideoModel(source, files, model, QwenProcessorConfig.Load(files), options, encoderStatistics);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public VideoTokens EncodeScaled(VideoClip clip, int tokensPerStep, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokensPerStep, 1);

        using var call = EnterCall();
        var whole = new QwenVideoProcessor(_processor, clip);
        var merge = _model.Config.VisionConfig.SpatialMergeSize;
        var (height, width) = SmartResize.NearestShape(whole.GridHeight / merge, whole.GridWidth / merge, tokensPerStep);
        return Encode(new QwenVideoProcessor(_processor, clip, (height * _processor.Factor, width * _processor.Factor)), cancellationToken);
    }

    protected override VideoTokens EncodeVideo(VideoClip clip, CancellationToken cancellationToken) =>
        Encode(new QwenVideoProcessor(_processor, clip), cancellationToken);

    protected override IReadOnlyList<int> FramesOf(VideoClip clip) => new QwenVideoProcessor(_processor, clip).FrameIndices;

    private VideoTokens Encode(QwenVideoProcessor processor, CancellationToken cancellationToken)
    {
        var patchGrid = new PatchGrid(processor.TimeSteps, processor.GridHeight, processor.GridWidth);
        var merge = _model.Config.VisionConfig.SpatialMergeSize;
        var grid = new TokenGrid(patchGrid.TimeSteps, patchGrid.Height / merge, patchGrid.Width / merge, processor.SecondsPerStep);
        var pooledAttention = _encoderStatistics ? new float[grid.Count] : null;
        var steps = processor.ReadSteps(cancellationToken);
        return _model.Kernels.Limits.ResidentBytes > 0
            ? new VideoTokens(grid, Residents.Keep(_model.EncodeOnDevice(steps, patchGrid, pooledAttention, cancellationToken)), Info.EncoderFingerprint) { Statistics = Statistics() }
            : new VideoTokens(grid, Info.Dimension, _model.Encode(steps, patchGrid, pooledAttention, cancellationToken), Info.EncoderFingerprint) { Statistics = Statistics() };

        EncoderStatistics? Statistics() => pooledAttention is null ? null : new EncoderStatistics { PooledAttention = pooledAttention };
    }

    protected override VideoPrompt CreatePrompt(KeptTokens kept, string question, int continuation)
    {
        var grid = kept.Grid;
        // The original marks a still image with image_token_id. Pad ids only hold the place of visual rows, and an image has the
        // positions of a video of one step, so one form serves both.
        var pads = Enumerable.Repeat(_model.Config.VideoTokenId, grid.Count);
        return _model.CreatePrompt(
            [.. _beforeVideo, .. pads, .. Tokenizer.Encode(QwenChatTemplate.AfterVideo(question))],
            [new VisualItem(IsVideo: true, _model.Config.PatchGridOf(grid), grid.SecondsPerStep)],
            continuation);
    }

    private void ThrowIfInconsistent(CheckpointFiles files)
    {
        var vision = _model.Config.VisionConfig;
        _processor.ThrowIfNotOf(vision.PatchSize, vision.TemporalPatchSize, vision.SpatialMergeSize, files);
        if (vision.InChannels != 3)
            throw new InvalidDataException($"config.json in {files.Description} has {vision.InChannels} vision channels; expected 3.");
        if (!Tokenizer.TryGetSpecialToken(QwenChatTemplate.VideoPad, out var videoPad) || videoPad != _model.Config.VideoTokenId)
            throw new InvalidDataException(
                $"In {files.Description} video_token_id {_model.Config.VideoTokenId} is not the tokenizer's {QwenChatTemplate.VideoPad}.");
    }
}
