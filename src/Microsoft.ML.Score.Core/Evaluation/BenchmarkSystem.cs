using System.Globalization;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>What a benchmark is run under: a compressor at a retention ratio, the model on all tokens, or on a smaller picture. Compared by reference.</summary>
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

    private BenchmarkSystem(ITokenCompressor compressor, int tokenCount) => (Compressor, RetentionRatio, TokenCount) = (compressor, double.NaN, tokenCount);

    /// <summary>The compressor; null for all tokens and for low resolution.</summary>
    public ITokenCompressor? Compressor { get; }

    /// <summary>rho; 1 for all tokens, NaN where <see cref="TokenCount"/> says how many are kept.</summary>
    public double RetentionRatio { get; } = 1;

    /// <summary>The tokens kept of every video; null where it is a share of them.</summary>
    public int? TokenCount { get; }

    /// <summary>The compressor's name, "low resolution" or "all tokens".</summary>
    public string Name => Compressor?.Name ?? (IsReencoded ? "low resolution" : "all tokens");

    /// <summary>Whether the video is encoded again with smaller frames.</summary>
    internal bool IsReencoded { get; }

    /// <summary>Names the system within a file of records.</summary>
    internal string Key => string.Create(CultureInfo.InvariantCulture, $"{Name} at {(TokenCount is { } count ? $"{count} tokens" : RetentionRatio)}");

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

    /// <summary>A compressor that keeps as many tokens of every video, as published token counts are reproduced; all of a video that has no more.</summary>
    /// <param name="compressor">The compressor; safe for concurrent calls, not disposed.</param>
    /// <param name="tokenCount">Tokens to keep, at least 1; methods that do not keep exactly their share do not keep exactly these.</param>
    public static BenchmarkSystem OfCount(ITokenCompressor compressor, int tokenCount)
    {
        ArgumentNullException.ThrowIfNull(compressor);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokenCount, 1);

        return new BenchmarkSystem(compressor, tokenCount);
    }

    /// <summary>Name and budget, for tables and messages.</summary>
    public override string ToString() =>
        this == AllTokens ? Name : string.Create(CultureInfo.InvariantCulture, $"{Name} at {(TokenCount is { } count ? $"{count} tokens" : $"{RetentionRatio:0.##%}")}");

    /// <summary>The ratio for a video of so many tokens. Half a token more than the count, so that rounding does not cost one.</summary>
    internal double RatioOf(int tokens) => TokenCount is { } count ? Math.Min(1, (count + 0.5) / tokens) : RetentionRatio;
}

/// <summary>One row of a comparison: a system, or several whose scores are averaged question by question, as seeds of one method.</summary>
public sealed record ComparedSystem
{
    /// <param name="runs">The systems, at least one; the first gives the name and the budget.</param>
    /// <exception cref="ArgumentException">There is no system.</exception>
    public ComparedSystem(params IReadOnlyList<BenchmarkSystem> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        if (runs.Count == 0)
            throw new ArgumentException("Name at least one system.", nameof(runs));

        Runs = runs;
        Name = runs[0].Name;
        RetentionRatio = runs[0].TokenCount is null ? runs[0].RetentionRatio : null;
        TokenCount = runs[0].TokenCount;
    }

    /// <summary>The systems that are averaged.</summary>
    public IReadOnlyList<BenchmarkSystem> Runs { get; }

    /// <summary>The row's name. Default the system's.</summary>
    public string Name { get; init; }

    /// <summary>The share of the tokens to keep, by which rows are compared with each other; null where <see cref="TokenCount"/> says how many. Default the system's.</summary>
    public double? RetentionRatio { get; init; }

    /// <summary>The number of tokens to keep; null where it is a share. Default the system's.</summary>
    public int? TokenCount { get; init; }

    /// <summary>
    /// Whether the other rows of the same budget are compared with this one, as with SCORE: <see cref="SystemResult.ReferenceMinusThis"/>. Default false.
    /// </summary>
    public bool IsReference { get; init; }
}
