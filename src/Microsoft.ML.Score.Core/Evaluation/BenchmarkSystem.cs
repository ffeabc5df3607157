using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>One row of a results table: a compressor at a retention ratio, or the model on all tokens. Compared by reference.</summary>
public sealed class BenchmarkSystem
{
    /// <summary>The model on all tokens.</summary>
    public static readonly BenchmarkSystem AllTokens = new();

    /// <param name="compressor">The compressor; safe for concurrent calls, not disposed.</param>
    /// <param name="retentionRatio">rho in (0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">rho is NaN or outside (0, 1].</exception>
    public BenchmarkSystem(ITokenCompressor compressor, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(compressor);
        TopK.ThrowIfNotRetentionRatio(retentionRatio);

        Compressor = compressor;
        RetentionRatio = retentionRatio;
    }

    private BenchmarkSystem()
    {
    }

    /// <summary>The compressor; null for all tokens.</summary>
    public ITokenCompressor? Compressor { get; }

    /// <summary>rho; 1 for all tokens.</summary>
    public double RetentionRatio { get; } = 1;

    /// <summary>The compressor's name, or "all tokens".</summary>
    public string Name => Compressor?.Name ?? "all tokens";

    /// <summary>Name and ratio, for tables and messages.</summary>
    public override string ToString() => Compressor is null ? Name : $"{Name} at {RetentionRatio:0.##%}";

    internal KeptTokens Keep(VideoTokens video) => Compressor?.Compress(video, RetentionRatio) ?? KeptTokens.All(video);
}
