using System.Text.Json;
using System.Text.Json.Serialization;

namespace Microsoft.ML.Score.Text;

/// <summary>tokenizer.json as Hugging Face's tokenizers library writes it; what stands in it beyond these keys does not change ids or text.</summary>
internal sealed record TokenizerJson(
    ModelJson Model, TypeJson? Normalizer = null, PreTokenizerJson? PreTokenizer = null, TypeJson? PostProcessor = null, TypeJson? Decoder = null,
    AddedTokenJson?[]? AddedTokens = null)
{
    /// <exception cref="InvalidDataException">The file asks for another tokenizer than Qwen2's; the message names what.</exception>
    public void ThrowIfUnsupported()
    {
        Expect(Model.Type is null or "BPE", "model", Model.Type, "BPE");
        Expect(Model.Dropout is null or 0, "model with dropout", Model.Dropout, "null");
        Expect(!Model.IgnoreMerges, "model with ignore_merges", Model.IgnoreMerges, "false");
        Expect(!Model.ByteFallback, "model with byte_fallback", Model.ByteFallback, "false");
        Expect(Model.ContinuingSubwordPrefix is null or "", "model with continuing_subword_prefix", Model.ContinuingSubwordPrefix, "none");
        Expect(Model.EndOfWordSuffix is null or "", "model with end_of_word_suffix", Model.EndOfWordSuffix, "none");
        Expect(Normalizer is null or { Type: "NFC" }, "normalizer", Normalizer?.Type, "NFC or null");
        Expect(PostProcessor is null or { Type: "ByteLevel" }, "post_processor", PostProcessor?.Type, "ByteLevel or null");
        Expect(Decoder is null or { Type: "ByteLevel" }, "decoder", Decoder?.Type, "ByteLevel");

        var steps = PreTokenizer?.Pretokenizers ?? [];
        Expect(PreTokenizer?.Type == "Sequence", "pre_tokenizer", PreTokenizer?.Type, "Sequence");
        Expect(steps is [{ Type: "Split" }, { Type: "ByteLevel" }], "pre_tokenizer Sequence", string.Join(", ", steps.Select(step => step?.Type)), "Split, ByteLevel");
        var (split, bytes) = (steps[0]!, steps[1]!);
        Expect(split.Pattern?.Regex == Text.PreTokenizer.Pattern, "pre_tokenizer Split with the pattern", split.Pattern?.Regex ?? split.Pattern?.String, Text.PreTokenizer.Pattern);
        Expect(split is { Behavior: "Isolated", Invert: false }, "pre_tokenizer Split with behavior and invert", $"{split.Behavior}, {split.Invert}", "Isolated, False");
        Expect(!bytes.AddPrefixSpace && !bytes.UseRegex, "pre_tokenizer ByteLevel with add_prefix_space and use_regex", $"{bytes.AddPrefixSpace}, {bytes.UseRegex}", "False, False");
    }

    private static void Expect(bool supported, string what, object? actual, string expected)
    {
        if (!supported)
            throw new InvalidDataException($"tokenizer.json: the {what} '{actual ?? "null"}' is not supported; expected {expected}.");
    }
}

internal sealed record ModelJson(
    Dictionary<string, int> Vocab, JsonElement[] Merges, string? Type = null, double? Dropout = null, bool IgnoreMerges = false, bool ByteFallback = false,
    string? ContinuingSubwordPrefix = null, string? EndOfWordSuffix = null);

internal sealed record TypeJson(string Type);

/// <summary>A step, or a sequence of steps; the library takes an absent use_regex as true.</summary>
internal sealed record PreTokenizerJson(
    string Type, PreTokenizerJson?[]? Pretokenizers = null, PatternJson? Pattern = null, string? Behavior = null, bool Invert = false,
    bool AddPrefixSpace = false, bool UseRegex = true);

internal sealed record PatternJson([property: JsonPropertyName("Regex")] string? Regex = null, [property: JsonPropertyName("String")] string? String = null);

internal sealed record AddedTokenJson(
    string Content, int? Id = null, bool Lstrip = false, bool Rstrip = false, bool SingleWord = false, bool Normalized = false, bool Special = false);
