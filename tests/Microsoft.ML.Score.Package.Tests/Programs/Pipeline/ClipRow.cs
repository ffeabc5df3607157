using Microsoft.ML.Data;
using Microsoft.ML.Score.Synthetic;

/// <summary>A clip in memory and its caption.</summary>
internal sealed class ClipRow
{
    [VectorType(0, 48, 48, 3)]
    public byte[] Frames { get; set; } = [];

    public string Caption { get; set; } = "";

    public static ClipRow From(SyntheticClip clip) => new()
    {
        Frames = [.. clip.Clip.ReadFrames([.. Enumerable.Range(0, clip.Clip.FrameCount)]).SelectMany(frame => frame.ToArray())],
        Caption = clip.Caption,
    };

    /// <summary>What is predicted before saving and after loading.</summary>
    public static IEnumerable<ClipRow> Test() =>
        Enumerable.Range(0, 4).Select(index => From(SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, index)));
}

internal sealed class Compressed
{
    public bool[] Mask { get; set; } = [];

    public override string ToString() => string.Concat(Mask.Select(kept => kept ? '1' : '0'));
}
