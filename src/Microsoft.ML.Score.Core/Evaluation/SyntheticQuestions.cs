using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>
/// Multiple-choice questions about one video of the synthetic world: one of each category and two more. Every object is named by
/// something that no other object of the video shares. Colours are all different within a video, so a colour always names one object.
/// </summary>
public sealed class SyntheticQuestions
{
    private const int MaxOptions = 4;
    private const int ExtraQuestions = 2;

    /// <summary>Follows the purposes for which <see cref="SyntheticWorld"/> draws; it decides every question, and so every number reported.</summary>
    private const long Purpose = 3;

    private readonly List<MultipleChoiceQuestion> _questions = [];
    private readonly Story _story;
    private readonly RandomSequence _random;

    private SyntheticQuestions(SyntheticVideo video)
    {
        _story = video.Story;
        _random = new RandomSequence((long)video.Split, (long)video.Length, video.Index, Purpose);
    }

    /// <summary>Eight questions in the categories colour, shape, motion, order, count and change; at least one of each. Each call gives the same.</summary>
    /// <param name="video">The video.</param>
    /// <example>
    /// <code>
    /// var video = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0);
    /// foreach (var question in SyntheticQuestions.Of(video))
    ///     Console.WriteLine($"{question.Text} {question.Answer}");
    /// </code>
    /// </example>
    public static IReadOnlyList<MultipleChoiceQuestion> Of(SyntheticVideo video)
    {
        ArgumentNullException.ThrowIfNull(video);

        return new SyntheticQuestions(video).Write();
    }

    private List<MultipleChoiceQuestion> Write()
    {
        Func<MultipleChoiceQuestion>[] aboutOne = [AskColour, AskShape, AskMotion];
        Func<MultipleChoiceQuestion>[] once = [.. aboutOne, AskOrder, AskCount, AskChange];
        foreach (var ask in once)
            _questions.Add(ask());
        while (_questions.Count < once.Length + ExtraQuestions)
        {
            // A video of two objects has few questions to each kind; there are always enough over the three.
            var extra = _random.Pick(aboutOne)();
            if (_questions.All(asked => Stem(asked) != Stem(extra)))
                _questions.Add(extra);
        }

        return _questions;
    }

    private static string Stem(MultipleChoiceQuestion question) => question.Text[..question.Text.IndexOf(':', StringComparison.Ordinal)];

    private MultipleChoiceQuestion AskColour()
    {
        var candidates = _story.Objects.Where(item => item.NewColour is null)
            .SelectMany(item => References(item).Concat(ByShape(item)).Select(reference => (item, reference))).ToList();
        var (target, name) = _random.Pick(candidates);
        return Ask($"What colour is {name}", Words.Name(target.Colour), _random.Shuffled(Enum.GetValues<ObjectColour>().Select(Words.Name)), "colour");
    }

    private MultipleChoiceQuestion AskShape()
    {
        var target = _random.Pick(_story.Objects);
        var name = _random.Pick(References(target).Append($"the {Words.Name(target.Colour)} object").ToList());
        return Ask($"What shape is {name}", Words.Name(target.Shape), _random.Shuffled(Enum.GetValues<ObjectShape>().Select(Words.Name)), "shape");
    }

    private MultipleChoiceQuestion AskMotion()
    {
        var target = _random.Pick(_story.Objects);
        var name = _random.Pick(ByShape(target).Concat([$"the {Words.Name(target.Colour)} object", $"the {Words.Name(target)}"]).ToList());
        return Ask($"Which way does {name} move", Words.Name(target.Motion), _random.Shuffled(Words.Directions), "motion");
    }

    private MultipleChoiceQuestion AskOrder()
    {
        var objects = _story.Objects;
        var absent = _random.Shuffled(Enum.GetValues<ObjectColour>().Except(objects.SelectMany(Colours)))
            .Select(colour => $"{Words.Name(colour)} {Words.Name(_random.Pick(Enum.GetValues<ObjectShape>()))}");
        var answer = _random.Below(objects.Count);
        var ends = answer == 0 ? "first" : answer == objects.Count - 1 ? "last" : null;
        var after = answer > 0 ? $"right after the {Words.Name(objects[answer - 1])}" : null;
        var when = ends is null || (after is not null && _random.Chance(50)) ? after : ends;
        // The object that the question itself names is no option, and objects of the video come before absent ones.
        var others = _random.Shuffled(objects.Where((_, i) => i != answer && !(when == after && i == answer - 1)).Select(Words.Name));
        return Ask($"What comes {when}", Words.Name(objects[answer]), others.Concat(absent), "order");
    }

    private MultipleChoiceQuestion AskCount()
    {
        var count = _story.Objects.Count;
        var lowest = Math.Clamp(count - _random.Below(MaxOptions), 1, Words.Numbers.Length - MaxOptions);
        return Ask("How many objects appear", Words.Numbers[count], Words.Numbers[lowest..(lowest + MaxOptions)], "count");
    }

    private MultipleChoiceQuestion AskChange()
    {
        var changing = _story.Objects.SingleOrDefault(item => item.NewColour is not null);
        if (changing is null || _random.Chance(50))
            return Ask("Which shape changes colour", changing is null ? "none" : Words.Name(changing.Shape), _random.Shuffled(Enum.GetValues<ObjectShape>().Select(Words.Name).Append("none")), "change");

        var others = _random.Shuffled(Enum.GetValues<ObjectColour>().Where(colour => colour != changing.Colour).Select(Words.Name));
        return Ask($"What colour does the {Words.Name(changing)} become", Words.Name(changing.NewColour!.Value), others, "change");
    }

    /// <summary>Names of an object by what it does and when it comes.</summary>
    private IEnumerable<string> References(WorldObject item)
    {
        if (_story.Objects.Count(other => other.Motion == item.Motion) == 1)
            yield return $"the object that {Words.Deed(item.Motion)}";
        if (item == _story.Objects[0])
            yield return "the first object";
        if (item == _story.Objects[^1])
            yield return "the last object";
    }

    private IEnumerable<string> ByShape(WorldObject item)
    {
        if (_story.Objects.Count(other => other.Shape == item.Shape) == 1)
            yield return $"the {Words.Name(item.Shape)}";
    }

    private static IEnumerable<ObjectColour> Colours(WorldObject item) => item.NewColour is { } changed ? [item.Colour, changed] : [item.Colour];

    /// <summary>Writes "stem: a, b, c or d?": the answer and the first other candidates, in an order drawn at _random.</summary>
    private MultipleChoiceQuestion Ask(string stem, string answer, IEnumerable<string> candidates, string category)
    {
        var wrong = candidates.Where(candidate => candidate != answer).Take(MaxOptions - 1);
        var options = _random.Shuffled(wrong.Append(answer));
        var text = $"{stem}: {string.Join(", ", options.SkipLast(1))} or {options[^1]}?";
        return new MultipleChoiceQuestion(text, options, options.IndexOf(answer), category);
    }
}
