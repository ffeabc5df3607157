using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Synthetic;

/// <summary>
/// A small world of captioned videos in which everything can be learnt and checked without a data set: on grey textured
/// backgrounds, with scene cuts, shadows, flicker, camera noise and striped distractors, coloured shapes appear, move, change and
/// leave. Each fills one visual token of 8x8 pixels, so what captions tell stands in a few per cent of the tokens.
/// A clip is a pure function of its split, length and index: the same bytes and words on every machine. Safe for concurrent calls.
/// </summary>
public static class SyntheticWorld
{
    /// <summary>Beside the <see cref="VideoLength"/> values.</summary>
    private const long ImageKind = 3;

    private const int MinSteps = 8;
    private const int MaxSteps = 1024;
    private const int StepsPerCut = 24;

    /// <summary>What random numbers are drawn for; each has its own sequence, so more draws for one leave the others as they were. Questions have the next number.</summary>
    private enum Purpose { Story, Look, Caption }

    /// <summary>Makes one video.</summary>
    /// <param name="split">What the video is for; splits share no clip.</param>
    /// <param name="length">8, 24 or 64 time steps.</param>
    /// <param name="index">Which video of the split and length, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The split or length is unknown, or the index is negative.</exception>
    public static SyntheticVideo Generate(SyntheticSplit split, VideoLength length, int index) => Generate(split, length, index, WorldParameters.Default);

    /// <summary>
    /// Makes one video of any length, with scene cuts in proportion: of the same objects to be found in ever more video, what is lost with length
    /// is lost to length alone.
    /// </summary>
    /// <param name="split">What the video is for; splits share no clip.</param>
    /// <param name="steps">Time steps, 8 to 1024. The length class of the video is <see cref="VideoLength.Long"/>, however many they are.</param>
    /// <param name="objects">Objects that appear, one after the other: 1 to 5, and fewer than half the steps, since each is in view for 3 or more.</param>
    /// <param name="index">Which video of the split, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The split is unknown, or steps, objects or index are out of range.</exception>
    public static SyntheticVideo Generate(SyntheticSplit split, int steps, int objects, int index)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, MinSteps);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(steps, MaxSteps);
        ArgumentOutOfRangeException.ThrowIfLessThan(objects, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(objects, Math.Min(WorldParameters.Default.Long.MaxObjects, (steps - 1) / 2));

        var length = new LengthParameters(steps, objects, objects, MinCuts: steps / StepsPerCut, MaxCuts: 1 + steps / StepsPerCut);
        return Generate(split, VideoLength.Long, index, WorldParameters.Default with { Long = length }, $"{steps}-steps-{objects}-objects");
    }

    /// <summary>Makes one still image, as a clip of a single time step (two frames). Captions of several make sense one after the other.</summary>
    /// <param name="split">What the image is for; splits share no clip.</param>
    /// <param name="index">Which image of the split, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The split is unknown, or the index is negative.</exception>
    public static SyntheticClip GenerateImage(SyntheticSplit split, int index) => GenerateImage(split, index, WorldParameters.Default);

    internal static SyntheticVideo Generate(SyntheticSplit split, VideoLength length, int index, WorldParameters parameters, string? kind = null)
    {
        ThrowIfNotClip(split, index);
        var lengthParameters = parameters[length];

        RandomSequence Random(Purpose purpose) => new((long)split, (long)length, index, (long)purpose);
        var story = Story.DrawVideo(lengthParameters, parameters, Random(Purpose.Story));
        var (clip, labels) = Render(story, parameters, Random(Purpose.Look));
        var caption = CaptionWriter.Write(story, Random(Purpose.Caption));
        return new SyntheticVideo(Name(split, kind ?? length.ToString(), index), split, length, index, clip, caption, story, labels);
    }

    internal static SyntheticClip GenerateImage(SyntheticSplit split, int index, WorldParameters parameters)
    {
        ThrowIfNotClip(split, index);

        RandomSequence Random(Purpose purpose) => new((long)split, ImageKind, index, (long)purpose);
        var story = Story.DrawImage(parameters, Random(Purpose.Story));
        var (clip, labels) = Render(story, parameters, Random(Purpose.Look));
        var caption = CaptionWriter.Write(story, Random(Purpose.Caption));
        return new SyntheticClip(Name(split, "image", index), clip, caption, story, labels);
    }

    private static void ThrowIfNotClip(SyntheticSplit split, int index)
    {
        if (split is < SyntheticSplit.ModelTraining or > SyntheticSplit.Test)
            throw new ArgumentOutOfRangeException(nameof(split), split, "Unknown split.");
        ArgumentOutOfRangeException.ThrowIfNegative(index);
    }

    private static (FrameClip Clip, byte[] Labels) Render(Story story, WorldParameters parameters, RandomSequence random)
    {
        var renderer = new SceneRenderer(story, parameters, random);
        renderer.Render();
        var clip = new FrameClip(renderer.Frames, story.Steps * WorldParameters.FramesPerStep, WorldParameters.FramePixels, WorldParameters.FramePixels, WorldParameters.FramesPerSecond);
        return (clip, renderer.Labels);
    }

    private static string Name(SyntheticSplit split, string kind, int index) => $"{split}-{kind}-{index}".ToLowerInvariant();
}

/// <summary>Length classes of the synthetic videos; a time step is one second.</summary>
public enum VideoLength
{
    /// <summary>8 time steps.</summary>
    Short,

    /// <summary>24 time steps.</summary>
    Medium,

    /// <summary>64 time steps.</summary>
    Long,
}

/// <summary>What a synthetic clip is for. The seeds of two splits are disjoint, so no clip is in both.</summary>
public enum SyntheticSplit
{
    /// <summary>Training of the embedded model.</summary>
    ModelTraining,

    /// <summary>Training of the compression policy.</summary>
    PolicyTraining,

    /// <summary>Choice of checkpoints and settings.</summary>
    Validation,

    /// <summary>Reported numbers, and nothing else.</summary>
    Test,
}
