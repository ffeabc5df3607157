using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score;

/// <summary>How well questions about videos were answered.</summary>
public sealed class VideoUnderstandingMetrics
{
    internal VideoUnderstandingMetrics(Estimate accuracy, int unanswered, double? retainedTokens, IReadOnlyDictionary<string, Estimate> perCategory)
    {
        Accuracy = accuracy;
        Unanswered = unanswered;
        RetainedTokens = retainedTokens;
        PerCategory = perCategory;
    }

    /// <summary>
    /// The share of right answers over all rows, 0 to 1, with its 95% interval: a bootstrap over whole videos where a video column was
    /// named, else over rows.
    /// </summary>
    public Estimate Accuracy { get; }

    /// <summary>Number of rows.</summary>
    public int Count => Accuracy.Count;

    /// <summary>Number of rows with an empty answer; they count as wrong.</summary>
    public int Unanswered { get; }

    /// <summary>The share of tokens that the masks keep, 0 to 1, as the mean over rows; null when no mask column was named.</summary>
    public double? RetainedTokens { get; }

    /// <summary>Accuracy of each category; empty when no category column was named.</summary>
    public IReadOnlyDictionary<string, Estimate> PerCategory { get; }
}
