using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;
using SkiaSharp;

namespace Microsoft.ML.Score.Reports;

/// <summary>
/// A small picture of each time step of a video: its first frame as JPEG, together at most about 6.5 MB whatever the video is. Immutable, so it may be
/// shared between threads.
/// </summary>
public sealed class StepPictures
{
    /// <summary>Of a page under 10 MB, which holds the pictures in base64, this is what leaves room for the rest.</summary>
    private const int MostBytes = 6_500_000;
    private const int MostSteps = 1024;
    private const int LongestSide = 640;
    private const int MostPixels = MostBytes * 4; // at a quarter of a byte a pixel, which most videos stay below
    private const int FirstQuality = 80;
    private const int LeastQuality = 20;

    private readonly byte[]?[] _jpegs;

    private StepPictures(VideoClip clip, int framesPerStep, IReadOnlyList<int> frames, byte[]?[] jpegs, double[] changes, int width, int height)
    {
        (FrameWidth, FrameHeight) = (clip.Width, clip.Height);
        FramesPerStep = framesPerStep;
        FrameIndices = frames;
        FrameSeconds = clip.IsStill ? null : [.. frames.Select(frame => frame / clip.FramesPerSecond)];
        (_jpegs, Changes, Width, Height) = (jpegs, changes, width, height);
    }

    /// <summary>Width of the video's frames in pixels.</summary>
    public int FrameWidth { get; }

    /// <summary>Height of the video's frames in pixels.</summary>
    public int FrameHeight { get; }

    /// <summary>Frames that make a time step.</summary>
    public int FramesPerStep { get; }

    /// <summary>The sampled frames, <see cref="FramesPerStep"/> for each time step; the last may repeat.</summary>
    public IReadOnlyList<int> FrameIndices { get; }

    /// <summary>When each of them is shown, in seconds from the start; null for a still.</summary>
    public IReadOnlyList<double>? FrameSeconds { get; }

    /// <summary>Width of the pictures in pixels.</summary>
    internal int Width { get; }

    /// <summary>Height of the pictures in pixels.</summary>
    internal int Height { get; }

    /// <summary>How much each picture differs from the one before, by <see cref="SceneChange"/>; NaN where it is not known.</summary>
    internal IReadOnlyList<double> Changes { get; }

    /// <summary>T.</summary>
    internal int TimeSteps => _jpegs.Length;

    /// <summary>Reads the frames of a video, once and forward, and makes the pictures.</summary>
    /// <param name="clip">The video.</param>
    /// <param name="grid">The grid of its tokens. Of a video of more than 1,024 steps only so many, evenly spaced, get a picture.</param>
    /// <param name="sampledFrames">
    /// The frames of the steps, as <see cref="Models.IVideoLanguageModel.SampledFrames"/> gives them: a whole number for each time step. Null where they are not known: then
    /// the frames are those at the times of the steps.
    /// </param>
    /// <param name="cancellationToken">Stops between frames.</param>
    /// <exception cref="ArgumentException">The number of frames is no multiple of the grid's time steps, or one is outside the clip or out of order.</exception>
    /// <exception cref="InvalidDataException">A frame cannot be decoded.</exception>
    public static StepPictures Read(VideoClip clip, TokenGrid grid, IReadOnlyList<int>? sampledFrames = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(clip);
        if (grid.Count == 0)
            throw new ArgumentException("Pictures need the grid of the video's tokens, got the default value of the grid.", nameof(grid));
        sampledFrames ??= [.. Enumerable.Range(0, grid.TimeSteps).Select(step => (int)Math.Min(clip.FrameCount - 1, step * grid.SecondsPerStep * clip.FramesPerSecond))];
        if (sampledFrames.Count == 0 || sampledFrames.Count % grid.TimeSteps != 0)
            throw new ArgumentException($"The frames of a grid of {grid} must be a multiple of {grid.TimeSteps}, got {sampledFrames.Count}.", nameof(sampledFrames));

        var framesPerStep = sampledFrames.Count / grid.TimeSteps;
        int[] steps = [.. Enumerable.Range(0, grid.TimeSteps).Where(step => step % ((grid.TimeSteps + MostSteps - 1) / MostSteps) == 0)];
        var scale = Math.Min(1.0, Math.Min(LongestSide / (double)Math.Max(clip.Width, clip.Height), Math.Sqrt(MostPixels / (double)steps.Length / clip.Width / clip.Height)));
        var (width, height) = (Math.Max(1, (int)Math.Round(clip.Width * scale)), Math.Max(1, (int)Math.Round(clip.Height * scale)));
        var jpegs = new byte[]?[grid.TimeSteps];
        var changes = Enumerable.Repeat(double.NaN, grid.TimeSteps).ToArray();
        var change = new SceneChange();
        using var frame = new SKBitmap(clip.Width, clip.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        foreach (var (index, rgb) in clip.ReadFrames([.. steps.Select(step => sampledFrames[step * framesPerStep])], cancellationToken).Index())
        {
            Fill(frame, rgb.Span);
            using var small = frame.Resize(new SKImageInfo(width, height), SKFilterQuality.Medium);
            jpegs[steps[index]] = Encode(small, FirstQuality);
            changes[steps[index]] = change.Next(small);
        }

        Shrink(jpegs);
        return new StepPictures(clip, framesPerStep, sampledFrames, jpegs, changes, width, height);
    }

    /// <summary>The JPEG of a step; null where it has none.</summary>
    internal byte[]? Jpeg(int step) => _jpegs[step];

    /// <summary>The picture of a step, or of the last before it that has one; the caller disposes it.</summary>
    internal SKBitmap Decode(int step)
    {
        while (_jpegs[step] is null)
            step--;
        return SKBitmap.Decode(_jpegs[step]);
    }

    private static unsafe void Fill(SKBitmap bitmap, ReadOnlySpan<byte> rgb)
    {
        if (rgb.Length != bitmap.Width * bitmap.Height * 3)
            throw new InvalidDataException($"A frame of {bitmap.Width}x{bitmap.Height} pixels has {bitmap.Width * bitmap.Height * 3} bytes, the clip gave {rgb.Length}.");

        var pixels = new Span<byte>((void*)bitmap.GetPixels(), bitmap.ByteCount);
        for (int i = 0, j = 0; i < rgb.Length; i += 3, j += 4)
            (pixels[j], pixels[j + 1], pixels[j + 2], pixels[j + 3]) = (rgb[i], rgb[i + 1], rgb[i + 2], byte.MaxValue);
    }

    private static byte[] Encode(SKBitmap bitmap, int quality)
    {
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, quality);
        return data.ToArray();
    }

    /// <summary>A noisy video takes more than it was counted with: its pictures lose quality until they fit.</summary>
    private static void Shrink(byte[]?[] jpegs)
    {
        for (var quality = FirstQuality / 2; jpegs.Sum(jpeg => (long)(jpeg?.Length ?? 0)) > MostBytes && quality >= LeastQuality; quality -= 20)
            for (var step = 0; step < jpegs.Length; step++)
            {
                if (jpegs[step] is null)
                    continue;
                using var bitmap = SKBitmap.Decode(jpegs[step]);
                jpegs[step] = Encode(bitmap, quality);
            }
    }
}
