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

    /// <summary>The frames, 48x48 pixels, 2 a second.</summary>
    public VideoClip Clip { get; }

    /// <summary>What happens, one sentence an object, in order of appearance.</summary>
    public string Caption { get; }

    /// <summary>The grid of tokens of 8x8 pixels and 2 frames: 6x6 a step, a step a second.</summary>
    public TokenGrid Grid { get; }

    /// <summary>One <see cref="TokenLabel"/> a token, [T, 6, 6].</summary>
    internal ReadOnlyMemory<byte> TokenLabels { get; }

    internal Story Story { get; }
}

/// <summary>A video of the synthetic world with its caption and questions. Immutable; safe to share between threads.</summary>
public sealed class SyntheticVideo : SyntheticClip
{
    internal SyntheticVideo(string id, VideoLength length, VideoClip clip, string caption, IReadOnlyList<MultipleChoiceQuestion> questions, Story story, ReadOnlyMemory<byte> tokenLabels)
        : base(id, clip, caption, story, tokenLabels)
    {
        Length = length;
        Questions = questions;
    }

    /// <summary>The length class.</summary>
    public VideoLength Length { get; }

    /// <summary>Questions in the categories colour, shape, motion, order, count and change; at least one of each.</summary>
    public IReadOnlyList<MultipleChoiceQuestion> Questions { get; }
}
