namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// The grid of a video's visual tokens: T time steps of N = H*W tokens each, row-major in the order time step, row, column.
/// Token (t, y, x) has the flat index (t*H + y)*W + x; "original position" everywhere means this index.
/// </summary>
public readonly record struct TokenGrid
{
    /// <param name="timeSteps">T, at least 1. For Qwen2.5-VL a time step is two sampled frames, for LLaVA-Video one.</param>
    /// <param name="height">H, token rows of a step, at least 1.</param>
    /// <param name="width">W, token columns of a step, at least 1.</param>
    /// <param name="secondsPerStep">Seconds of video from one step to the next, positive and finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A size is below 1, T*H*W exceeds <see cref="int.MaxValue"/>, or the seconds are not positive and finite.
    /// </exception>
    public TokenGrid(int timeSteps, int height, int width, double secondsPerStep = 1.0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(timeSteps, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        if (!(secondsPerStep > 0) || !double.IsFinite(secondsPerStep))
            throw new ArgumentOutOfRangeException(nameof(secondsPerStep), secondsPerStep, "Seconds per time step must be positive and finite.");
        if ((Int128)timeSteps * height * width > int.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(timeSteps), $"A grid of {timeSteps}x{height}x{width} tokens exceeds the limit of {int.MaxValue} tokens.");

        TimeSteps = timeSteps;
        Height = height;
        Width = width;
        SecondsPerStep = secondsPerStep;
    }

    /// <summary>T.</summary>
    public int TimeSteps { get; }

    /// <summary>H, token rows of a step.</summary>
    public int Height { get; }

    /// <summary>W, token columns of a step.</summary>
    public int Width { get; }

    /// <summary>Seconds of video from one step to the next.</summary>
    public double SecondsPerStep { get; }

    /// <summary>N = H*W.</summary>
    public int TokensPerStep => Height * Width;

    /// <summary>T*N.</summary>
    public int Count => TimeSteps * TokensPerStep;

    /// <summary>"T x H x W", for messages.</summary>
    public override string ToString() => $"{TimeSteps}x{Height}x{Width}";

    /// <summary>Refuses the default value, which no constructor makes.</summary>
    internal static void ThrowIfEmpty(TokenGrid grid, string name)
    {
        if (grid.Count == 0)
            throw new ArgumentException("A video needs a grid of at least one token, got the default value of the grid.", name);
    }
}
