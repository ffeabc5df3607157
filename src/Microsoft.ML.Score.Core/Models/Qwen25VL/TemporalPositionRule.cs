namespace Microsoft.ML.Score.Models;

/// <summary>How Qwen2.5-VL's temporal positions follow from the seconds of a time step. Versions of transformers differ where these are not whole.</summary>
public enum TemporalPositionRule
{
    /// <summary>trunc(t * seconds * tokens_per_second): transformers 4.50, and what later versions were corrected to.</summary>
    TruncateAfter,

    /// <summary>
    /// t * trunc(seconds) * tokens_per_second: the versions between, in which half-second steps all stand at one position. To reproduce
    /// their numbers only.
    /// </summary>
    IntegerSecondsFirst,
}
