using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// How many tokens vLLM keeps. It makes room for them in the prompt before it has any, so the count follows from the grid and the pruning
/// rate alone, whatever the video shows.
/// </summary>
internal static class VllmCount
{
    /// <summary>
    /// The share that stays under the pruning rate 1 - rho. The rate is computed in decimal, so that it is the one that is typed for vLLM; the
    /// share then is in binary, as there: just less than 0.1 for the rate 0.9.
    /// </summary>
    public static double Share(double retentionRatio) => 1 - (double)(1 - (decimal)retentionRatio);

    /// <summary>The whole part of <see cref="Share"/> * T*N, and no less than <paramref name="least"/>.</summary>
    public static int Of(TokenGrid grid, double retentionRatio, int least) => Math.Max(least, (int)(grid.Count * Share(retentionRatio)));
}
