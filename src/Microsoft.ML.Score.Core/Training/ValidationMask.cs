using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>Which tokens of the first validation video a policy keeps: of its first time steps, as many as have at most 4,096 tokens together, so that a record of many validations stays small.</summary>
public sealed class ValidationMask
{
    private const int MostTokens = 4096;
    private const int BitsOfByte = 8;

    internal ValidationMask(int timeSteps, int height, int width, byte[] kept) => (TimeSteps, Height, Width, Kept) = (timeSteps, height, width, kept);

    /// <summary>Time steps that it tells of.</summary>
    public int TimeSteps { get; }

    /// <summary>Token rows of a step.</summary>
    public int Height { get; }

    /// <summary>Token columns of a step.</summary>
    public int Width { get; }

    /// <summary>One bit a token, 1 where it is kept, in the grid's order, from each byte's lowest bit on.</summary>
    internal byte[] Kept { get; }

    /// <summary>Whether a token is kept.</summary>
    /// <param name="timeStep">Its time step, below <see cref="TimeSteps"/>.</param>
    /// <param name="row">Its row, below <see cref="Height"/>.</param>
    /// <param name="column">Its column, below <see cref="Width"/>.</param>
    public bool Keeps(int timeStep, int row, int column)
    {
        ThrowIfOutside(timeStep, TimeSteps, nameof(timeStep));
        ThrowIfOutside(row, Height, nameof(row));
        ThrowIfOutside(column, Width, nameof(column));

        var position = (timeStep * Height + row) * Width + column;
        return (Kept[position / BitsOfByte] >> (position % BitsOfByte) & 1) == 1;
    }

    /// <summary>What a policy keeps of a video; null where a single step has too many tokens.</summary>
    /// <param name="grid">The video's.</param>
    /// <param name="positions">The flat indices that are kept.</param>
    internal static ValidationMask? Of(TokenGrid grid, ReadOnlySpan<int> positions)
    {
        var steps = Math.Min(grid.TimeSteps, MostTokens / grid.TokensPerStep);
        if (steps == 0)
            return null;
        var kept = new byte[BytesOf(steps * grid.TokensPerStep)];
        foreach (var position in positions)
            if (position < steps * grid.TokensPerStep)
                kept[position / BitsOfByte] |= (byte)(1 << (position % BitsOfByte));
        return new ValidationMask(steps, grid.Height, grid.Width, kept);
    }

    /// <summary>Whether the sizes are possible and the bits as many as they say.</summary>
    internal bool IsPossible => TimeSteps >= 1 && Height >= 1 && Width >= 1 && (Int128)TimeSteps * Height * Width <= MostTokens && Kept?.Length == BytesOf(TimeSteps * Height * Width);

    private static int BytesOf(int tokens) => (tokens + BitsOfByte - 1) / BitsOfByte;

    private static void ThrowIfOutside(int value, int end, string name)
    {
        if (value < 0 || value >= end)
            throw new ArgumentOutOfRangeException(name, value, $"It must be from 0 to {end - 1}.");
    }
}
