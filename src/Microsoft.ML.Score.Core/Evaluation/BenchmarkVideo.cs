using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>One video of a benchmark with what is asked about it.</summary>
/// <param name="Id">Names the video within the benchmark; the cluster of its questions in statistics.</param>
/// <param name="LengthClass">The class by which results are broken down, for example "short".</param>
/// <param name="Clip">The frames.</param>
/// <param name="Caption">The reference caption; null when the benchmark has none.</param>
/// <param name="Questions">The questions.</param>
public sealed record BenchmarkVideo(string Id, string LengthClass, VideoClip Clip, string? Caption, IReadOnlyList<MultipleChoiceQuestion> Questions);
