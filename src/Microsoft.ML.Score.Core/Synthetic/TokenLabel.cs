namespace Microsoft.ML.Score.Synthetic;

/// <summary>What a token of a synthetic clip shows: 0 background, then one label for each colour and shape, then distractor, then one for each colour, figure and motion of a bystander.</summary>
internal static class TokenLabel
{
    public const byte Background = 0;
    public const byte Distractor = 1 + Colours * Shapes;

    private const int FirstBystander = Distractor + 1;
    private const int Colours = (int)ObjectColour.Purple + 1;
    private const int Shapes = (int)ObjectShape.Cross + 1;
    private const int Figures = (int)BystanderFigure.Hourglass + 1;
    private const int Motions = (int)ObjectMotion.Stay + 1;

    public static byte Object(ObjectColour colour, ObjectShape shape) => (byte)(1 + (int)colour * Shapes + (int)shape);

    public static byte Bystander(ObjectColour colour, BystanderFigure figure, ObjectMotion motion) =>
        (byte)(FirstBystander + ((int)colour * Figures + (int)figure) * Motions + (int)motion);

    public static bool IsObject(byte label) => label is > Background and < Distractor;

    public static TokenKind KindOf(byte label) => label == Background ? TokenKind.Background : IsObject(label) ? TokenKind.Object : TokenKind.Misleading;

    /// <summary>Colour, figure and motion of a bystander; null for anything else.</summary>
    public static (ObjectColour Colour, BystanderFigure Figure, ObjectMotion Motion)? BystanderOf(byte label) => label < FirstBystander
        ? null
        : ((ObjectColour)((label - FirstBystander) / Motions / Figures), (BystanderFigure)((label - FirstBystander) / Motions % Figures), (ObjectMotion)((label - FirstBystander) % Motions));
}
