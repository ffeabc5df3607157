namespace Microsoft.ML.Score.Synthetic;

/// <summary>What a token of a synthetic clip shows: 0 background, then one label for each colour and shape, then distractor.</summary>
internal static class TokenLabel
{
    public const byte Background = 0;
    public const byte Distractor = 1 + Colours * Shapes;

    /// <summary>Number of labels.</summary>
    public const int Count = Distractor + 1;

    private const int Colours = (int)ObjectColour.Purple + 1;
    private const int Shapes = (int)ObjectShape.Cross + 1;

    public static byte Object(ObjectColour colour, ObjectShape shape) => (byte)(1 + (int)colour * Shapes + (int)shape);

    public static bool IsObject(byte label) => label is > Background and < Distractor;
}
