using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>A LLaVA-Video checkpoint: vision tower, projector, pooling and language model over token ids and pixels. Safe for concurrent calls.</summary>
internal sealed class LlavaVideoModel : IDisposable
{
    private readonly Checkpoint _checkpoint;
    private readonly ModelWeights _weights;

    private LlavaVideoModel(Checkpoint checkpoint, LlavaVideoConfig config, IKernels kernels, int? logitsWidth)
    {
        _checkpoint = checkpoint;
        _weights = new ModelWeights(checkpoint, config.Tensors(), kernels);
        Config = config;
        Kernels = kernels;
        Vision = new SiglipTower(config.VisionConfig, _weights, kernels);
        Projector = new Projector(_weights, kernels);
        Pooling = new TokenPooling(config.MmSpatialPoolMode, config.VisionConfig.Side);
        ImageNewline = checkpoint.Get("model.image_newline", config.TextConfig.HiddenSize).ToArray();
        LanguageModel = new Qwen2LanguageModel(config.TextConfig, _weights, kernels, logitsWidth);
        Decoder = new KeptTokenDecoder(LanguageModel, kernels);
    }

    public LlavaVideoConfig Config { get; }

    public IKernels Kernels { get; }

    public SiglipTower Vision { get; }

    public Projector Projector { get; }

    public TokenPooling Pooling { get; }

    /// <summary>image_newline, [D].</summary>
    public ReadOnlyMemory<float> ImageNewline { get; }

    public Qwen2LanguageModel LanguageModel { get; }

    public KeptTokenDecoder Decoder { get; }

    public string Fingerprint => _checkpoint.Fingerprint;

    /// <param name="files">The checkpoint.</param>
    /// <param name="config">Its config.json, perhaps with another pooling or newline position.</param>
    /// <param name="kernels">The backend.</param>
    /// <param name="logitsWidth">Rows of the output head that take part in the softmax; null means all.</param>
    /// <exception cref="InvalidDataException">A tensor is not what the configuration needs; the message names it.</exception>
    public static LlavaVideoModel Load(CheckpointFiles files, LlavaVideoConfig config, IKernels kernels, int? logitsWidth = null)
    {
        var checkpoint = Checkpoint.Open(files);
        try
        {
            return new LlavaVideoModel(checkpoint, config, kernels, logitsWidth);
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Visual tokens [T, side, side, D] of one video, side being that of <see cref="Pooling"/>. One frame is in the tower at a time.</summary>
    /// <param name="frames">The pixels of each frame, normalised, [channel, row, column].</param>
    /// <param name="count">T, the number of frames.</param>
    /// <param name="observe">Sees intermediate tensors of each frame by name (and _frame0, _frame1, ...); for verification.</param>
    /// <param name="cancellationToken">Stops between layers.</param>
    /// <exception cref="ArgumentException">The tokens have more values than one array holds.</exception>
    public float[] Encode(IEnumerable<ReadOnlyMemory<float>> frames, int count, Action<string, Tensor>? observe = null, CancellationToken cancellationToken = default)
    {
        var dimension = Config.TextConfig.HiddenSize;
        var frameLength = (long)Pooling.Count * dimension;
        if (count * frameLength > Array.MaxLength)
            throw new ArgumentException(
                $"The visual tokens of {count} frames of {Pooling.Side}x{Pooling.Side} tokens have {count * frameLength} values; "
                + $"one video holds at most {Array.MaxLength}.", nameof(count));

        var tokens = new float[count * frameLength];
        var unpooled = new float[Config.VisionConfig.Patches * dimension];
        foreach (var (index, frame) in frames.Index())
        {
            Action<string, Tensor>? observeFrame = observe is null ? null : (quantity, x) => observe($"{quantity}_frame{index}", x);
            using var features = Vision.Encode(frame.Span, observeFrame, cancellationToken);
            using var projected = Projector.Apply(features);
            observeFrame?.Invoke("projector", projected);
            Kernels.Download(projected, unpooled);
            Pooling.Pool(unpooled, dimension, tokens.AsSpan(index * (int)frameLength, (int)frameLength));
        }

        return tokens;
    }

    /// <summary>
    /// The prompt around the visual sequence of a video, with positions 0, 1, 2, ... of which the last <paramref name="continuation"/>
    /// follow it.
    /// </summary>
    /// <param name="before">Token ids before the video.</param>
    /// <param name="grid">The video's grid.</param>
    /// <param name="after">Token ids after it.</param>
    /// <param name="continuation">Tokens that will be scored or generated.</param>
    /// <exception cref="ArgumentException">
    /// The prompt is longer than tokenizer_model_max_length. The original code cuts it there, which would drop the question.
    /// </exception>
    public VideoPrompt CreatePrompt(int[] before, TokenGrid grid, int[] after, int continuation)
    {
        var visual = new Newlines(Config.MmNewlinePosition, grid).Length;
        if (before.Length + visual + after.Length is var length && length > Config.TokenizerModelMaxLength)
            throw new ArgumentException(
                $"The prompt takes {length} rows: {grid.Count} visual tokens of the grid {grid}, {visual - grid.Count} newlines and {before.Length + after.Length} text tokens; "
                + $"tokenizer_model_max_length is {Config.TokenizerModelMaxLength}. Positions count all tokens of the video, whatever is dropped.", nameof(grid));

        // The ids of visual rows only hold their place.
        int[] ids = [.. before, .. new int[(int)visual], .. after];
        var rotary = RotaryTable.Sequential(Kernels, Config.TextConfig.RopeTheta, Config.TextConfig.HeadDim, ids.Length + continuation);
        return new VideoPrompt(ids, [.. Enumerable.Range(before.Length, (int)visual)], rotary);
    }

    /// <summary>The kept tokens of a video and the newlines that stay with them.</summary>
    public KeptVisuals WithNewlines(KeptTokens kept) => new Newlines(Config.MmNewlinePosition, kept.Grid).Insert(kept, ImageNewline.Span);

    public void Dispose()
    {
        _weights.Dispose();
        _checkpoint.Dispose();
    }
}
