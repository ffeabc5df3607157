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
    /// M-RoPE hands the frequencies in falling order to time, rows and columns. With 500 those of time turn by 1 to 0.1 radians
    /// a step, so that 30 steps are told apart, and those of rows and columns so little that they match contents wherever they are.
    /// </summary>
    public double RopeTheta { get; init; } = 500;

    /// <summary>How many of the headDimension / 2 frequencies turn with time, row and column.</summary>
    public int[] MropeSection { get; init; } = [4, 2, 2];

    public int HeadDimension => HiddenSize / Heads;
}
