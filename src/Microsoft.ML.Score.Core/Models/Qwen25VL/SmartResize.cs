namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>The choice of the size that a frame is resized to, smart_resize of qwen-vl-utils and of transformers.</summary>
internal static class SmartResize
{
    private const int MaxAspectRatio = 200;

    /// <summary>The rule of transformers 4.50's image processor: as <see cref="Fit"/>, but a side below the factor is refused instead of enlarged.</summary>
    /// <inheritdoc cref="Fit"/>
    /// <exception cref="ArgumentException">A side is below <paramref name="factor"/>, or one is more than 200 times the other.</exception>
    public static (int Height, int Width) FitAsTransformers(int height, int width, int factor, double minPixels, double maxPixels) =>
        Math.Min(height, width) < factor
            ? throw new ArgumentException($"A frame of {width}x{height} pixels is too small: its sides must have {factor} pixels at least.")
            : Fit(height, width, factor, minPixels, maxPixels);

    /// <summary>
    /// The multiples of <paramref name="factor"/> nearest to the size, scaled so that their product lies within the bounds (roughly:
    /// rounding may leave them). As in the original, a side of a very narrow frame may become 0.
    /// </summary>
    /// <param name="height">Pixels, at least 1.</param>
    /// <param name="width">Pixels, at least 1.</param>
    /// <param name="factor">patch_size * spatial_merge_size: the pixels of a token's side.</param>
    /// <param name="minPixels">Least pixels.</param>
    /// <param name="maxPixels">Most pixels; need not be whole.</param>
    /// <exception cref="ArgumentException">One side is more than 200 times the other.</exception>
    public static (int Height, int Width) Fit(int height, int width, int factor, double minPixels, double maxPixels)
    {
        if (Math.Max(height, width) / (double)Math.Min(height, width) > MaxAspectRatio)
            throw new ArgumentException($"A frame of {width}x{height} pixels is too narrow: its sides may differ {MaxAspectRatio} times at most.");

        var pixels = (double)height * width;
        var fittedHeight = Math.Max(factor, Math.Round(height / (double)factor) * factor);
        var fittedWidth = Math.Max(factor, Math.Round(width / (double)factor) * factor);
        if (fittedHeight * fittedWidth > maxPixels)
        {
            var shrink = Math.Sqrt(pixels / maxPixels);
            fittedHeight = Math.Floor(height / shrink / factor) * factor;
            fittedWidth = Math.Floor(width / shrink / factor) * factor;
        }
        else if (fittedHeight * fittedWidth < minPixels)
        {
            var grow = Math.Sqrt(minPixels / pixels);
            fittedHeight = Math.Ceiling(height * grow / factor) * factor;
            fittedWidth = Math.Ceiling(width * grow / factor) * factor;
        }

        return ((int)fittedHeight, (int)fittedWidth);
    }

    /// <summary>Of the token grids within the limit the one nearest to it and to the shape, both as ratios; of equally near ones the larger.</summary>
    public static (int Height, int Width) NearestShape(int height, int width, int mostTokens)
    {
        var shapes =
            from h in Enumerable.Range(1, Math.Min(height, mostTokens))
            from w in Enumerable.Range(1, Math.Min(width, mostTokens / h))
            let missing = Math.Log((double)Math.Min(mostTokens, height * width) / (h * w))
            let distortion = Math.Abs(Math.Log((double)h * width / (w * height)))
            orderby Math.Round(missing + distortion, 9), missing
            select (h, w);
        return shapes.First();
    }
}
