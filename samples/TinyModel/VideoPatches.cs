using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>A clip as the model and its auxiliary losses see it, in the order of its token grid.</summary>
/// <param name="Grid">The token grid.</param>
/// <param name="Patches">The normalised patches [tokens, 4, 96].</param>
/// <param name="Attributes">The <see cref="TokenAttributes"/> of each token.</param>
internal sealed record VideoPatches(TokenGrid Grid, float[] Patches, sbyte[] Attributes)
{
    private const int TokenPixels = TinyConfiguration.PatchSize * TinyConfiguration.SpatialMergeSize;
    private const int TokenLength = TinyConfiguration.PatchesPerToken * TinyConfiguration.PatchLength;

    private static readonly float[] s_mean = [0.48145466f, 0.4578275f, 0.40821073f];
    private static readonly float[] s_deviation = [0.26862954f, 0.26130258f, 0.27577711f];

    /// <summary>Cuts a clip whose frames need no sampling or resizing. Values of a patch are ordered channel, frame, row, column.</summary>
    public static VideoPatches Cut(SyntheticClip clip)
    {
        var frames = clip.Clip;
        var grid = clip.Grid;
        var patches = new float[grid.Count * TokenLength];
        var table = NormalisedBytes();
        var looks = new TokenLook[grid.Count];
        for (var token = 0; token < looks.Length; token++)
            looks[token] = new TokenLook();
        var frameIndex = 0;
        foreach (var frame in frames.ReadFrames([.. Enumerable.Range(0, frames.FrameCount)]))
        {
            var pixels = frame.Span;
            var (step, phase) = Math.DivRem(frameIndex++, TinyConfiguration.TemporalPatchSize);
            for (var y = 0; y < frames.Height; y++)
                for (var x = 0; x < frames.Width; x++)
                {
                    var token = (step * grid.Height + y / TokenPixels) * grid.Width + x / TokenPixels;
                    var patch = y / TinyConfiguration.PatchSize % TinyConfiguration.SpatialMergeSize * TinyConfiguration.SpatialMergeSize + x / TinyConfiguration.PatchSize % TinyConfiguration.SpatialMergeSize;
                    var within = y % TinyConfiguration.PatchSize * TinyConfiguration.PatchSize + x % TinyConfiguration.PatchSize;
                    looks[token].Add(phase, y % TokenPixels * TokenPixels + x % TokenPixels, pixels.Slice((y * frames.Width + x) * TinyConfiguration.Channels, TinyConfiguration.Channels));
                    for (var channel = 0; channel < TinyConfiguration.Channels; channel++)
                    {
                        var plane = (channel * TinyConfiguration.TemporalPatchSize + phase) * TinyConfiguration.PatchSize * TinyConfiguration.PatchSize;
                        patches[token * TokenLength + patch * TinyConfiguration.PatchLength + plane + within] =
                            table[channel][pixels[(y * frames.Width + x) * TinyConfiguration.Channels + channel]];
                    }
                }
        }

        return new VideoPatches(grid, patches, TokenAttributes.Of(clip, looks));
    }

    /// <summary>The steps of still images one after the other, each repeated: a pseudo-video.</summary>
    public static VideoPatches Repeat(IReadOnlyList<VideoPatches> stills, IReadOnlyList<int> repeats)
    {
        var order = stills.SelectMany((still, i) => Enumerable.Repeat(still, repeats[i])).ToList();
        var grid = stills[0].Grid;
        return new VideoPatches(
            new TokenGrid(order.Count, grid.Height, grid.Width, grid.SecondsPerStep),
            [.. order.SelectMany(still => still.Patches)],
            [.. order.SelectMany(still => still.Attributes)]);
    }

    /// <summary>The same steps, further apart in time.</summary>
    public VideoPatches Stretch(double factor) =>
        this with { Grid = new TokenGrid(Grid.TimeSteps, Grid.Height, Grid.Width, Grid.SecondsPerStep * factor) };

    /// <summary>Copies the patches of the given tokens to a matrix [tokens * 4, 96].</summary>
    public void CopyTo(ReadOnlySpan<int> tokens, Span<float> target)
    {
        for (var i = 0; i < tokens.Length; i++)
            Patches.AsSpan(tokens[i] * TokenLength, TokenLength).CopyTo(target[(i * TokenLength)..]);
    }

    private static float[][] NormalisedBytes() =>
        [.. s_mean.Select((mean, channel) => Enumerable.Range(0, 256).Select(value => ((float)(value * (1.0 / 255)) - mean) / s_deviation[channel]).ToArray())];
}
