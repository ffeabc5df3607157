using Microsoft.ML.Data;
using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.QuickStart;

/// <summary>A clip with its frames in memory, what happens in it, and one question about it.</summary>
internal sealed class ClipRow
{
    /// <summary>RGB bytes, [frames, height, width, 3].</summary>
    [VectorType(0, 48, 48, 3)]
    public byte[] Frames { get; set; } = [];

    public string Caption { get; set; } = "";

    public string Question { get; set; } = "";

    /// <summary>Still images (rows of one time step) and videos of the synthetic world, made when they are read.</summary>
    public static IEnumerable<ClipRow> Training(int images, int videos)
    {
        for (var index = 0; index < images; index++)
            yield return From(SyntheticWorld.GenerateImage(SyntheticSplit.PolicyTraining, index));
        foreach (var row in Videos(SyntheticSplit.PolicyTraining, videos))
            yield return row;
    }

    /// <summary>Short and medium videos in turn.</summary>
    public static IEnumerable<ClipRow> Videos(SyntheticSplit split, int count)
    {
        for (var index = 0; index < count; index++)
            yield return From(SyntheticWorld.Generate(split, index % 2 == 0 ? VideoLength.Short : VideoLength.Medium, index / 2));
    }

    public static ClipRow From(SyntheticClip clip, string question = "") => new() { Frames = clip.Clip.ReadAllFrames(), Caption = clip.Caption, Question = question };
}

/// <summary>What the fitted pipeline adds to a clip.</summary>
internal sealed class AnsweredClip
{
    /// <summary>Which of the T*H*W tokens reached the language model.</summary>
    public bool[] Mask { get; set; } = [];

    public string Answer { get; set; } = "";
}
