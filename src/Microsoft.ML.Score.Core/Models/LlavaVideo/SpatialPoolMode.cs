namespace Microsoft.ML.Score.Models;

/// <summary>
/// How LLaVA-Video pools the tokens of a frame, by 2 in height and width (<c>mm_spatial_pool_mode</c>). A frame of 27x27 tokens is meant in
/// the sizes below.
/// </summary>
public enum SpatialPoolMode
{
    /// <summary>The mean of each 2x2 block; an odd last row and column are dropped: 13x13.</summary>
    Average,

    /// <summary>Bilinear interpolation to half the side, rounded up, without antialiasing: 14x14.</summary>
    Bilinear,

    /// <summary>The maximum of each 2x2 block, value by value; an odd last row and column are dropped: 13x13.</summary>
    Max,
}
