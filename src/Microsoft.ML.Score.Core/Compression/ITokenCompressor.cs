using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>Chooses (or merges) the visual tokens that reach the language model. Implementations are deterministic and safe for concurrent calls.</summary>
public interface ITokenCompressor
{
    /// <summary>The name that tables and reports print, for example "SCORE" or "random".</summary>
    string Name { get; }

    /// <summary>Compresses one video.</summary>
    /// <param name="video">All tokens of the video.</param>
    /// <param name="retentionRatio">rho in (0, 1]; methods that have no count of their own keep exactly <see cref="TopK.RetainedCount"/> tokens.</param>
    KeptTokens Compress(VideoTokens video, double retentionRatio);
}

/// <summary>A compressor that keeps tokens of the video as they are, so that a mask says all it does. Implementations are deterministic and safe for concurrent calls.</summary>
internal abstract class TokenPruner : ITokenCompressor
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <summary>Chooses the tokens to keep.</summary>
    /// <param name="video">All tokens of the video.</param>
    /// <param name="retentionRatio">rho in (0, 1].</param>
    /// <returns>Flat grid indices, strictly ascending.</returns>
    /// <exception cref="ArgumentOutOfRangeException">rho is NaN or outside (0, 1].</exception>
    public abstract int[] Select(VideoTokens video, double retentionRatio);

    /// <summary>The tokens that <see cref="Select"/> chooses, copied.</summary>
    /// <inheritdoc/>
    public KeptTokens Compress(VideoTokens video, double retentionRatio)
    {
        using var measured = CompressorCalls.Measured.Start(Name);
        var kept = KeptTokens.Gather(video, Select(video, retentionRatio));
        measured.Done(kept.Count);
        return kept;
    }
}

/// <summary>The calls of compressors that prune, as those who watch the library see them.</summary>
internal static class CompressorCalls
{
    public static MeasuredOperation Measured { get; } = new("compress", "score.compressor", "Time to choose and copy the tokens of a video that are kept.", "Visual tokens kept.");
}
