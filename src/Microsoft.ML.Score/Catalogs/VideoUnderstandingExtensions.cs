using Microsoft.ML.Score;

namespace Microsoft.ML;

/// <summary>The evaluation catalog of video understanding on the context.</summary>
public static class VideoUnderstandingExtensions
{
    /// <summary>The catalog with which answers to questions about videos are evaluated.</summary>
    public static VideoUnderstandingCatalog VideoUnderstanding(this MLContext context)
    {
        ArgumentNullException.ThrowIfNull(context);

        return new VideoUnderstandingCatalog();
    }
}
