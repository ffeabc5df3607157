using System.Text;

namespace Microsoft.ML.Score.Text;

/// <summary>
/// Turns token ids into text as they are generated. A code point whose bytes are spread over several tokens comes out with its
/// last byte; the concatenation of all pieces is what <see cref="Tokenizer.Decode"/> gives for all the ids. Not safe for concurrent use.
/// </summary>
/// <param name="tokenizer">Gives the bytes of each id.</param>
/// <param name="skipSpecialTokens">Leaves out the added tokens that are marked special.</param>
internal sealed class StreamingDecoder(Tokenizer tokenizer, bool skipSpecialTokens)
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    /// <summary>The text that the next id completes; empty while a code point is unfinished.</summary>
    /// <param name="id">A token id, not negative; one without a token gives U+FFFD.</param>
    public string Append(int id) => Decode(tokenizer.BytesOf(id, skipSpecialTokens), flush: false);

    /// <summary>What is left when no more ids come: U+FFFD for an unfinished code point, else nothing. The next id starts a new text.</summary>
    public string Flush() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        var characters = new char[_decoder.GetCharCount(bytes, flush)];
        return new string(characters, 0, _decoder.GetChars(bytes, characters, flush));
    }
}
