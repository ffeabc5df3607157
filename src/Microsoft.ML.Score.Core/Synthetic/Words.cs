namespace Microsoft.ML.Score.Synthetic;

/// <summary>The closed vocabulary of captions and questions. The first word for a thing is its name, which questions use; captions choose freely.</summary>
internal static class Words
{
    public static readonly string[][] Colours =
        [["red", "crimson"], ["yellow", "golden"], ["green", "jade"], ["cyan", "turquoise"], ["blue", "cobalt"], ["purple", "violet"]];

    public static readonly string[][] Shapes =
        [["circle", "disc"], ["square", "box"], ["triangle", "wedge"], ["cross", "plus"]];

    /// <summary>In captions; for an object that stays, any place will do.</summary>
    public static readonly string[][] Motions =
        [["left", "leftward"], ["right", "rightward"], ["up", "upward"], ["down", "downward"], ["here", "there"]];

    /// <summary>In the options of questions.</summary>
    public static readonly string[] Directions = ["left", "right", "up", "down", "nowhere"];

    public static readonly string[] Numbers = ["none", "one", "two", "three", "four", "five"];

    public static readonly string[] Articles = ["a", "one"];
    public static readonly string[] Connectors = ["", "Then", "Next", "Later", "Now"];
    public static readonly string[] Adjectives = ["", "bright", "little"];
    public static readonly string[] MoveVerbs = ["moves", "slides", "glides", "drifts"];
    public static readonly string[] StayVerbs = ["stays", "rests", "waits", "remains"];
    public static readonly string[] ChangeVerbs = ["turns", "becomes", "goes"];

    public static string Name(ObjectColour colour) => Colours[(int)colour][0];

    public static string Name(ObjectShape shape) => Shapes[(int)shape][0];

    public static string Name(ObjectMotion motion) => Directions[(int)motion];

    public static string Name(WorldObject item) => $"{Name(item.Colour)} {Name(item.Shape)}";

    /// <summary>"moves left" or "stays here", as questions say it.</summary>
    public static string Deed(ObjectMotion motion) => $"{(motion == ObjectMotion.Stay ? StayVerbs : MoveVerbs)[0]} {Motions[(int)motion][0]}";
}
