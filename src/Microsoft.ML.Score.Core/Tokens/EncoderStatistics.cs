namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// What a vision encoder knows of its tokens beside their vectors; some compressors choose by it. A model fills in what its
/// architecture has; empty means not known. Immutable and safe to share between threads.
/// </summary>
public sealed class EncoderStatistics
{
    /// <summary>
    /// Attention that each token receives in the last encoder layer, the mean over heads and queries, [T, N] (the salience of
    /// HoliTom on SigLIP towers).
    /// </summary>
    public ReadOnlyMemory<float> ReceivedAttention { get; init; }

    /// <summary>
    /// Attention that each token receives from one query standing for its whole step, the mean over heads, [T, N] (the salience
    /// of FastVID): the probe of SigLIP's pooling head, or the mean query of Qwen2.5-VL's last vision block.
    /// </summary>
    public ReadOnlyMemory<float> PooledAttention { get; init; }

    /// <summary>One vector for each step, row-major [T, any]: the output of SigLIP's pooling head. Where empty, the mean of a step's tokens serves.</summary>
    public ReadOnlyMemory<float> StepFeatures { get; init; }

    /// <summary>The statistics, which may be null, if they fit the grid.</summary>
    internal static EncoderStatistics? ThrowIfNotOf(TokenGrid grid, EncoderStatistics? statistics, string name)
    {
        if (statistics is null)
            return null;
        ThrowIfNot(statistics.ReceivedAttention, nameof(ReceivedAttention));
        ThrowIfNot(statistics.PooledAttention, nameof(PooledAttention));
        return statistics.StepFeatures.Length % grid.TimeSteps == 0
            ? statistics
            : throw new ArgumentException(
                $"{nameof(StepFeatures)} of a grid of {grid} needs as many values for each of the {grid.TimeSteps} steps, got {statistics.StepFeatures.Length} in all.", name);

        void ThrowIfNot(ReadOnlyMemory<float> values, string property)
        {
            if (values.Length != 0 && values.Length != grid.Count)
                throw new ArgumentException($"{property} of a grid of {grid} needs {grid.Count} values, got {values.Length}.", name);
        }
    }
}
