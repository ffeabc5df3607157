using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models;

/// <summary>
/// What a LLaVA-Video checkpoint leaves open, since its training, its documentation and its official evaluation differ. Other models ignore
/// it.
/// </summary>
public sealed class LlavaVideoOptions
{
    /// <summary>
    /// How the tokens of a frame are pooled; null for what config.json says (mm_spatial_pool_mode, bilinear where it is missing).
    /// The official evaluation takes <see cref="Models.SpatialPoolMode.Average"/>. Another pooling than the checkpoint's own makes
    /// other tokens, so it gives the model a fingerprint of its own. Default null.
    /// </summary>
    public SpatialPoolMode? SpatialPoolMode { get; init; }

    /// <summary>
    /// Most frames of a video, at least 1; exactly as many with <see cref="ForceSample"/>. Default 64, as the released model was trained
    /// (frames_upbound).
    /// </summary>
    public int MaxFrames { get; init; } = 64;

    /// <summary>
    /// Whether <see cref="MaxFrames"/> evenly spaced frames are always taken, those of a short video repeating; otherwise one frame a
    /// second, evenly spaced ones where those are too many. Default true.
    /// </summary>
    public bool ForceSample { get; init; } = true;

    /// <summary>
    /// Whether the prompt tells the length of the video and the time of each frame, as in training. It needs tokens that carry
    /// <see cref="Tokens.StepTimes"/>: encoded by this model, kept from such tokens, or read from a feature file written from them;
    /// others are an error. Default false, as in lmms-eval.
    /// </summary>
    public bool AddTimeInstruction { get; init; }

    /// <summary>
    /// Whether a line break follows the video in the prompt, as in training and in lmms-eval; LLaVA-NeXT's documentation leaves it out.
    /// Default true.
    /// </summary>
    public bool NewLineAfterVideo { get; init; } = true;

    /// <summary>
    /// Whether the softmax runs over all rows of the output head (vocab_size, 152064 in the released model) instead of those that
    /// the tokenizer has tokens for (151646), as after LLaVA-NeXT's own loading. Default false.
    /// </summary>
    public bool FullVocabulary { get; init; }

    /// <summary>
    /// The folder of a SigLIP checkpoint (google/siglip-so400m-patch14-384), whose pooling head FastVID needs and LLaVA-Video's own
    /// checkpoints leave out; read with <see cref="VideoModelOptions.EncoderStatistics"/> only. Default null: statistics
    /// without <see cref="Tokens.EncoderStatistics.PooledAttention"/> and step features.
    /// </summary>
    public string? SiglipFolder { get; init; }

    /// <summary>Every setting out of range, each in a few words.</summary>
    internal OptionFaults Faults() => new OptionFaults(nameof(LlavaVideoOptions))
        .Require(SpatialPoolMode is not { } mode || Enum.IsDefined(mode), SpatialPoolMode, $"be null or one of {string.Join(", ", Enum.GetNames<SpatialPoolMode>())}")
        .Require(MaxFrames >= 1, MaxFrames, "be at least 1");
}
