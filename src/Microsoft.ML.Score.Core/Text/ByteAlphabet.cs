namespace Microsoft.ML.Score.Text;

/// <summary>
/// GPT-2's printable alphabet for bytes: the characters in which vocab.json and merges.txt spell their tokens. The bytes
/// 33-126, 161-172 and 174-255 stand for themselves, the others take U+0100 and up in ascending order.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] s_characters = new char[256];
    private static readonly Dictionary<char, byte> s_bytes = new(256);

    static ByteAlphabet()
    {
        var order = new List<byte>(256);
        var next = '\u0100';
        for (var value = 0; value < 256; value++)
            if (value is >= 33 and <= 126 or >= 161 and <= 172 or >= 174)
            {
                s_characters[value] = (char)value;
                order.Add((byte)value);
            }
        for (var value = 0; value < 256; value++)
            if (s_characters[value] == 0)
            {
                s_characters[value] = next++;
                order.Add((byte)value);
            }
        for (var value = 0; value < 256; value++)
            s_bytes[s_characters[value]] = (byte)value;
        Order = order;
    }

    /// <summary>The bytes in the order in which vocabularies number them: those that stand for themselves first.</summary>
    public static IReadOnlyList<byte> Order { get; }

    public static char ToCharacter(byte value) => s_characters[value];

    /// <summary>The bytes that a token spells, or null when a character is not of the alphabet.</summary>
    public static byte[]? TryGetBytes(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
            if (!s_bytes.TryGetValue(token[i], out bytes[i]))
                return null;
        return bytes;
    }
}
