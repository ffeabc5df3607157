using System.Text.RegularExpressions;

namespace Microsoft.ML.Score.Synthetic;

/// <summary>
/// The independent oracle: it knows nothing of the story behind a clip, follows objects through the labels of its tokens, and
/// answers questions by reading their text. So it also shows that all that is asked can be read from objects' tokens.
/// </summary>
internal sealed partial class WitnessedVideo
{
    private static readonly string[] s_colours = ["red", "yellow", "green", "cyan", "blue", "purple"];
    private static readonly string[] s_shapes = ["circle", "square", "triangle", "cross"];
    private static readonly string[] s_numbers = ["none", "one", "two", "three", "four", "five"];

    public WitnessedVideo(byte[] labels)
    {
        for (var index = 0; index < labels.Length; index++)
        {
            if (labels[index] is 0 or >= 25)
                continue;
            var (step, row, column) = (index / 36, index / 6 % 6, index % 6);
            var (colour, shape) = (s_colours[(labels[index] - 1) / 4], s_shapes[(labels[index] - 1) % 4]);
            var follows = Objects.Where(seen => seen.Step == step - 1 && seen.Shape == shape && Math.Abs(seen.Row - row) + Math.Abs(seen.Column - column) <= 1).ToList();
            var same = follows.Find(seen => seen.Colours[^1] == colour);
            if (same is null && !Objects.Any(seen => seen.Colours.Contains(colour)))
                same = follows.Find(seen => !ShowsColour(labels.AsSpan(step * 36, 36), seen.Colours[^1]));
            if (same is null)
                Objects.Add(same = new Witnessed { Shape = shape, FirstRow = row, FirstColumn = column });
            if (!same.Colours.Contains(colour))
                same.Colours.Add(colour);
            (same.Step, same.Row, same.Column) = (step, row, column);
        }
    }

    public List<Witnessed> Objects { get; } = [];

    public string Answer(string question)
    {
        var stem = question[..question.IndexOf(':', StringComparison.Ordinal)];
        if (stem is "Which shape changes colour")
            return Objects.SingleOrDefault(o => o.Colours.Count == 2)?.Shape ?? "none";
        var match = Stem().Match(stem);
        Assert.That(match.Success, stem);
        var reference = match.Groups["reference"].Value;
        switch (match.Groups["kind"].Value)
        {
            case "What colour is":
                return Find(reference).Colours.Single();
            case "What shape is":
                return Find(reference).Shape;
            case "Which way does":
                return Find(reference[..^" move".Length]).Motion;
            case "What colour does":
                return Find(reference[..^" become".Length]).Colours[1];
            case "How many":
                return s_numbers[Objects.Count(o => Counted(o, reference))];
            default:
                var index = reference switch
                {
                    "first" => 0,
                    "last" => Objects.Count - 1,
                    _ => Objects.IndexOf(Find(reference["right after ".Length..])) + 1,
                };
                return $"{Objects[index].Colours[0]} {Objects[index].Shape}";
        }
    }

    private static bool ShowsColour(ReadOnlySpan<byte> labels, string colour)
    {
        foreach (var label in labels)
            if (label is not (0 or >= 25) && s_colours[(label - 1) / 4] == colour)
                return true;
        return false;
    }

    private Witnessed Find(string reference)
    {
        var found = Objects.Where((o, i) => reference switch
        {
            "the first object" => i == 0,
            "the last object" => i == Objects.Count - 1,
            "the object that stays here" => o.Motion == "nowhere",
            _ when reference.StartsWith("the object that moves ", StringComparison.Ordinal) => reference.EndsWith(o.Motion, StringComparison.Ordinal),
            _ => reference == $"the {o.Shape}" || o.Colours.Any(colour => reference == $"the {colour} object" || reference == $"the {colour} {o.Shape}"),
        }).ToList();
        Assert.That(found, Has.Count.EqualTo(1), reference);
        return found[0];
    }

    private static bool Counted(Witnessed o, string what) => what switch
    {
        "objects appear" => true,
        "objects stay here" => o.Motion == "nowhere",
        "crosses appear" => o.Shape == "cross",
        _ when what.StartsWith("objects move ", StringComparison.Ordinal) => what == "objects move " + o.Motion,
        _ => what == o.Shape + "s appear",
    };

    [GeneratedRegex("^(?<kind>What colour is|What shape is|Which way does|What colour does|How many|What comes) (?<reference>.+)$")]
    private static partial Regex Stem();

    /// <summary>One object, up to the last token seen of it.</summary>
    internal sealed class Witnessed
    {
        public required string Shape { get; init; }
        public required int FirstRow { get; init; }
        public required int FirstColumn { get; init; }
        public List<string> Colours { get; } = [];
        public int Step { get; set; }
        public int Row { get; set; }
        public int Column { get; set; }

        public string Motion => (Row - FirstRow, Column - FirstColumn) switch
        {
            (0, 0) => "nowhere",
            (0, < 0) => "left",
            (0, > 0) => "right",
            ( < 0, 0) => "up",
            ( > 0, 0) => "down",
            _ => throw new InvalidOperationException("An object left its line."),
        };
    }
}
