namespace Microsoft.ML.Score.Synthetic;

internal enum BystanderFigure { Ring, Frame, Saltire, Hourglass }

/// <summary>
/// Something that looks and moves as objects do and that no text mentions: what is worth a token is a matter of what is asked, not
/// of how rare or how lively it is. It is in view from one cut to the next and comes in again on the other side.
/// </summary>
internal sealed record Bystander(ObjectColour Colour, BystanderFigure Figure, ObjectMotion Motion, int Row, int Column)
{
    private const int Side = WorldParameters.GridSide;

    public byte Label => TokenLabel.Bystander(Colour, Figure, Motion);

    public int CellAt(int step)
    {
        var (row, column) = Motion switch
        {
            ObjectMotion.Left => (Row, Column - step),
            ObjectMotion.Right => (Row, Column + step),
            ObjectMotion.Up => (Row - step, Column),
            ObjectMotion.Down => (Row + step, Column),
            _ => (Row, Column),
        };
        return Wrapped(row) * Side + Wrapped(column);
    }

    public static Bystander Draw(int stayPercent, RandomSequence random) => new(
        random.Pick(Enum.GetValues<ObjectColour>()), random.Pick(Enum.GetValues<BystanderFigure>()),
        random.Chance(stayPercent) ? ObjectMotion.Stay : (ObjectMotion)random.Below((int)ObjectMotion.Stay), random.Below(Side), random.Below(Side));

    private static int Wrapped(int cell) => (cell % Side + Side) % Side;
}
