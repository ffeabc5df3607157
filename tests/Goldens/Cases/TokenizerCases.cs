using System.IO.Compression;
using System.Text.Json;
using Microsoft.ML.Score.Text;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Golden token ids and decoded texts: cases.json beside the merges they were made with, packed or not, and special_tokens.json.
/// A case marked edge depends on the regular-expression engine of the original; its row is there to be read, and always passes.
/// </summary>
internal static class TokenizerCases
{
    private const string CasesFile = "cases.json", TokensFile = "special_tokens.json", MergesFile = "merges.txt", PackedMergesFile = "merges.txt.gz";

    public static bool AreIn(string folder) => File.Exists(Path.Combine(folder, CasesFile)) && HoldsTokenizer(folder);

    public static bool HoldsTokenizer(string folder) =>
        File.Exists(Path.Combine(folder, TokensFile)) && (File.Exists(Path.Combine(folder, MergesFile)) || File.Exists(Path.Combine(folder, PackedMergesFile)));

    public static IEnumerable<VerificationRow> Verify(string folder)
    {
        var vocabulary = LoadVocabulary(folder);
        var plain = Load(Path.Combine(folder, TokensFile), vocabulary, "qwen2_llava_video");
        var vision = Load(Path.Combine(folder, TokensFile), vocabulary, "qwen2_5_vl");
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, CasesFile)));
        foreach (var group in document.RootElement.EnumerateObject())
        {
            var tokenizer = group.Name.Contains("qwen2_5", StringComparison.Ordinal) ? vision : plain;
            foreach (var (index, golden) in group.Value.EnumerateArray().Index())
                yield return Verify($"{new DirectoryInfo(folder).Name}/{group.Name}[{index}]", golden, tokenizer);
        }
    }

    /// <summary>The tokenizer of a golden folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="addedTokens">A key of special_tokens.json.</param>
    /// <param name="tokensPath">The file of added tokens; null for that of the folder.</param>
    public static Tokenizer Load(string folder, string addedTokens, string? tokensPath = null) => Load(tokensPath ?? Path.Combine(folder, TokensFile), LoadVocabulary(folder), addedTokens);

    private static VerificationRow Verify(string name, JsonElement golden, Tokenizer tokenizer)
    {
        var text = golden.GetProperty("text").GetString()!;
        int[] ids = [.. golden.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
        if (golden.TryGetProperty("skip_special_tokens", out var skip))
            return VerificationRow.Exactly(name, "text", [text], [tokenizer.Decode(ids, skip.GetBoolean())]);

        var row = VerificationRow.Exactly(name, "ids", ids, tokenizer.Encode(text));
        return golden.TryGetProperty("edge", out var edge) && edge.GetBoolean()
            ? VerificationRow.Compare(name, "ids (edge)", row.Deviation, double.PositiveInfinity)
            : row;
    }

    private static BytePairVocabulary LoadVocabulary(string folder)
    {
        var path = Path.Combine(folder, MergesFile);
        using var reader = new StreamReader(File.Exists(path)
            ? File.OpenRead(path)
            : new GZipStream(File.OpenRead(Path.Combine(folder, PackedMergesFile)), CompressionMode.Decompress));
        return BytePairVocabulary.FromMerges(TokenizerReader.ParseMerges(reader.ReadToEnd()));
    }

    private static Tokenizer Load(string tokensPath, BytePairVocabulary vocabulary, string addedTokens)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(tokensPath));
        var ordinary = document.RootElement.GetProperty("special_flag_false").EnumerateArray().Select(token => token.GetString()).ToHashSet();
        return new Tokenizer(vocabulary, document.RootElement.GetProperty(addedTokens).EnumerateObject()
            .Select(token => new AddedToken(token.Name, token.Value.GetInt32(), Special: !ordinary.Contains(token.Name))));
    }
}
