using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models;

/// <summary>How a frozen model is loaded.</summary>
public sealed class VideoModelOptions
{
    /// <summary>What the model computes on. Default <see cref="ComputeBackend.Simd"/>, the vectors and threads of this machine's processor.</summary>
    public ComputeBackend Backend { get; init; } = ComputeBackend.Simd;

    /// <summary>
    /// Most memory, in bytes, that the weights and the least work with them may need; loading more is refused before it begins. Default: what
    /// the runtime says there is, the machine's memory or three quarters of a container's. Weights are mapped from the files and may be evicted,
    /// so <see cref="long.MaxValue"/> loads models beyond the memory too, at the disk's speed.
    /// </summary>
    public long MemoryLimit { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>
    /// Whether encoded videos carry <see cref="Tokens.EncoderStatistics"/>, which HoliTom and FastVID choose by. Default false: it
    /// costs an explicit attention matrix of the encoder's last layer.
    /// </summary>
    public bool EncoderStatistics { get; init; }

    /// <summary>
    /// How Qwen2.5-VL's temporal positions follow from the seconds of a time step; other models ignore it. Default
    /// <see cref="TemporalPositionRule.TruncateAfter"/>.
    /// </summary>
    public TemporalPositionRule TemporalPositions { get; init; } = TemporalPositionRule.TruncateAfter;

    /// <summary>Which frames Qwen2.5-VL and Qwen3-VL sample and how large they are; other models ignore it.</summary>
    public QwenVideoOptions QwenVideo { get; init; } = new();

    /// <summary>By whose rules Qwen3-VL samples frames, and the form of its prompt; other models ignore it.</summary>
    public Qwen3VLOptions Qwen3VL { get; init; } = new();

    /// <summary>What LLaVA-Video checkpoints leave open; other models ignore it.</summary>
    public LlavaVideoOptions LlavaVideo { get; init; } = new();

    /// <summary>
    /// Told, once for a loading, what the checkpoint has and the model does not follow: a chat template other than the released one, with its
    /// file. Null, the default, for no one.
    /// </summary>
    public Action<string>? Warn { get; init; }

    /// <summary>Names every setting out of range in one message.</summary>
    internal void ThrowIfFaulty(string parameterName) => new OptionFaults(nameof(VideoModelOptions))
        .Require(Backend is not null, Backend, "not be null")
        .Require(MemoryLimit > 0, MemoryLimit, "be positive")
        .Require(Enum.IsDefined(TemporalPositions), TemporalPositions, $"be one of {string.Join(", ", Enum.GetNames<TemporalPositionRule>())}")
        .Include(QwenVideo?.Faults(), nameof(QwenVideo))
        .Include(Qwen3VL?.Faults(), nameof(Qwen3VL))
        .Include(LlavaVideo?.Faults(), nameof(LlavaVideo))
        .ThrowIfAny(parameterName);
}
