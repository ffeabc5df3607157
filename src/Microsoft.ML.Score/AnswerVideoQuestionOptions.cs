using Microsoft.ML.Score.Models;

namespace Microsoft.ML.Score;

/// <summary>Options of <c>AnswerVideoQuestion</c>.</summary>
public sealed class AnswerVideoQuestionOptions
{
    /// <summary>Most tokens of one answer, at least 1. Default 64.</summary>
    public int MaxNewTokens { get; init; } = new GenerationOptions().MaxNewTokens;

    /// <summary>Name of the grid column, read where the features column does not itself give the grid. Default "Grid".</summary>
    public string GridColumnName { get; init; } = "Grid";
}
