using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Text;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen3VL;

/// <summary>
/// Qwen3-VL with its frame processor, tokenizer and chat template: one video and one question. Its tokens carry DeepStack features and, but for
/// stills, the times of their steps, which the prompt names.
/// </summary>
internal sealed class Qwen3VLVideoModel : Qwen2VideoModel, IScalableVideoModel
{
    private readonly Qwen3VLModel _model;
    private readonly Qwen3ProcessorConfig _processor;
    private readonly Qwen3VLOptions _options;
    private readonly bool _encoderStatistics;

    private Qwen3VLVideoModel(
        string source, CheckpointFiles files, Qwen3VLModel model, Qwen3ProcessorConfig processor, QwenVideoOptions video, Qwen3VLOptions options, bool encoderStatistics)
        : base(
            new VideoModelInfo(source, model.Fingerprint, model.Config.TextConfig.HiddenSize)
            {
                Processing = $"{Describe(video, options)} preprocessor {processor.Fingerprint()}".TrimStart(),
                EncoderFingerprint = VideoModelInfo.FingerprintOf(model.Fingerprint, Describe(video, options)),
                PromptForm = options.PromptForm,
                EncoderStatistics = encoderStatistics,
                FramesPerStep = processor.Frames.TemporalPatchSize,
                VocabularySize = model.Config.TextConfig.VocabSize,
                DeepStackLevels = model.Config.DeepStackLevels,
            },
            files, Tokenizer.Load(files), model.Decoder, model.Config.EosTokenId, [model.Config.VideoTokenId, model.Config.ImageTokenId], model)
    {
        _model = model;
        _options = options;
        _encoderStatistics = encoderStatistics;
        _processor = processor.With(video, options.FrameRules);
        ThrowIfInconsistent(files);
    }

    /// <exception cref="InvalidDataException">A file is corrupt, or the files do not fit each other.</exception>
    public static Qwen3VLVideoModel Load(
        string source, CheckpointFiles files, Qwen3VLConfig config, IKernels kernels, QwenVideoOptions video, Qwen3VLOptions options, bool encoderStatistics)
    {
        var model = Qwen3VLModel.Load(files, config, kernels);
        try
        {
            return new Qwen3VLVideoModel(source, files, model, Qwen3ProcessorConfig.Load(files), video, options, encoderStatistics);
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
        var whole = _processor.ProcessorOf(clip);
        var (merge, factor) = (_model.Config.VisionConfig.SpatialMergeSize, _processor.Frames.Factor);
        var (height, width) = SmartResize.NearestShape(whole.GridHeight / merge, whole.GridWidth / merge, tokensPerStep);
        return Encode(clip, _processor.ProcessorOf(clip, (height * factor, width * factor)), cancellationToken);
    }

    protected override VideoTokens EncodeVideo(VideoClip clip, CancellationToken cancellationToken) =>
        Encode(clip, _processor.ProcessorOf(clip), cancellationToken);

    protected override IReadOnlyList<int> FramesOf(VideoClip clip) => _processor.ProcessorOf(clip).FrameIndices;

    private VideoTokens Encode(VideoClip clip, QwenVideoProcessor processor, CancellationToken cancellationToken)
    {
        var patchGrid = new PatchGrid(processor.TimeSteps, processor.GridHeight, processor.GridWidth);
        var grid = _model.Config.GridOf(processor);
        var pooledAttention = _encoderStatistics ? new float[grid.Count] : null;
        var (vectors, deepStack) = _model.Encode(processor.ReadSteps(cancellationToken), patchGrid, pooledAttention, cancellationToken);
        return new VideoTokens(grid, Info.Dimension, vectors, Info.EncoderFingerprint)
        {
            DeepStack = [.. deepStack.Select(level => (ReadOnlyMemory<float>)level)],
            Times = clip.IsStill ? null : new StepTimes(Timestamps.Of(processor.FrameIndices, clip.FramesPerSecond, _processor.Frames.TemporalPatchSize), clip.FrameCount / clip.FramesPerSecond),
            Statistics = pooledAttention is null ? null : new EncoderStatistics { PooledAttention = pooledAttention },
        };
    }

    protected override VideoPrompt CreatePrompt(KeptTokens kept, string question, int continuation)
    {
        var (config, grid, seconds) = (_model.Config, kept.Grid, kept.Times?.Seconds);
        // Tokens of one step without a time are those of a still.
        var isVideo = seconds is not null;
        var text = Qwen3VLPrompt.Render([new ChatMessage("user", [new(isVideo ? ChatPartKind.Video : ChatPartKind.Image), new(ChatPartKind.Text, question)])], addGenerationPrompt: true);
        if (isVideo)
            text = Qwen3VLPrompt.WithSteps(text, [seconds!], _options.OuterMarkers);
        var ids = Qwen3VLPrompt.Ids(Tokenizer, text, id => id == config.VideoTokenId || id == config.ImageTokenId, [.. Enumerable.Repeat(grid.TokensPerStep, grid.TimeSteps)]);
        var steps = isVideo && _options.DropEmptySteps
            ? Qwen3VLPrompt.Steps(Tokenizer, Array.IndexOf(ids, config.VideoTokenId), grid.TokensPerStep, seconds!)
            : null;
        return _model.CreatePrompt(ids, [new VisualItem(isVideo, config.PatchGridOf(grid))], continuation, steps);
    }

    protected override KeptVisuals Visuals(KeptTokens kept) => base.Visuals(kept) with { DeepStack = kept.Video?.DeepStack ?? kept.DeepStack };

    protected override string? WhyUnfit(KeptTokens kept)
    {
        var levels = (kept.Video?.DeepStack ?? kept.DeepStack).Count;
        if (levels != Info.DeepStackLevels)
            return $"The model '{Info.Source}' takes {Info.DeepStackLevels} DeepStack tensors beside the vectors of its tokens, got {levels}. Encode the clip with it; feature files hold them (deepstack_0 and so on), columns of vectors do not.";
        return kept.Times is null && kept.Grid.TimeSteps > 1
            ? $"The model '{Info.Source}' names the time of each step in its prompt; the tokens of the grid {kept.Grid} carry no {nameof(StepTimes)}. Encode the clip with it; feature files hold them (step_times), columns of vectors do not."
            : null;
    }

    private static string Describe(QwenVideoOptions video, Qwen3VLOptions options) =>
        options.FrameRules == Qwen3VLFrameRules.HuggingFace ? video.Describe() : $"{options.FrameRules} {video.Describe()}".TrimEnd();

    private void ThrowIfInconsistent(CheckpointFiles files)
    {
        var vision = _model.Config.VisionConfig;
        _processor.Frames.ThrowIfNotOf(vision.PatchSize, vision.TemporalPatchSize, vision.SpatialMergeSize, files);
        if (vision.InChannels != 3)
            throw new InvalidDataException($"config.json in {files.Description} has {vision.InChannels} vision channels; expected 3.");
        foreach (var (pad, key, id) in ((string, string, int)[])[(QwenChatTemplate.VideoPad, "video_token_id", _model.Config.VideoTokenId), (QwenChatTemplate.ImagePad, "image_token_id", _model.Config.ImageTokenId)])
            if (!Tokenizer.TryGetSpecialToken(pad, out var actual) || actual != id)
                throw new InvalidDataException($"In {files.Description} {key} {id} is not the tokenizer's {pad}.");
    }
}
