using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Datasets;

/// <summary>A video of a benchmark as its annotations tell of it; nothing of it is read yet.</summary>
/// <param name="Id">The benchmark's name of the video: the cluster of its questions.</param>
/// <param name="LengthClass">The benchmark's own class of length, "all" where it has none. Trust the label, not the minutes: papers draw the lines differently.</param>
/// <param name="Path">The full path of the file, inside the videos folder.</param>
/// <param name="Questions">The questions, at least one.</param>
public sealed record AnnotatedVideo(string Id, string LengthClass, string Path, IReadOnlyList<MultipleChoiceQuestion> Questions);

/// <summary>A question that cannot be scored by anyone and so is not asked.</summary>
/// <param name="Where">File and row.</param>
/// <param name="Reason">Why, for example that its answer is not among its options.</param>
public sealed record LeftOutQuestion(string Where, string Reason);
