namespace Microsoft.ML.Score.Synthetic;

/// <summary>Everything that may be tuned in the synthetic world, in one place. Changing any of it changes the clips, and with them all numbers reported on them.</summary>
internal sealed record WorldParameters
{
    public static readonly WorldParameters Default = new();

    /// <summary>Tokens per side of the frame; a token covers 8x8 pixels (patch 4, merge 2).</summary>
    public const int GridSide = 6;

    public const int CellPixels = 8;
    public const int FramePixels = GridSide * CellPixels;

    /// <summary>Frames of one time step: Qwen2.5-VL's temporal patch size.</summary>
    public const int FramesPerStep = 2;

    public const double FramesPerSecond = 2;

    public LengthParameters Short { get; init; } = new(Steps: 8, MinObjects: 2, MaxObjects: 3, MinCuts: 0, MaxCuts: 1);
    public LengthParameters Medium { get; init; } = new(Steps: 24, MinObjects: 3, MaxObjects: 4, MinCuts: 1, MaxCuts: 2);
    public LengthParameters Long { get; init; } = new(Steps: 64, MinObjects: 4, MaxObjects: 5, MinCuts: 2, MaxCuts: 4);

    /// <summary>Steps that an object is in view. The longest is the way across the frame.</summary>
    public int MinObjectSteps { get; init; } = 3;
    public int MaxObjectSteps { get; init; } = GridSide;

    /// <summary>Objects of a still image.</summary>
    public int MinImageObjects { get; init; } = 1;
    public int MaxImageObjects { get; init; } = 2;

    /// <summary>Percentage of objects that stay in one cell; the others move in one of four directions.</summary>
    public int StayPercent { get; init; } = 20;

    /// <summary>Percentage of videos in which one object changes its colour.</summary>
    public int ChangePercent { get; init; } = 70;

    /// <summary>
    /// Percentage of scenes with coloured striped cells that no caption mentions, and how many: always there, and blinking with
    /// every step. Both are as strong in colour as objects are, and at 10% retention 3.6 tokens per step are kept: what is colourful
    /// or changes does not fit, only what matters does.
    /// </summary>
    public int DistractorPercent { get; init; } = 80;
    public int MaxStaticDistractors { get; init; } = 2;
    public int MinBlinkingDistractors { get; init; } = 2;
    public int MaxBlinkingDistractors { get; init; } = 5;

    /// <summary>Bystanders of a scene, each in view all the time: together more than 10% of the tokens, so that at this retention not everything with a figure fits.</summary>
    public int MinBystanders { get; init; } = 3;
    public int MaxBystanders { get; init; } = 6;

    /// <summary>Most cells of a scene that show grey flicker in every frame.</summary>
    public int MaxFlickerCells { get; init; } = 3;

    /// <summary>Percentage of scenes with a dark band that wanders over the frame.</summary>
    public int ShadowPercent { get; init; } = 40;

    /// <summary>Grey shapes of a background that are not aligned to cells.</summary>
    public int ClutterShapes { get; init; } = 8;

    /// <summary>Largest deviation a channel, of 255: fixed texture of a background, and noise drawn anew for each frame.</summary>
    public int TextureNoise { get; init; } = 8;
    public int CameraNoise { get; init; } = 5;

    public LengthParameters this[VideoLength length] => length switch
    {
        VideoLength.Short => Short,
        VideoLength.Medium => Medium,
        VideoLength.Long => Long,
        _ => throw new ArgumentOutOfRangeException(nameof(length), length, "Unknown video length."),
    };
}

/// <summary>The parameters of one length class; both bounds of a range are included.</summary>
internal sealed record LengthParameters(int Steps, int MinObjects, int MaxObjects, int MinCuts, int MaxCuts);
