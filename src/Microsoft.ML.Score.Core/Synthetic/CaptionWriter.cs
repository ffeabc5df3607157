namespace Microsoft.ML.Score.Synthetic;

/// <summary>
/// One sentence per object, in order of appearance. Wording is drawn at random, so that even a model that sees everything is
/// left with about one nat per token: with predictable captions the reward learnt less stably (small-experiment notes, "The model that learnt").
/// </summary>
internal static class CaptionWriter
{
    public static string Write(Story story, RandomSequence random)
    {
        var sentences = new List<string>(story.Objects.Count);
        foreach (var item in story.Objects)
        {
            // What an image shows is simultaneous; its sentences are joined to those of other images later.
            var connector = story.Steps == 1 || sentences.Count == 0 ? "" : random.Pick(Words.Connectors);
            sentences.Add(Sentence(item, connector, random));
        }

        return string.Join(' ', sentences);
    }

    private static string Sentence(WorldObject item, string connector, RandomSequence random)
    {
        var stays = item.Motion == ObjectMotion.Stay;
        var words = new List<string>
        {
            connector,
            random.Pick(Words.Articles),
            random.Pick(Words.Adjectives),
            random.Pick(Words.Colours[(int)item.Colour]),
            random.Pick(Words.Shapes[(int)item.Shape]),
            random.Pick(stays ? Words.StayVerbs : Words.MoveVerbs),
            random.Pick(Words.Motions[(int)item.Motion]),
        };
        if (item.NewColour is { } changed)
            words.AddRange(["and", random.Pick(Words.ChangeVerbs), random.Pick(Words.Colours[(int)changed])]);
        words.RemoveAll(word => word.Length == 0);
        words[0] = char.ToUpperInvariant(words[0][0]) + words[0][1..];
        return string.Join(' ', words) + ".";
    }
}
