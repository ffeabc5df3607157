namespace Microsoft.ML.Score.Synthetic;

/// <summary>What happens in a clip: its objects in order of appearance and the steps at which a scene begins.</summary>
/// <param name="Steps">T, time steps.</param>
/// <param name="Objects">Ordered by start, no two starting together in a video; all colours, new ones included, differ within a video.</param>
/// <param name="SceneStarts">Ascending; the first is 0.</param>
internal sealed record Story(int Steps, IReadOnlyList<WorldObject> Objects, IReadOnlyList<int> SceneStarts)
{
    private const int Side = WorldParameters.GridSide;

    /// <summary>Draws a video: each object has a slot of the time line, so that events are separate and their order is plain.</summary>
    public static Story DrawVideo(LengthParameters length, WorldParameters parameters, RandomSequence random)
    {
        var count = random.Between(length.MinObjects, length.MaxObjects);
        var colours = random.Shuffled(Enum.GetValues<ObjectColour>());
        var changing = random.Chance(parameters.ChangePercent) ? random.Below(count) : -1;

        var objects = new List<WorldObject>(count);
        for (var i = 0; i < count; i++)
        {
            var slotStart = i * length.Steps / count;
            var slotSteps = (i + 1) * length.Steps / count - slotStart;
            WorldObject drawn;
            do
            {
                var steps = random.Between(parameters.MinObjectSteps, Math.Max(parameters.MinObjectSteps, Math.Min(parameters.MaxObjectSteps, slotSteps)));
                drawn = Draw(colours[i], slotStart + random.Below(Math.Max(1, slotSteps - steps + 1)), steps, parameters, random);
            }
            while (objects.Any(other => Collide(other, drawn)));
            objects.Add(i == changing ? drawn with { NewColour = colours[count] } : drawn);
        }

        return new Story(length.Steps, objects, DrawCuts(length, random));
    }

    /// <summary>Draws a still image: objects that stay, in reading order.</summary>
    public static Story DrawImage(WorldParameters parameters, RandomSequence random)
    {
        var objects = new List<WorldObject>();
        for (var count = random.Between(parameters.MinImageObjects, parameters.MaxImageObjects); objects.Count < count;)
        {
            var drawn = Draw(random.Pick(Enum.GetValues<ObjectColour>()), ObjectMotion.Stay, start: 0, steps: 1, random);
            if (!objects.Any(other => Collide(other, drawn)))
                objects.Add(drawn);
        }

        return new Story(1, [.. objects.OrderBy(o => o.Row).ThenBy(o => o.Column)], [0]);
    }

    private static WorldObject Draw(ObjectColour colour, int start, int steps, WorldParameters parameters, RandomSequence random)
    {
        var motion = random.Chance(parameters.StayPercent) ? ObjectMotion.Stay : (ObjectMotion)random.Below((int)ObjectMotion.Stay);
        return Draw(colour, motion, start, steps, random);
    }

    /// <summary>Moving objects start at the edge that they move away from, staying ones keep off the edges, so that a part of the path tells the motion.</summary>
    private static WorldObject Draw(ObjectColour colour, ObjectMotion motion, int start, int steps, RandomSequence random)
    {
        var shape = random.Pick(Enum.GetValues<ObjectShape>());
        var (row, column) = motion switch
        {
            ObjectMotion.Left => (random.Below(Side), Side - 1),
            ObjectMotion.Right => (random.Below(Side), 0),
            ObjectMotion.Up => (Side - 1, random.Below(Side)),
            ObjectMotion.Down => (0, random.Below(Side)),
            _ => (random.Between(1, Side - 2), random.Between(1, Side - 2)),
        };
        return new WorldObject(colour, shape, motion, start, steps, row, column);
    }

    private static bool Collide(WorldObject a, WorldObject b)
    {
        for (var step = Math.Max(a.Start, b.Start); step < Math.Min(a.End, b.End); step++)
            if (a.CellAt(step) == b.CellAt(step))
                return true;
        return TakesOver(a, b) || TakesOver(b, a);
    }

    /// <summary>Whether <paramref name="later"/> could be taken for <paramref name="earlier"/> in a new colour.</summary>
    private static bool TakesOver(WorldObject earlier, WorldObject later)
    {
        if (!earlier.IsVisible(later.Start - 1) || earlier.Shape != later.Shape)
            return false;
        var (row, column) = earlier.CellAt(later.Start - 1);
        return Math.Abs(row - later.Row) + Math.Abs(column - later.Column) <= 1;
    }

    private static List<int> DrawCuts(LengthParameters length, RandomSequence random)
    {
        var starts = new SortedSet<int> { 0 };
        for (var cuts = random.Between(length.MinCuts, length.MaxCuts); starts.Count <= cuts;)
            starts.Add(random.Between(2, length.Steps - 2));
        return [.. starts];
    }
}
