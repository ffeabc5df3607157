using System.Globalization;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>One row of a results table: a compressor at a retention ratio, the model on all tokens, or on a smaller picture. Compared by reference.</summary>
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

    private BenchmarkSystem(double retentionRatio) => (RetentionRatio, IsReencoded) = (retentionRatio, true);

    /// <summary>The compressor; null for all tokens and for low resolution.</summary>
    public ITokenCompressor? Compressor { get; }

    /// <summary>rho; 1 for all tokens.</summary>
    public double RetentionRatio { get; } = 1;

    /// <summary>The compressor's name, "low resolution" or "all tokens".</summary>
    public string Name => Compressor?.Name ?? (IsReencoded ? "low resolution" : "all tokens");

    /// <summary>Whether the video is encoded again with smaller frames.</summary>
    internal bool IsReencoded { get; }

    /// <summary>Names the system within a run.</summary>
    internal string Key => string.Create(CultureInfo.InvariantCulture, $"{Name} at {RetentionRatio}");

    /// <summary>
    /// The control that compresses nothing: the video is encoded again with smaller frames, so that each time step has at most floor(rho*T*N / T)
    /// tokens, but one. It needs an <see cref="IScalableVideoModel"/>.
    /// </summary>
    /// <param name="retentionRatio">rho in (0, 1].</param>
    /// <exception cref="ArgumentOutOfRangeException">rho is NaN or outside (0, 1].</exception>
    public static BenchmarkSystem Reencoded(double retentionRatio)
    {
        TopK.ThrowIfNotRetentionRatio(retentionRatio);

        return new BenchmarkSystem(retentionRatio);
    }

    /// <summary>Name and ratio, for tables and messages.</summary>
    public override string ToString() => this == AllTokens ? Name : $"{Name} at {RetentionRatio:0.##%}";
}
