using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.ML.Score.Storage;

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
            BytePairVocabulary vocabulary;
            var normalize = true;
            if (files.Exists("tokenizer.json"))
            {
                var file = Parse<TokenizerJson>(files, "tokenizer.json");
                file.ThrowIfUnsupported();
                normalize = file.Normalizer is not null;
                vocabulary = new BytePairVocabulary(file.Model.Vocab, [.. file.Model.Merges.Select(ReadMerge)]);
                foreach (var token in file.AddedTokens ?? [])
                    Add(addedTokens, token, token?.Id ?? throw new InvalidDataException("tokenizer.json: an added token has no id."));
            }
            else
            {
                vocabulary = ReadVocabularyAndMerges(files);
            }

            ReadAddedTokens(files, vocabulary, addedTokens);
            return new Tokenizer(vocabulary, addedTokens.Values, normalize);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException)
        {
            // JsonElement reports a value of another kind, and text that is no valid UTF-16, as an invalid operation.
            throw new InvalidDataException($"The tokenizer in {files.Description} cannot be used: {Excerpt.Of(exception)}", exception);
        }
    }

    /// <summary>The pairs of a merges.txt: one "left right" a line, after a line with the version.</summary>
    /// <exception cref="InvalidDataException">A line is not a pair.</exception>
    public static (string Left, string Right)[] ParseMerges(string text) =>
    [
        .. text.Split('\n').Select(line => line.TrimEnd('\r'))
            .Where((line, index) => line.Length > 0 && !(index == 0 && line.StartsWith("#version", StringComparison.Ordinal)))
            .Select(SplitMerge),
    ];

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
        var merges = ParseMerges(ReadText(files, "merges.txt"));
        if (merges.Length == 0 && vocabulary.Keys.FirstOrDefault(token => token.Length > 1) is { } merged)
            throw new InvalidDataException($"merges.txt in {files.Description} holds no merges, but vocab.json has the token '{merged}'.");
        return new BytePairVocabulary(vocabulary, merges);
    }

    // Three generations of files say which tokens are added and which of these are special; they may all be there.
    private static void ReadAddedTokens(CheckpointFiles files, BytePairVocabulary vocabulary, Dictionary<string, AddedToken> addedTokens)
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
            else if (vocabulary.Ids.TryGetValue(content, out var id))
                addedTokens[content] = new AddedToken(content, id, Special: true);
    }

    private static void Add(Dictionary<string, AddedToken> addedTokens, AddedTokenJson? token, int id)
    {
        if (token is null)
            throw new InvalidDataException($"The added token with the id {id} is null.");
        if (token.SingleWord)
            throw new InvalidDataException($"The added token '{token.Content}' matches whole words only (single_word), which is not supported.");
        var known = addedTokens.GetValueOrDefault(token.Content, new AddedToken(token.Content, id, token.Special, token.Lstrip, token.Rstrip, token.Normalized));
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
            throw new InvalidDataException($"{name} is malformed: {Excerpt.Of(exception)}", exception);
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
            throw new InvalidDataException($"{name} is not UTF-8: {Excerpt.Of(exception)}", exception);
        }
    }

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
