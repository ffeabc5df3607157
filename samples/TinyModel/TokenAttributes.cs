using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>What a token shows.</summary>
internal enum TokenKind
{
    Background,
    Distractor,
    Object,
}

/// <summary>
/// What each token of a synthetic clip shows, attribute by attribute: the targets of the auxiliary losses. One attribute at a time,
/// because a single label for every combination would let the encoder give each combination a code of its own, and the language
/// model would have to learn every one of them.
/// </summary>
internal static class TokenAttributes
{
    /// <summary>Marks a token without the attribute; its loss is not counted.</summary>
    public const sbyte None = -1;

    /// <summary>Name and number of classes of each attribute: colour (or that the token shows background or a distractor), shape, motion, and whether the colour has changed.</summary>
    public static readonly (string Name, int Classes)[] All =
        [("colour", Colours + 2), ("shape", (int)ObjectShape.Cross + 1), ("motion", (int)ObjectMotion.Stay + 1), ("change", 2)];

    private const int Colours = (int)ObjectColour.Purple + 1;

    /// <summary>What the token shows, by its colour class.</summary>
    public static TokenKind KindOf(sbyte[] attributes, int token) => attributes[token * All.Length] switch
    {
        Colours => TokenKind.Background,
        Colours + 1 => TokenKind.Distractor,
        _ => TokenKind.Object,
    };

    /// <summary>The classes of all attributes of all tokens, [tokens, attributes].</summary>
    public static sbyte[] Of(SyntheticClip clip)
    {
        var grid = clip.Grid;
        var labels = clip.TokenLabels.Span;
        var attributes = new sbyte[grid.Count * All.Length];
        Array.Fill(attributes, None);
        for (var token = 0; token < grid.Count; token++)
            attributes[token * All.Length] = (sbyte)(labels[token] == TokenLabel.Distractor ? Colours + 1 : Colours);
        foreach (var item in clip.Story.Objects)
            for (var step = item.Start; step < item.End; step++)
            {
                var (row, column) = item.CellAt(step);
                sbyte[] shown = [(sbyte)item.ColourAt(step), (sbyte)item.Shape, (sbyte)item.Motion, (sbyte)(item.HasChanged(step) ? 1 : 0)];
                shown.CopyTo(attributes, ((step * grid.Height + row) * grid.Width + column) * All.Length);
            }

        return attributes;
    }
}
