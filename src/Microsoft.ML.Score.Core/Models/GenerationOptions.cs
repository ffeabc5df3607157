using System.Text.Json.Serialization;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models;

/// <summary>
/// How one answer is generated. The defaults decode greedily. The stop tokens are those of the checkpoint's generation_config.json;
/// the sampling settings of that file are not read, so that what is generated depends on these options alone. Immutable.
/// </summary>
public sealed class GenerationOptions
{
    // The longest context of the models supported; the key/value cache is made for this many tokens at once.
    private const int LongestAnswer = 131_072;

    /// <summary>Most tokens to generate, 1 to 131,072. Memory for all of them is taken at the start. Default 64.</summary>
    public int MaxNewTokens { get; init; } = 64;

    /// <summary>
    /// What logits are divided by before the softmax that tokens are drawn from, at least 0 and finite. Default 0: no drawing, always the
    /// likeliest token.
    /// </summary>
    public double Temperature { get; init; }

    /// <summary>Draw among this many of the likeliest tokens only, at least 1. Default null: among all. Without effect at temperature 0.</summary>
    public int? TopK { get; init; }

    /// <summary>
    /// Draw among the likeliest tokens whose probabilities, after temperature and <see cref="TopK"/>, first reach this sum, in (0, 1].
    /// Default 1: among all. Without effect at temperature 0.
    /// </summary>
    public double TopP { get; init; } = 1;

    /// <summary>
    /// Logits of tokens that are in the prompt's text or in the answer already are divided by this where positive and multiplied
    /// where negative; above 0 and finite. Default 1: no change. Also in effect at temperature 0.
    /// </summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Of the draws: the same seed and input give the same text. Default 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>
    /// Called once, on the calling thread, when the prefill is over: the model has read the whole prompt and no token of the answer is chosen
    /// yet. A measuring device; a saved pipeline does not hold it. Default null: no one is told.
    /// </summary>
    [JsonIgnore]
    public Action? Prefilled { get; init; }

    /// <summary>Whether the answer is the likeliest token of the unchanged logits at every step.</summary>
    internal bool IsPlainGreedy => Temperature == 0 && RepetitionPenalty == 1;

    /// <summary>Names every setting out of range in one message.</summary>
    internal void ThrowIfFaulty(string parameterName) => Faults().ThrowIfAny(parameterName);

    /// <summary>Every setting out of range.</summary>
    public OptionFaults Faults() => new OptionFaults("generation options")
        .Require(MaxNewTokens is >= 1 and <= LongestAnswer, MaxNewTokens, $"lie in 1..{LongestAnswer}")
        .Require(Temperature >= 0 && double.IsFinite(Temperature), Temperature, "be finite and at least 0")
        .Require(TopK is null or >= 1, TopK, "be at least 1 or null")
        .Require(TopP is > 0 and <= 1, TopP, "lie in (0, 1]")
        .Require(RepetitionPenalty > 0 && double.IsFinite(RepetitionPenalty), RepetitionPenalty, "be positive and finite");
}
