using SkiaSharp;

namespace Microsoft.ML.Score.Reports;

/// <summary>
/// How much a picture differs from the one before: the mean of the differences in hue, saturation and value over all pixels of a small copy, with hue in 0 to 180
/// and the others in 0 to 255. PySceneDetect's ContentDetector finds cuts so, with this threshold; here hue is a circle, on which red is near red. Time steps are
/// further apart than the frames that rule is made for, so fast motion counts as well.
/// </summary>
internal sealed class SceneChange
{
    /// <summary>A difference from here on is a change of the scene.</summary>
    public const double Threshold = 27;

    private const int Side = 64;

    private float[]? _before;

    /// <summary>The difference of this picture from the last; NaN for the first.</summary>
    public double Next(SKBitmap picture)
    {
        using var small = picture.Resize(new SKImageInfo(Side, Side, SKColorType.Rgba8888, SKAlphaType.Opaque), SKFilterQuality.Medium);
        var now = new float[3 * Side * Side];
        foreach (var (i, color) in small.Pixels.Index())
        {
            color.ToHsv(out var hue, out var saturation, out var value);
            (now[3 * i], now[3 * i + 1], now[3 * i + 2]) = (hue / 2, saturation * 2.55f, value * 2.55f);
        }

        var change = double.NaN;
        if (_before is { } before)
        {
            change = 0;
            for (var i = 0; i < now.Length; i++)
            {
                var difference = Math.Abs(now[i] - before[i]);
                change += i % 3 == 0 ? Math.Min(difference, 180 - difference) : difference;
            }

            change /= now.Length;
        }

        _before = now;
        return change;
    }
}
