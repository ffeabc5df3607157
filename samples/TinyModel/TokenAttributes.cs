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

    /// <summary>
    /// Name and number of classes of each attribute: the figure, of objects first, then of bystanders, then stripes, then none; its colour, motion, and
    /// whether the colour has changed; then <see cref="TokenLook"/>, which every token has. Objects and what misleads are told apart
    /// by nothing but their figures, so that the encoder shows both alike, as one does that was trained before anything was asked.
    /// </summary>
    public static readonly (string Name, int Classes)[] All =
        [("figure", NoFigure + 1), ("colour", (int)ObjectColour.Purple + 1), ("motion", (int)ObjectMotion.Stay + 1), ("change", 2), .. TokenLook.All];

    private const int Shapes = (int)ObjectShape.Cross + 1;
    private const int Stripes = Shapes + (int)BystanderFigure.Hourglass + 1;
    private const int NoFigure = Stripes + 1;

    /// <summary>What the token shows, by its figure.</summary>
    public static TokenKind KindOf(sbyte[] attributes, int token) => attributes[token * All.Length] switch
    {
        < Shapes => TokenKind.Object,
        NoFigure => TokenKind.Background,
        _ => TokenKind.Distractor,
    };

    /// <summary>The classes of all attributes of all tokens, [tokens, attributes].</summary>
    /// <param name="clip">The clip.</param>
    /// <param name="looks">How each token looks.</param>
    public static sbyte[] Of(SyntheticClip clip, ReadOnlySpan<TokenLook> looks)
    {
        var grid = clip.Grid;
        var labels = clip.TokenLabels.Span;
        var attributes = new sbyte[grid.Count * All.Length];
        Array.Fill(attributes, None);
        for (var token = 0; token < grid.Count; token++)
        {
            attributes[token * All.Length] = labels[token] == TokenLabel.Distractor ? (sbyte)Stripes : (sbyte)NoFigure;
            if (TokenLabel.BystanderOf(labels[token]) is { } bystander)
            {
                sbyte[] shown = [(sbyte)(Shapes + (int)bystander.Figure), (sbyte)bystander.Colour, (sbyte)bystander.Motion, 0];
                shown.CopyTo(attributes, token * All.Length);
            }

            looks[token].Classes.CopyTo(attributes, (token + 1) * All.Length - TokenLook.All.Length);
        }

        foreach (var item in clip.Story.Objects)
            for (var step = item.Start; step < item.End; step++)
            {
                var (row, column) = item.CellAt(step);
                sbyte[] shown = [(sbyte)item.Shape, (sbyte)item.ColourAt(step), (sbyte)item.Motion, (sbyte)(item.HasChanged(step) ? 1 : 0)];
                shown.CopyTo(attributes, ((step * grid.Height + row) * grid.Width + column) * All.Length);
            }

        return attributes;
    }
}
