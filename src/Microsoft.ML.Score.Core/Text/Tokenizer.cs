using System.Buffers;
using System.Text;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Text;

/// <summary>
/// The byte-level BPE tokenizer of Qwen2 and its kin: added tokens first, then form C, <see cref="PreTokenizer"/> and byte-pair
/// merges. No token is added in front, no space prefixed. Immutable; safe to share between threads.
/// </summary>
internal sealed class Tokenizer
{
    private static readonly byte[] s_replacementCharacter = "\uFFFD"u8.ToArray();

    private readonly BytePairVocabulary _vocabulary;
    private readonly Dictionary<string, AddedToken> _addedTokens = [];
    private readonly Dictionary<int, AddedToken> _addedTokensById = [];
    private readonly AddedTokenMatcher _verbatim;
    private readonly AddedTokenMatcher _normalized;
    private readonly bool _normalize;

    /// <param name="vocabulary">Tokens and merges.</param>
    /// <param name="addedTokens">Tokens beyond the merges' reach; one may also be a token of the vocabulary, with the same id.</param>
    /// <param name="normalize">Whether text is brought into form C; the released models' tokenizers do.</param>
    /// <exception cref="InvalidDataException">Two added tokens share a text or an id, or one takes the id of another token of the vocabulary.</exception>
    public Tokenizer(BytePairVocabulary vocabulary, IEnumerable<AddedToken> addedTokens, bool normalize = true)
    {
        _vocabulary = vocabulary;
        _normalize = normalize;
        foreach (var token in addedTokens)
        {
            if (token.Content.Length == 0 || token.Id is < 0 or int.MaxValue)
                throw new InvalidDataException($"An added token needs a text and an id from 0 to {int.MaxValue - 1}; got '{token.Content}' with id {token.Id}.");
            if (!_addedTokens.TryAdd(token.Content, token) || !_addedTokensById.TryAdd(token.Id, token))
                throw new InvalidDataException($"The added token '{token.Content}' (id {token.Id}) shares its text or its id with another one.");
            if (vocabulary.Bytes.ContainsKey(token.Id) && vocabulary.Ids.GetValueOrDefault(token.Content, -1) != token.Id)
                throw new InvalidDataException($"The added token '{token.Content}' has the id {token.Id}, which the vocabulary gives to another token.");
        }

        _verbatim = new(_addedTokens.Values.Where(token => !token.Normalized));
        _normalized = new(_addedTokens.Values.Where(token => token.Normalized).Select(token => token with { Content = Normalize(token.Content) }));
        VocabularySize = 1 + Math.Max(vocabulary.Bytes.Keys.Max(), _addedTokensById.Keys.DefaultIfEmpty().Max());
    }

    /// <summary>
    /// The tokenizer of a checkpoint: tokenizer.json, or vocab.json and merges.txt; added tokens from tokenizer_config.json,
    /// added_tokens.json and special_tokens_map.json.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is no tokenizer.</exception>
    /// <exception cref="InvalidDataException">A file is malformed, contradicts another one, or asks for something that is not supported.</exception>
    public static Tokenizer Load(CheckpointFiles files) => TokenizerReader.Read(files);

    /// <summary>The highest id plus one. A model's embedding table may have more rows, never fewer.</summary>
    public int VocabularySize { get; }

    /// <summary>The ids of a text. Added tokens written out in it are recognised.</summary>
    public int[] Encode(string text)
    {
        var ids = new List<int>(text.Length / 3 + 8);
        foreach (var (verbatim, token) in _verbatim.Split(text))
        {
            foreach (var (plain, normalizedToken) in _normalized.Split(Normalize(verbatim)))
            {
                EncodePlain(plain, ids);
                Add(normalizedToken);
            }

            Add(token);
        }

        return [.. ids];

        void Add(AddedToken? token)
        {
            if (token is { Id: var id })
                ids.Add(id);
        }
    }

    /// <summary>The text of ids. Bytes that are no UTF-8, and ids without a token (rows that only pad an embedding table), come out as U+FFFD.</summary>
    /// <param name="ids">Token ids, none negative.</param>
    /// <param name="skipSpecialTokens">Leaves out the added tokens that are marked special.</param>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens)
    {
        var bytes = new ArrayBufferWriter<byte>(ids.Length * 4 + 1);
        foreach (var id in ids)
            bytes.Write(BytesOf(id, skipSpecialTokens));
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>The bytes that an id stands for, not necessarily whole code points; those of U+FFFD for an id without a token.</summary>
    /// <param name="id">A token id, not negative.</param>
    /// <param name="skipSpecialTokens">Gives nothing for an added token that is marked special.</param>
    public ReadOnlySpan<byte> BytesOf(int id, bool skipSpecialTokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        if (!_addedTokensById.TryGetValue(id, out var added))
            return _vocabulary.Bytes.GetValueOrDefault(id, s_replacementCharacter);
        return added.Special && skipSpecialTokens ? [] : Encoding.UTF8.GetBytes(added.Content);
    }

    /// <summary>The id of an added token, such as <c>&lt;|im_end|&gt;</c>.</summary>
    public bool TryGetSpecialToken(string content, out int id)
    {
        var found = _addedTokens.TryGetValue(content, out var token);
        id = token.Id;
        return found;
    }

    private string Normalize(string text) => _normalize ? NormalizationFormC.Normalize(text) : text;

    private void EncodePlain(ReadOnlySpan<char> rest, List<int> ids)
    {
        while (!rest.IsEmpty)
        {
            var length = PreTokenizer.FirstPieceLength(rest);
            MergePairs(rest[..length], ids);
            rest = rest[length..];
        }
    }

    // The pair of lowest rank merges first, the leftmost one among equals. A queue over a linked list keeps a piece of n bytes
    // at n log n; an entry whose tokens have merged otherwise in the meantime is stale and passed over.
    private void MergePairs(ReadOnlySpan<char> piece, List<int> ids)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(piece)];
        Encoding.UTF8.GetBytes(piece, bytes);
        var count = bytes.Length;
        var symbols = new int[count];
        var next = new int[count];
        var previous = new int[count];
        for (var i = 0; i < count; i++)
            (symbols[i], next[i], previous[i]) = (_vocabulary.ByteIds[bytes[i]], i + 1, i - 1);

        var queue = new PriorityQueue<(int Position, int Left, int Right), long>();
        for (var i = 0; i + 1 < count; i++)
            Enqueue(i);
        while (queue.TryDequeue(out var pair, out _))
        {
            var (position, left, right) = pair;
            var second = next[position];
            if (symbols[position] != left || second >= count || symbols[second] != right)
                continue;
            symbols[position] = _vocabulary.Rules[(left, right)].Id;
            symbols[second] = -1;
            next[position] = next[second];
            if (next[position] < count)
            {
                previous[next[position]] = position;
                Enqueue(position);
            }

            if (previous[position] >= 0)
                Enqueue(previous[position]);
        }

        for (var i = 0; i < count; i = next[i])
            ids.Add(symbols[i]);

        void Enqueue(int position)
        {
            var (left, right) = (symbols[position], symbols[next[position]]);
            if (_vocabulary.Rules.TryGetValue((left, right), out var rule))
                queue.Enqueue((position, left, right), ((long)rule.Rank << 32) | (uint)position);
        }
    }
}
