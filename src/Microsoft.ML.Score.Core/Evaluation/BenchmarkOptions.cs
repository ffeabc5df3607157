using Microsoft.ML.Score.Models;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>How a benchmark is run.</summary>
public sealed class BenchmarkOptions
{
    /// <summary>The user turn before a caption whose cross-entropy is measured. Default "Describe the video.", as in training.</summary>
    public string CaptionQuestion { get; init; } = Questions.Caption;

    /// <summary>Most tokens of an answer, at least 1. Default 16.</summary>
    public int MaxAnswerTokens { get; init; } = 16;

    /// <summary>Videos evaluated at a time, at least 1. Default 1; with more, answers stay the same but times are not comparable.</summary>
    public int MaxDegreeOfParallelism { get; init; } = 1;

    /// <summary>
    /// Where records are written as they come in, and what is not asked again. Default null: nowhere. Systems need different names or
    /// ratios then. Not disposed.
    /// </summary>
    public BenchmarkRecords? Records { get; init; }

    /// <summary>The clock of all times. Default the system's.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal void ThrowIfFaulty()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(CaptionQuestion);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAnswerTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDegreeOfParallelism, 1);
        ArgumentNullException.ThrowIfNull(TimeProvider);
    }
}
