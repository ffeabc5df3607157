using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Score.Weights;

namespace Microsoft.ML.Score.Text;

/// <summary>Reads a tokenizer from the files of a Hugging Face checkpoint. What it cannot honour exactly is an error.</summary>
internal static class TokenizerReader
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
    };

    /// <exception cref="FileNotFoundException">Neither tokenizer.json nor vocab.json with merges.txt exists.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, contradicts another one, or asks for something that is not supported.</exception>
    public static Tokenizer Read(CheckpointFiles files)
    {
        try
        {
            var addedTokens = new Dictionary<string, AddedToken>();
            var vocabulary = files.Exists("tokenizer.json")
                ? ReadTokenizerJson(Parse<TokenizerJson>(files, "tokenizer.json"), addedTokens)
                : ReadVocabularyAndMerges(files);
            ReadAddedTokens(files, addedTokens);
            return new Tokenizer(vocabulary, addedTokens.Values);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException)
        {
            // JsonElement reports a value of another kind, and text that is no valid UTF-16, as an invalid operation.
            throw new InvalidDataException($"The tokenizer in {files.Description} cannot be used: {exception.Message}", exception);
        }
    }

    private static BytePairVocabulary ReadTokenizerJson(TokenizerJson file, Dictionary<string, AddedToken> addedTokens)
    {
        var model = file.Model;
        if (model.Type is not (null or "BPE") || model.IgnoreMerges || model.ByteFallback || model.ContinuingSubwordPrefix is not (null or "") || model.EndOfWordSuffix is not (null or ""))
            throw new InvalidDataException($"tokenizer.json: the model '{model.Type}' with these options is not supported; expected plain byte-level BPE.");
        if (file.Normalizer?.Type != "NFC")
            throw new InvalidDataException($"tokenizer.json: the normalizer '{file.Normalizer?.Type ?? "null"}' is not supported; expected NFC.");
        var split = file.PreTokenizer?.Pretokenizers?.FirstOrDefault(step => step?.Type == "Split")?.Pattern?.Regex;
        if (split != PreTokenizer.Pattern)
            throw new InvalidDataException($"tokenizer.json: the pre-tokenizer pattern '{split ?? "none"}' is not supported; expected Qwen2's, '{PreTokenizer.Pattern}'.");

        foreach (var token in file.AddedTokens ?? [])
            Add(addedTokens, token, token?.Id ?? throw new InvalidDataException("tokenizer.json: an added token has no id."));
        return new BytePairVocabulary(model.Vocab, [.. model.Merges.Select(ReadMerge)]);
    }

    // Older files write a merge as "left right", newer ones as ["left", "right"].
    private static (string Left, string Right) ReadMerge(JsonElement merge) => merge.ValueKind == JsonValueKind.Array && merge.GetArrayLength() == 2
        ? (merge[0].GetString() ?? "", merge[1].GetString() ?? "")
        : SplitMerge(merge.GetString() ?? "");

    private static (string Left, string Right) SplitMerge(string line) => line.Split(' ') is [var left, var right]
        ? (left, right)
        : throw new InvalidDataException($"the merge '{line}' is not a pair of tokens.");

    private static BytePairVocabulary ReadVocabularyAndMerges(CheckpointFiles files)
    {
        if (!files.Exists("vocab.json") || !files.Exists("merges.txt"))
            throw new FileNotFoundException($"There is no tokenizer in {files.Description}: expected tokenizer.json, or vocab.json and merges.txt.");

        var vocabulary = Parse<Dictionary<string, int>>(files, "vocab.json");
        var lines = ReadText(files, "merges.txt").Split('\n').Select(line => line.TrimEnd('\r'));
        (string, string)[] merges = [.. lines.Where((line, index) => line.Length > 0 && !(index == 0 && line.StartsWith("#version", StringComparison.Ordinal))).Select(SplitMerge)];
        if (merges.Length == 0 && vocabulary.Keys.FirstOrDefault(token => token.Length > 1) is { } merged)
            throw new InvalidDataException($"merges.txt in {files.Description} holds no merges, but vocab.json has the token '{merged}'.");
        return new BytePairVocabulary(vocabulary, merges);
    }

    // Three generations of files say which tokens are added and which of these are special; they may all be there.
    private static void ReadAddedTokens(CheckpointFiles files, Dictionary<string, AddedToken> addedTokens)
    {
        var named = new HashSet<string>();
        if (files.Exists("tokenizer_config.json"))
        {
            var parsed = Parse<SpecialTokensJson>(files, "tokenizer_config.json");
            foreach (var (key, token) in parsed.AddedTokensDecoder ?? [])
                Add(addedTokens, token, int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id
                    : throw new InvalidDataException($"tokenizer_config.json: the added token id '{key}' is not a number."));
            named.UnionWith(parsed.Contents());
        }

        if (files.Exists("special_tokens_map.json"))
            named.UnionWith(Parse<SpecialTokensJson>(files, "special_tokens_map.json").Contents());
        if (files.Exists("added_tokens.json"))
            foreach (var (content, id) in Parse<Dictionary<string, int>>(files, "added_tokens.json"))
                Add(addedTokens, new AddedTokenJson(content), id);
        foreach (var content in named)
            if (addedTokens.TryGetValue(content, out var token))
                addedTokens[content] = token with { Special = true };
    }

    private static void Add(Dictionary<string, AddedToken> addedTokens, AddedTokenJson? token, int id)
    {
        if (token is null)
            throw new InvalidDataException($"The added token with the id {id} is null.");
        if (token.Lstrip || token.Rstrip || token.SingleWord)
            throw new InvalidDataException($"The added token '{token.Content}' strips spaces or matches whole words only, which is not supported.");
        var known = addedTokens.GetValueOrDefault(token.Content, new AddedToken(token.Content, id, false));
        if (known.Id != id)
            throw new InvalidDataException($"The added token '{token.Content}' has the id {known.Id} in one file and {id} in another.");
        addedTokens[token.Content] = known with { Special = known.Special || token.Special };
    }

    private static T Parse<T>(CheckpointFiles files, string name)
    {
        try
        {
            return JsonSerializer.Deserialize<T>(ReadText(files, name), s_json) ?? throw new InvalidDataException($"{name} holds null.");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new InvalidDataException($"{name} is malformed: {exception.Message}", exception);
        }
    }

    private static string ReadText(CheckpointFiles files, string name)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(files.ReadAllBytes(name));
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidDataException($"{name} is not UTF-8: {exception.Message}", exception);
        }
    }

    private sealed record TokenizerJson(ModelJson Model, TypeJson? Normalizer = null, PreTokenizerJson? PreTokenizer = null, AddedTokenJson?[]? AddedTokens = null);

    private sealed record ModelJson(
        Dictionary<string, int> Vocab, JsonElement[] Merges, string? Type = null, bool IgnoreMerges = false, bool ByteFallback = false,
        string? ContinuingSubwordPrefix = null, string? EndOfWordSuffix = null);

    private sealed record TypeJson(string Type);

    private sealed record PreTokenizerJson(string Type, PreTokenizerJson?[]? Pretokenizers = null, PatternJson? Pattern = null);

    private sealed record PatternJson([property: JsonPropertyName("Regex")] string? Regex = null);

    private sealed record AddedTokenJson(string Content, int? Id = null, bool Lstrip = false, bool Rstrip = false, bool SingleWord = false, bool Special = false);

    private sealed record SpecialTokensJson(
        Dictionary<string, AddedTokenJson?>? AddedTokensDecoder = null, JsonElement[]? AdditionalSpecialTokens = null,
        JsonElement BosToken = default, JsonElement EosToken = default, JsonElement PadToken = default, JsonElement UnkToken = default)
    {
        // A token is named by its text or by an object that holds it.
        public IEnumerable<string> Contents() => (AdditionalSpecialTokens ?? []).Append(BosToken).Append(EosToken).Append(PadToken).Append(UnkToken)
            .Select(token => token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out var content) ? content : token)
            .Where(token => token.ValueKind == JsonValueKind.String)
            .Select(token => token.GetString()!);
    }
}
