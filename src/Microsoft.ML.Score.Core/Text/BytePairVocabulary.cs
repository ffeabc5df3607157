namespace Microsoft.ML.Score.Text;

/// <summary>Tokens and merge rules of a byte-level BPE, spelt in <see cref="ByteAlphabet"/>. Immutable.</summary>
internal sealed class BytePairVocabulary
{
    /// <param name="ids">Token to id; must hold the 256 single bytes.</param>
    /// <param name="merges">Pairs in order of priority; both halves and their concatenation are tokens.</param>
    /// <exception cref="InvalidDataException">
    /// A byte, a half or a merged token is missing, a token is not spelt in the byte alphabet, or an id or pair occurs twice.
    /// </exception>
    public BytePairVocabulary(IReadOnlyDictionary<string, int> ids, IReadOnlyList<(string Left, string Right)> merges)
    {
        Ids = ids;
        Merges = merges;

        foreach (var (token, id) in ids)
        {
            if (id is < 0 or int.MaxValue)
                throw new InvalidDataException($"Token '{token}' has the id {id}; ids run from 0 to {int.MaxValue - 1}.");
            var bytes = ByteAlphabet.TryGetBytes(token);
            if (bytes is null or [])
                throw new InvalidDataException($"Token '{token}' (id {id}) is not spelt in the byte-level alphabet.");
            if (!Bytes.TryAdd(id, bytes))
                throw new InvalidDataException($"The id {id} is given to '{token}' and to another token.");
        }

        for (var value = 0; value < 256; value++)
            ByteIds[value] = Id(ByteAlphabet.ToCharacter((byte)value).ToString(), $"byte 0x{value:X2}");
        for (var rank = 0; rank < merges.Count; rank++)
        {
            var (left, right) = merges[rank];
            var place = $"merge {rank} '{left} {right}'";
            if (!Rules.TryAdd((Id(left, place), Id(right, place)), (rank, Id(left + right, place))))
                throw new InvalidDataException($"The {place} occurs twice.");
        }

        int Id(string token, string place) => ids.TryGetValue(token, out var id) ? id
            : throw new InvalidDataException($"The vocabulary of {ids.Count} tokens lacks '{token}', needed by {place}.");
    }

    public IReadOnlyDictionary<string, int> Ids { get; }

    public IReadOnlyList<(string Left, string Right)> Merges { get; }

    /// <summary>The bytes of each token id.</summary>
    public Dictionary<int, byte[]> Bytes { get; } = [];

    /// <summary>The token id of each byte.</summary>
    public int[] ByteIds { get; } = new int[256];

    /// <summary>Pair of token ids to priority (lower first) and merged token id.</summary>
    public Dictionary<(int Left, int Right), (int Rank, int Id)> Rules { get; } = [];

    /// <summary>The usual numbering: the 256 bytes in the order of the alphabet, then merge i makes token 256 + i.</summary>
    public static BytePairVocabulary FromMerges(IReadOnlyList<(string Left, string Right)> merges)
    {
        var ids = new Dictionary<string, int>(256 + merges.Count);
        foreach (var value in ByteAlphabet.Order)
            ids.Add(ByteAlphabet.ToCharacter(value).ToString(), ids.Count);
        foreach (var (left, right) in merges)
            if (!ids.TryAdd(left + right, ids.Count))
                throw new InvalidDataException($"Two merges make the token '{left + right}'.");
        return new BytePairVocabulary(ids, merges);
    }
}
