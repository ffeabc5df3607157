using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// Encoder statistics as tensors of a feature file, each there only where it is known: <c>received_attention</c> [T, N],
/// <c>pooled_attention</c> [T, N] and <c>step_features</c> [T, any].
/// </summary>
internal static class StoredStatistics
{
    private const string ReceivedKey = "received_attention";
    private const string PooledKey = "pooled_attention";
    private const string StepKey = "step_features";

    /// <summary>The known statistics, exact.</summary>
    /// <exception cref="ArgumentException">A value is not finite.</exception>
    public static IEnumerable<TensorData> ToTensors(VideoTokens video)
    {
        if (video.Statistics is not { } statistics)
            yield break;
        foreach (var (name, values) in new[] { (ReceivedKey, statistics.ReceivedAttention), (PooledKey, statistics.PooledAttention), (StepKey, statistics.StepFeatures) })
        {
            if (values.IsEmpty)
                continue;
            if (FiniteValues.FirstNotFinite(values.Span) is >= 0 and var at)
                throw new ArgumentException($"Value {at} of {name} is {values.Span[at]}; statistics must be finite.", nameof(video));
            yield return TensorData.FromSingle(name, [video.Grid.TimeSteps, values.Length / video.Grid.TimeSteps], values.Span);
        }
    }

    /// <summary>Checks the types and shapes of the statistics in a file, from its header alone.</summary>
    /// <exception cref="InvalidDataException">One is of another type or shape.</exception>
    public static void ThrowIfInvalid(SafetensorsFile file, TokenGrid grid)
    {
        foreach (var name in new[] { ReceivedKey, PooledKey, StepKey })
        {
            if (!file.Tensors.TryGetValue(name, out var entry))
                continue;
            if (entry.Type is not (TensorType.F32 or TensorType.BF16 or TensorType.F16)
                || entry.Shape.Count != 2 || entry.Shape[0] != grid.TimeSteps || entry.Shape[1] < 1 || entry.Count > Array.MaxLength
                || (name != StepKey && entry.Shape[1] != grid.TokensPerStep))
                throw new InvalidDataException(
                    $"Tensor '{name}' of '{file.Name}' is {entry}, expected F32, BF16 or F16 of shape [{grid.TimeSteps}, {(name == StepKey ? "any" : grid.TokensPerStep)}].");
        }
    }

    /// <summary>The statistics of a file; null where it has none.</summary>
    /// <exception cref="InvalidDataException">A value is not finite.</exception>
    public static EncoderStatistics? Read(SafetensorsFile file)
    {
        var statistics = new EncoderStatistics { ReceivedAttention = Values(ReceivedKey), PooledAttention = Values(PooledKey), StepFeatures = Values(StepKey) };
        return statistics is { ReceivedAttention.IsEmpty: true, PooledAttention.IsEmpty: true, StepFeatures.IsEmpty: true } ? null : statistics;

        float[] Values(string name)
        {
            if (!file.Tensors.ContainsKey(name))
                return [];
            var values = file.ReadSingle(name);
            return FiniteValues.FirstNotFinite(values) is >= 0 and var at
                ? throw new InvalidDataException($"Value {at} of '{name}' in '{file.Name}' is {values[at]}; statistics must be finite.")
                : values;
        }
    }
}
