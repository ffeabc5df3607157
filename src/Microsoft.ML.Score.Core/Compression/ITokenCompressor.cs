using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>Chooses (or merges) the visual tokens that reach the language model. Implementations are deterministic and safe for concurrent calls.</summary>
public interface ITokenCompressor
{
    /// <summary>The name that tables and reports print, for example "SCORE" or "random".</summary>
    string Name { get; }

    /// <summary>Compresses one video.</summary>
    /// <param name="video">All tokens of the video.</param>
    /// <param name="retentionRatio">rho in (0, 1]; pruners keep exactly <see cref="TopK.RetainedCount"/> tokens.</param>
    KeptTokens Compress(VideoTokens video, double retentionRatio);
}
