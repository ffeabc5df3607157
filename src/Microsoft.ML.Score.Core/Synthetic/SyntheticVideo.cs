using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Synthetic;

/// <summary>A clip of the synthetic world and its caption. Immutable; safe to share between threads.</summary>
public class SyntheticClip
{
    internal SyntheticClip(string id, VideoClip clip, string caption, Story story, ReadOnlyMemory<byte> tokenLabels)
    {
        Id = id;
        Clip = clip;
        Caption = caption;
        Story = story;
        TokenLabels = tokenLabels;
        Grid = new TokenGrid(story.Steps, WorldParameters.GridSide, WorldParameters.GridSide, WorldParameters.FramesPerStep / WorldParameters.FramesPerSecond);
    }

    /// <summary>Names the clip among all splits, lengths and indices, for example "test-long-12".</summary>
    public string Id { get; }

    /// <summary>The frames, 48x48 pixels, 2 per second.</summary>
    public VideoClip Clip { get; }

    /// <summary>What happens, one sentence per object, in order of appearance.</summary>
    public string Caption { get; }

    /// <summary>The grid of tokens of 8x8 pixels and 2 frames: 6x6 per step, one step per second.</summary>
    public TokenGrid Grid { get; }

    /// <summary>One <see cref="TokenLabel"/> per token, [T, 6, 6].</summary>
    internal ReadOnlyMemory<byte> TokenLabels { get; }

    internal Story Story { get; }

    /// <summary>What a token shows, which the world knows: so it can be measured what a selection keeps.</summary>
    /// <param name="token">A flat index of <see cref="Grid"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside the grid.</exception>
    public TokenKind KindOf(int token)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(token);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(token, Grid.Count);

        return TokenLabel.KindOf(TokenLabels.Span[token]);
    }
}

/// <summary>What a token of a synthetic clip shows.</summary>
public enum TokenKind
{
    /// <summary>The background, with its texture, shadows and flicker.</summary>
    Background,

    /// <summary>An object, which is what captions and questions are about.</summary>
    Object,

    /// <summary>What looks like objects or changes like them, and no text mentions: bystanders and striped distractors.</summary>
    Misleading,
}

/// <summary>A video of the synthetic world with its caption. Immutable; safe to share between threads.</summary>
public sealed class SyntheticVideo : SyntheticClip
{
    internal SyntheticVideo(string id, SyntheticSplit split, VideoLength length, int index, VideoClip clip, string caption, Story story, ReadOnlyMemory<byte> tokenLabels)
        : base(id, clip, caption, story, tokenLabels)
    {
        Split = split;
        Length = length;
        Index = index;
    }

    /// <summary>The length class.</summary>
    public VideoLength Length { get; }

    internal SyntheticSplit Split { get; }

    internal int Index { get; }
}
