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
}
