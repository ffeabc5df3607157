namespace Microsoft.ML.Score.Synthetic;

/// <summary>
/// Multiple-choice questions about one video: one of each category and two more. Every object is named by something that no
/// other object of the video shares. Colours are all different (<see cref="Story"/>), so a colour always names one object.
/// </summary>
internal sealed class QuestionWriter(Story story, RandomSequence random)
{
    private const int MaxOptions = 4;
    private const int ExtraQuestions = 2;

    private readonly List<MultipleChoiceQuestion> _questions = [];

    public IReadOnlyList<MultipleChoiceQuestion> Write()
    {
        Func<MultipleChoiceQuestion>[] aboutOne = [AskColour, AskShape, AskMotion];
        Func<MultipleChoiceQuestion>[] once = [.. aboutOne, AskOrder, AskCount, AskChange];
        foreach (var ask in once)
            _questions.Add(ask());
        while (_questions.Count < once.Length + ExtraQuestions)
        {
            // A video of two objects has few questions to each kind; there are always enough over the three.
            var extra = random.Pick(aboutOne)();
            if (_questions.All(asked => Stem(asked) != Stem(extra)))
                _questions.Add(extra);
        }

        return _questions;
    }

    private static string Stem(MultipleChoiceQuestion question) => question.Text[..question.Text.IndexOf(':', StringComparison.Ordinal)];

    private MultipleChoiceQuestion AskColour()
    {
        var candidates = story.Objects.Where(item => item.NewColour is null)
            .SelectMany(item => References(item).Concat(ByShape(item)).Select(reference => (item, reference))).ToList();
        var (target, name) = random.Pick(candidates);
        return Ask($"What colour is {name}", Words.Name(target.Colour), random.Shuffled(Enum.GetValues<ObjectColour>().Select(Words.Name)), "colour");
    }

    private MultipleChoiceQuestion AskShape()
    {
        var target = random.Pick(story.Objects);
        var name = random.Pick(References(target).Append($"the {Words.Name(target.Colour)} object").ToList());
        return Ask($"What shape is {name}", Words.Name(target.Shape), random.Shuffled(Enum.GetValues<ObjectShape>().Select(Words.Name)), "shape");
    }

    private MultipleChoiceQuestion AskMotion()
    {
        var target = random.Pick(story.Objects);
        var name = random.Pick(ByShape(target).Concat([$"the {Words.Name(target.Colour)} object", $"the {Words.Name(target)}"]).ToList());
        return Ask($"Which way does {name} move", Words.Name(target.Motion), random.Shuffled(Words.Directions), "motion");
    }

    private MultipleChoiceQuestion AskOrder()
    {
        var objects = story.Objects;
        var absent = random.Shuffled(Enum.GetValues<ObjectColour>().Except(objects.SelectMany(Colours)))
            .Select(colour => $"{Words.Name(colour)} {Words.Name(random.Pick(Enum.GetValues<ObjectShape>()))}");
        var answer = random.Below(objects.Count);
        var ends = answer == 0 ? "first" : answer == objects.Count - 1 ? "last" : null;
        var after = answer > 0 ? $"right after the {Words.Name(objects[answer - 1])}" : null;
        var when = ends is null || (after is not null && random.Chance(50)) ? after : ends;
        // The object that the question itself names is no option, and objects of the video come before absent ones.
        var others = random.Shuffled(objects.Where((_, i) => i != answer && !(when == after && i == answer - 1)).Select(Words.Name));
        return Ask($"What comes {when}", Words.Name(objects[answer]), others.Concat(absent), "order");
    }

    private MultipleChoiceQuestion AskCount()
    {
        var count = story.Objects.Count;
        var lowest = Math.Clamp(count - random.Below(MaxOptions), 1, Words.Numbers.Length - MaxOptions);
        return Ask("How many objects appear", Words.Numbers[count], Words.Numbers[lowest..(lowest + MaxOptions)], "count");
    }

    private MultipleChoiceQuestion AskChange()
    {
        var changing = story.Objects.SingleOrDefault(item => item.NewColour is not null);
        if (changing is null || random.Chance(50))
            return Ask("Which shape changes colour", changing is null ? "none" : Words.Name(changing.Shape), random.Shuffled(Enum.GetValues<ObjectShape>().Select(Words.Name).Append("none")), "change");

        var others = random.Shuffled(Enum.GetValues<ObjectColour>().Where(colour => colour != changing.Colour).Select(Words.Name));
        return Ask($"What colour does the {Words.Name(changing)} become", Words.Name(changing.NewColour!.Value), others, "change");
    }

    /// <summary>Names of an object by what it does and when it comes.</summary>
    private IEnumerable<string> References(WorldObject item)
    {
        if (story.Objects.Count(other => other.Motion == item.Motion) == 1)
            yield return $"the object that {Words.Deed(item.Motion)}";
        if (item == story.Objects[0])
            yield return "the first object";
        if (item == story.Objects[^1])
            yield return "the last object";
    }

    private IEnumerable<string> ByShape(WorldObject item)
    {
        if (story.Objects.Count(other => other.Shape == item.Shape) == 1)
            yield return $"the {Words.Name(item.Shape)}";
    }

    private static IEnumerable<ObjectColour> Colours(WorldObject item) => item.NewColour is { } changed ? [item.Colour, changed] : [item.Colour];

    /// <summary>Writes "stem: a, b, c or d?": the answer and the first other candidates, in an order drawn at random.</summary>
    private MultipleChoiceQuestion Ask(string stem, string answer, IEnumerable<string> candidates, string category)
    {
        var wrong = candidates.Where(candidate => candidate != answer).Take(MaxOptions - 1);
        var options = random.Shuffled(wrong.Append(answer));
        var text = $"{stem}: {string.Join(", ", options.SkipLast(1))} or {options[^1]}?";
        return new MultipleChoiceQuestion(text, options, options.IndexOf(answer), category);
    }
}
