using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// One row of the training data: the frozen encoder's tokens of a video and its caption. A row of one time step (an image) feeds the
/// warm-up, the others the main stage.
/// </summary>
public sealed class TrainingExample
{
    /// <param name="video">All tokens of the video.</param>
    /// <param name="caption">The text whose cross-entropy is the reward; not empty.</param>
    /// <exception cref="ArgumentException">The caption is null or white space.</exception>
    public TrainingExample(VideoTokens video, string caption)
    {
        ArgumentNullException.ThrowIfNull(video);
        ArgumentException.ThrowIfNullOrWhiteSpace(caption);

        Video = video;
        Caption = caption;
    }

    /// <summary>All tokens of the video.</summary>
    public VideoTokens Video { get; }

    /// <summary>The text whose cross-entropy is the reward.</summary>
    public string Caption { get; }
}
