using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Numerics;
using Microsoft.ML.Score.Text;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;
using Microsoft.ML.Score.Weights;

namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>Qwen2.5-VL with its frame processor, tokenizer and chat template: one video and one question.</summary>
internal sealed class Qwen25VLVideoModel : IVideoLanguageModel
{
    private readonly Qwen25VLModel _model;
    private readonly Tokenizer _tokenizer;
    private readonly QwenProcessorConfig _processor;
    private readonly int[] _stopIds;
    private readonly int[] _beforeVideo;
    private readonly CallGuard _guard;

    private Qwen25VLVideoModel(string source, CheckpointFiles files, Qwen25VLModel model)
    {
        _model = model;
        _guard = new CallGuard(model, nameof(Qwen25VLVideoModel));
        _tokenizer = Tokenizer.Load(files);
        _processor = QwenProcessorConfig.Load(files);
        _stopIds = ReadStopIds(files, model.Config);
        _beforeVideo = _tokenizer.Encode(QwenChatTemplate.BeforeVideo);
        Info = new VideoModelInfo(source, model.Fingerprint, model.Config.TextConfig.HiddenSize);
        ThrowIfInconsistent(files);
    }

    public VideoModelInfo Info { get; }

    /// <exception cref="InvalidDataException">A file is corrupt, or the files do not fit each other.</exception>
    public static Qwen25VLVideoModel Load(string source, CheckpointFiles files, IKernels kernels, TemporalPositionRule temporalPositions)
    {
        var model = Qwen25VLModel.Load(files, kernels, temporalPositions);
        try
        {
            return new Qwen25VLVideoModel(source, files, model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    public VideoTokens Encode(VideoClip clip, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        using var call = _guard.Enter();

        var processor = new QwenVideoProcessor(_processor, clip);
        var patchGrid = new PatchGrid(processor.TimeSteps, processor.GridHeight, processor.GridWidth);
        var merge = _model.Config.VisionConfig.SpatialMergeSize;
        var grid = new TokenGrid(patchGrid.TimeSteps, patchGrid.Height / merge, patchGrid.Width / merge, processor.SecondsPerStep);
        var vectors = _model.Encode(processor.ReadSteps(cancellationToken), patchGrid, cancellationToken);
        return new VideoTokens(grid, Info.Dimension, vectors, Info.Fingerprint);
    }

    public double[] CrossEntropy(IReadOnlyList<KeptTokens> keptSets, string question, string target, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(keptSets);
        ArgumentNullException.ThrowIfNull(question);
        ArgumentException.ThrowIfNullOrEmpty(target);
        if (keptSets.Count == 0)
            throw new ArgumentException("There must be at least one kept-token set.", nameof(keptSets));
        for (var i = 0; i < keptSets.Count; i++)
        {
            ThrowIfWrongDimension(keptSets[i], nameof(keptSets));
            if (keptSets[i].Grid != keptSets[0].Grid)
                throw new ArgumentException($"The sets must share one grid; set 0 has {keptSets[0].Grid}, set {i} has {keptSets[i].Grid}.", nameof(keptSets));
        }

        using var call = _guard.Enter();
        var targetIds = EncodeText(target + QwenChatTemplate.EndOfTurn, nameof(target));
        using var prompt = CreatePrompt(keptSets[0].Grid, question, targetIds.Length);
        var sets = keptSets.Select(kept => new KeptVisuals(kept.Positions, kept.Vectors)).ToArray();
        return Array.ConvertAll(_model.Decoder.CrossEntropy(prompt, sets, targetIds, cancellationToken), losses => losses.Average());
    }

    public string Generate(KeptTokens kept, string question, GenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(question);
        ThrowIfWrongDimension(kept, nameof(kept));
        var maxNewTokens = (options ?? new GenerationOptions()).MaxNewTokens;
        ArgumentOutOfRangeException.ThrowIfLessThan(maxNewTokens, 1, nameof(options));

        using var call = _guard.Enter();
        using var prompt = CreatePrompt(kept.Grid, question, maxNewTokens);
        var ids = _model.Decoder.Greedy(prompt, new KeptVisuals(kept.Positions, kept.Vectors), maxNewTokens, cancellationToken)
            .Select(step => step.Id)
            .TakeWhile(id => !_stopIds.Contains(id));
        return _tokenizer.Decode(ids.ToArray(), skipSpecialTokens: true);
    }

    public void Dispose() => _guard.Dispose();

    private VideoPrompt CreatePrompt(TokenGrid grid, string question, int continuation)
    {
        var merge = _model.Config.VisionConfig.SpatialMergeSize;
        var pads = Enumerable.Repeat(_model.Config.VideoTokenId, grid.Count);
        var patchGrid = new PatchGrid(grid.TimeSteps, grid.Height * merge, grid.Width * merge);
        return _model.CreatePrompt(
            [.. _beforeVideo, .. pads, .. EncodeText(QwenChatTemplate.AfterVideo(question), nameof(question))],
            [new VisualItem(IsVideo: true, patchGrid, grid.SecondsPerStep)],
            continuation);
    }

    /// <summary>Token ids of a text that may not claim to be visual tokens.</summary>
    private int[] EncodeText(string text, string name)
    {
        var ids = _tokenizer.Encode(text);
        return ids.FirstOrDefault(id => id == _model.Config.VideoTokenId || id == _model.Config.ImageTokenId, -1) is var visual and >= 0
            ? throw new ArgumentException($"The {name} contains '{_tokenizer.Decode([visual], skipSpecialTokens: false)}', which stands for visual tokens and cannot be part of a text.", name)
            : ids;
    }

    private void ThrowIfWrongDimension(KeptTokens kept, string name)
    {
        ArgumentNullException.ThrowIfNull(kept, name);
        if (kept.Dimension != Info.Dimension)
            throw new ArgumentException($"The model takes tokens of dimension {Info.Dimension}, got {kept.Dimension}.", name);
    }

    private static int[] ReadStopIds(CheckpointFiles files, Qwen25VLConfig config)
    {
        const string file = "generation_config.json";
        var stopIds = files.Exists(file)
            ? ConfigSection.Parse(files.ReadAllBytes(file), $"{file} in {files.Description}").Integers("eos_token_id") ?? config.EosTokenId
            : config.EosTokenId;
        return stopIds.Length > 0 ? stopIds : throw new InvalidDataException($"Neither {file} nor config.json in {files.Description} names an eos_token_id.");
    }

    private void ThrowIfInconsistent(CheckpointFiles files)
    {
        var vision = _model.Config.VisionConfig;
        if ((_processor.PatchSize, _processor.TemporalPatchSize, _processor.MergeSize) != (vision.PatchSize, vision.TemporalPatchSize, vision.SpatialMergeSize))
            throw new InvalidDataException(
                $"In {files.Description} the frame processor has patch, temporal patch and merge size {_processor.PatchSize}, {_processor.TemporalPatchSize}, {_processor.MergeSize}; "
                + $"config.json has {vision.PatchSize}, {vision.TemporalPatchSize}, {vision.SpatialMergeSize}.");
        if (vision.InChannels != 3)
            throw new InvalidDataException($"config.json in {files.Description} has {vision.InChannels} vision channels; expected 3.");
        if (!_tokenizer.TryGetSpecialToken(QwenChatTemplate.VideoPad, out var videoPad) || videoPad != _model.Config.VideoTokenId)
            throw new InvalidDataException($"In {files.Description} video_token_id {_model.Config.VideoTokenId} is not the tokenizer's {QwenChatTemplate.VideoPad}.");
        if (_tokenizer.VocabularySize > _model.Config.TextConfig.VocabSize)
            throw new InvalidDataException($"In {files.Description} the tokenizer has {_tokenizer.VocabularySize} tokens; config.json has vocab_size {_model.Config.TextConfig.VocabSize}.");
    }
}
