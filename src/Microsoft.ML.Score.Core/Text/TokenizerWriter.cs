using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Text;

/// <summary>Writes a tokenizer as Hugging Face's Qwen2Tokenizer reads it: vocab.json, merges.txt and tokenizer_config.json.</summary>
internal static class TokenizerWriter
{
    /// <summary>Writes the three files, each atomically.</summary>
    /// <param name="folder">An existing folder; files of the same names are replaced.</param>
    /// <param name="vocabulary">Tokens and merges.</param>
    /// <param name="addedTokens">Added tokens, with ids beyond the vocabulary's.</param>
    public static void Write(string folder, BytePairVocabulary vocabulary, IReadOnlyList<AddedToken> addedTokens)
    {
        AtomicFile.Write(Path.Combine(folder, "vocab.json"), stream => WriteJson(stream, json =>
        {
            foreach (var (token, id) in vocabulary.Ids.OrderBy(entry => entry.Value))
                json.WriteNumber(token, id);
        }));
        AtomicFile.Write(Path.Combine(folder, "merges.txt"), stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n" };
            writer.WriteLine("#version: 0.2");
            foreach (var (left, right) in vocabulary.Merges)
                writer.WriteLine($"{left} {right}");
        });
        AtomicFile.Write(Path.Combine(folder, "tokenizer_config.json"), stream => WriteJson(stream, json => WriteConfiguration(json, addedTokens)));
    }

    private static void WriteConfiguration(Utf8JsonWriter json, IReadOnlyList<AddedToken> addedTokens)
    {
        json.WriteString("tokenizer_class", "Qwen2Tokenizer");
        json.WriteBoolean("add_prefix_space", false);
        json.WriteStartObject("added_tokens_decoder");
        foreach (var token in addedTokens)
        {
            json.WriteStartObject(token.Id.ToString(CultureInfo.InvariantCulture));
            json.WriteString("content", token.Content);
            json.WriteBoolean("lstrip", token.Lstrip);
            json.WriteBoolean("normalized", token.Normalized);
            json.WriteBoolean("rstrip", token.Rstrip);
            json.WriteBoolean("single_word", false);
            json.WriteBoolean("special", token.Special);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    private static void WriteJson(Stream stream, Action<Utf8JsonWriter> writeProperties)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        writeProperties(json);
        json.WriteEndObject();
    }
}
