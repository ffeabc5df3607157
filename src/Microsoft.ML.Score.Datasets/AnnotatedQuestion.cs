using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Datasets;

/// <summary>A question as a layout reads it: what is asked of which video, or why it cannot be.</summary>
internal sealed record AnnotatedQuestion(string VideoFile, string LengthClass, MultipleChoiceQuestion? Question)
{
    /// <summary>The class of benchmarks that make no difference of length.</summary>
    public const string AllLengths = "all";

    public string? LeftOutReason { get; private init; }

    public string VideoId => VideoNames.WithoutExtension(VideoFile);

    public static AnnotatedQuestion LeftOut(string reason) => new("", "", Question: null) { LeftOutReason = reason };
}
