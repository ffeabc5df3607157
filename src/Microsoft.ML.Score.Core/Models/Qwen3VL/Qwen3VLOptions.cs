using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models;

/// <summary>By whose rules Qwen3-VL samples frames and chooses their size; <see cref="QwenVideoOptions"/> changes numbers within either.</summary>
public enum Qwen3VLFrameRules
{
    /// <summary>Those of the checkpoint's own processor in transformers: one budget of pixels for all frames of a video.</summary>
    HuggingFace,

    /// <summary>Those of qwen-vl-utils (image_patch_size 16): a budget for each frame, and an even number of frames. Other frames, sizes and timestamps.</summary>
    QwenVLUtils,
}

/// <summary>What is left open of how Qwen3-VL is run. Only <see cref="FrameRules"/> changes the tokens of a video.</summary>
public sealed class Qwen3VLOptions
{
    /// <summary>By whose rules frames are sampled and sized. Default <see cref="Qwen3VLFrameRules.HuggingFace"/>.</summary>
    public Qwen3VLFrameRules FrameRules { get; init; }

    /// <summary>
    /// Whether the markers of the chat template stay around all time steps of a video beside each step's own, as in transformers 5.10 and later:
    /// two tokens more. Default false, the form of transformers 4.57.
    /// </summary>
    public bool OuterMarkers { get; init; }

    /// <summary>
    /// Whether timestamp and markers of a time step that keeps no token leave the prompt, 8 to 10 tokens a step. What stays keeps its position.
    /// Answers change by it. Default false: every step stays in the text.
    /// </summary>
    public bool DropEmptySteps { get; init; }

    /// <summary>What of them the prompt depends on and differs from the defaults, as text.</summary>
    internal string PromptForm => string.Join(' ', new[] { OuterMarkers ? nameof(OuterMarkers) : "", DropEmptySteps ? nameof(DropEmptySteps) : "" }.Where(name => name.Length > 0));

    /// <summary>Every setting out of range.</summary>
    internal OptionFaults Faults() => new OptionFaults(nameof(Qwen3VLOptions))
        .Require(Enum.IsDefined(FrameRules), FrameRules, $"be one of {string.Join(", ", Enum.GetNames<Qwen3VLFrameRules>())}");
}
