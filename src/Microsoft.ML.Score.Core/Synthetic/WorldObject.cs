namespace Microsoft.ML.Score.Synthetic;

internal enum ObjectColour { Red, Yellow, Green, Cyan, Blue, Purple }

internal enum ObjectShape { Circle, Square, Triangle, Cross }

internal enum ObjectMotion { Left, Right, Up, Down, Stay }

/// <summary>One event of a clip: an object that appears, moves one cell per step or stays, perhaps changes its colour once, and leaves.</summary>
/// <param name="Colour">The colour in which it appears.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="Motion">Where it moves.</param>
/// <param name="Start">The time step in which it appears.</param>
/// <param name="Steps">How many time steps it is in view.</param>
/// <param name="Row">The token row in which it appears.</param>
/// <param name="Column">The token column in which it appears.</param>
internal sealed record WorldObject(ObjectColour Colour, ObjectShape Shape, ObjectMotion Motion, int Start, int Steps, int Row, int Column)
{
    /// <summary>The colour that it changes to; null when it keeps its own.</summary>
    public ObjectColour? NewColour { get; init; }

    /// <summary>The first time step after it left.</summary>
    public int End => Start + Steps;

    /// <summary>The first time step in the new colour.</summary>
    public int ChangeStep => Start + (Steps + 1) / 2;

    public bool IsVisible(int step) => step >= Start && step < End;

    public bool HasChanged(int step) => NewColour is not null && step >= ChangeStep;

    public ObjectColour ColourAt(int step) => HasChanged(step) ? NewColour!.Value : Colour;

    public (int Row, int Column) CellAt(int step)
    {
        var moved = step - Start;
        return Motion switch
        {
            ObjectMotion.Left => (Row, Column - moved),
            ObjectMotion.Right => (Row, Column + moved),
            ObjectMotion.Up => (Row - moved, Column),
            ObjectMotion.Down => (Row + moved, Column),
            _ => (Row, Column),
        };
    }
}
