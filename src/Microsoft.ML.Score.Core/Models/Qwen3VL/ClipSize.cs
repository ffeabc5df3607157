namespace Microsoft.ML.Score.Models.Qwen3VL;

/// <summary>The size that the frames of a clip are resized to under one budget of pixels for all of them, smart_resize of Qwen3-VL's processors.</summary>
internal static class ClipSize
{
    private const int MaxAspectRatio = 200;

    /// <param name="frames">Sampled frames.</param>
    /// <param name="height">Pixels of a frame.</param>
    /// <param name="width">Likewise.</param>
    /// <param name="factor">Pixels of a token's side.</param>
    /// <param name="framesPerStep">Frames of a time step, which the frames fill up to.</param>
    /// <param name="minPixels">Least pixels of the whole clip.</param>
    /// <param name="maxPixels">Most pixels of it.</param>
    /// <exception cref="ArgumentException">A side is shorter than a token, or one is more than 200 times the other.</exception>
    public static (int Height, int Width) OfVideo(int frames, int height, int width, int factor, int framesPerStep, double minPixels, double maxPixels)
    {
        if (Math.Min(height, width) < factor)
            throw new ArgumentException($"A frame of {width}x{height} pixels is too small: its sides must have {factor} pixels at least.");
        var filled = (frames + framesPerStep - 1) / framesPerStep * framesPerStep;
        return Fit(frames, filled, height, width, factor, minPixels, maxPixels);
    }

    /// <summary>The size of a still image. It may be smaller than a token, and then grows.</summary>
    /// <exception cref="ArgumentException">One side is more than 200 times the other.</exception>
    public static (int Height, int Width) OfStill(int height, int width, int factor, double minPixels, double maxPixels) =>
        Fit(1, 1, height, width, factor, minPixels, maxPixels);

    // The bounds look at the frames that fill whole time steps, the scale at those that were sampled.
    private static (int Height, int Width) Fit(int frames, int filled, int height, int width, int factor, double minPixels, double maxPixels)
    {
        if (Math.Max(height, width) / (double)Math.Min(height, width) > MaxAspectRatio)
            throw new ArgumentException($"A frame of {width}x{height} pixels is too narrow: its sides may differ {MaxAspectRatio} times at most.");

        var (fittedHeight, fittedWidth) = (Math.Round(height / (double)factor) * factor, Math.Round(width / (double)factor) * factor);
        var pixels = (double)frames * height * width;
        if (filled * fittedHeight * fittedWidth > maxPixels)
        {
            var shrink = Math.Sqrt(pixels / maxPixels);
            fittedHeight = Math.Floor(height / shrink / factor) * factor;
            fittedWidth = Math.Floor(width / shrink / factor) * factor;
        }
        else if (filled * fittedHeight * fittedWidth < minPixels)
        {
            var grow = Math.Sqrt(minPixels / pixels);
            fittedHeight = Math.Ceiling(height * grow / factor) * factor;
            fittedWidth = Math.Ceiling(width * grow / factor) * factor;
        }

        return ((int)Math.Max(factor, fittedHeight), (int)Math.Max(factor, fittedWidth));
    }
}
