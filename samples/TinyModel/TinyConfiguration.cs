namespace Microsoft.ML.Score.TinyModel;

/// <summary>The sizes of the model: a legal Qwen2.5-VL configuration with small numbers. Names are those of config.json.</summary>
internal sealed record TinyConfiguration
{
    public static readonly TinyConfiguration Default = new();

    /// <summary>Pixels a side of a patch, frames of a time step, patches a side of a token.</summary>
    public const int PatchSize = 4;
    public const int TemporalPatchSize = 2;
    public const int SpatialMergeSize = 2;
    public const int Channels = 3;

    /// <summary>Patches of one visual token; with a window of one token they are also one attention window.</summary>
    public const int PatchesPerToken = SpatialMergeSize * SpatialMergeSize;

    /// <summary>Values of one patch.</summary>
    public const int PatchLength = Channels * TemporalPatchSize * PatchSize * PatchSize;

    /// <summary>Position steps a second on the time axis.</summary>
    public const int TokensPerSecond = 1;

    public int VisionDepth { get; init; } = 2;
    public int VisionHiddenSize { get; init; } = 32;
    public int VisionIntermediateSize { get; init; } = 64;
    public int VisionHeads { get; init; } = 2;

    public int Layers { get; init; } = 4;
    public int HiddenSize { get; init; } = 64;
    public int IntermediateSize { get; init; } = 192;
    public int Heads { get; init; } = 4;

    /// <summary>
    /// Small, so that even the slowest frequencies tell six columns apart: M-RoPE hands the frequencies in falling order to
    /// time, rows and columns, and with the usual 1e6 the columns would hardly turn.
    /// </summary>
    public double RopeTheta { get; init; } = 12;

    /// <summary>How many of the headDimension / 2 frequencies turn with time, row and column.</summary>
    public int[] MropeSection { get; init; } = [4, 2, 2];

    public int HeadDimension => HiddenSize / Heads;
}
