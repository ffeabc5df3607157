using Microsoft.ML.Score.Models;

namespace Microsoft.ML.Score;

/// <summary>Options of <c>AnswerVideoQuestion</c>.</summary>
public sealed class AnswerVideoQuestionOptions
{
    /// <summary>
    /// Length and sampling of every answer; each row draws from the same seed, so an answer does not depend on the rows before it. Default:
    /// greedy decoding of at most 64 tokens.
    /// </summary>
    public GenerationOptions Generation { get; init; } = new();

    /// <summary>Name of the grid column, read where the features column does not itself give the grid. Default "Grid".</summary>
    public string GridColumnName { get; init; } = "Grid";

    /// <summary>
    /// Name of the positions column where tokens are given in place of features and mask. Default null: the tokens column's name with
    /// "Positions" after it.
    /// </summary>
    public string? PositionsColumnName { get; init; }

    /// <summary>
    /// The order of the values in a vector column of features: <see cref="FeatureOrder.ChannelsLast"/> is [T, H, W, D],
    /// <see cref="FeatureOrder.ChannelsFirst"/> is [T, D, H, W], as image models in ONNX give them. Default null: channels last, but a column
    /// whose dimensions look like channels first is refused until this says which. Feature files and what
    /// <c>EncodeVideo</c> gives are always channels last; with kept tokens in place of features it must stay null.
    /// </summary>
    public FeatureOrder? FeatureOrder { get; init; }
}
