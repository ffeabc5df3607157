namespace Score.Cli.Plans;

/// <summary>Tokens of a text that no tokenizer has seen: one for four characters, as English has them.</summary>
internal static class TextLength
{
    /// <summary>Tokens of the chat template around video and question.</summary>
    public const int Template = 32;

    public static int Tokens(double characters) => (int)Math.Max(1, Math.Ceiling(characters / 4));
}
