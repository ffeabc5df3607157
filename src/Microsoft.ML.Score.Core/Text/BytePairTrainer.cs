using System.Runtime.InteropServices;
using System.Text;

namespace Microsoft.ML.Score.Text;

/// <summary>
/// Learns a byte-level BPE (Sennrich et al. 2016, arXiv 1508.07909): merges the most frequent pair of neighbouring tokens, again
/// and again. Pairs never cross the pieces of <see cref="PreTokenizer"/>. Deterministic: equal counts go to the lower pair of ids.
/// </summary>
internal static class BytePairTrainer
{
    /// <param name="corpus">Texts; their order does not matter.</param>
    /// <param name="mergeCount">Most merges to learn; fewer when no pair is left that occurs twice.</param>
    public static BytePairVocabulary Train(IEnumerable<string> corpus, int mergeCount)
    {
        var words = CountPieces(corpus);
        var tokens = ByteAlphabet.Order.Select(value => ByteAlphabet.ToCharacter(value).ToString()).ToList();
        var known = tokens.ToHashSet();
        var merges = new List<(string Left, string Right)>(mergeCount);
        while (merges.Count < mergeCount && MostFrequentPair(words, tokens, known) is var (left, right))
        {
            merges.Add((tokens[left], tokens[right]));
            var merged = tokens.Count;
            tokens.Add(tokens[left] + tokens[right]);
            known.Add(tokens[merged]);
            foreach (var (symbols, _) in words)
                Merge(symbols, left, right, merged);
        }

        return BytePairVocabulary.FromMerges(merges);
    }

    private static List<(List<int> Symbols, long Count)> CountPieces(IEnumerable<string> corpus)
    {
        var counts = new Dictionary<string, long>();
        foreach (var text in corpus)
        {
            var rest = NormalizationFormC.Normalize(text).AsSpan();
            while (!rest.IsEmpty)
            {
                var length = PreTokenizer.FirstPieceLength(rest);
                CollectionsMarshal.GetValueRefOrAddDefault(counts, rest[..length].ToString(), out _)++;
                rest = rest[length..];
            }
        }

        var idOfByte = new int[256];
        for (var id = 0; id < 256; id++)
            idOfByte[ByteAlphabet.Order[id]] = id;
        return [.. counts.Select(piece => (Encoding.UTF8.GetBytes(piece.Key).Select(value => idOfByte[value]).ToList(), piece.Value))];
    }

    // A pair whose concatenation is a token already is passed over, so that each merge makes a new token.
    private static (int Left, int Right)? MostFrequentPair(List<(List<int> Symbols, long Count)> words, List<string> tokens, HashSet<string> known)
    {
        var counts = new Dictionary<(int Left, int Right), long>();
        foreach (var (symbols, count) in words)
            for (var i = 1; i < symbols.Count; i++)
                CollectionsMarshal.GetValueRefOrAddDefault(counts, (symbols[i - 1], symbols[i]), out _) += count;

        (int Left, int Right)? best = null;
        var bestCount = 1L;
        foreach (var (pair, count) in counts)
        {
            if (count < bestCount || (count == bestCount && (best is null || pair.CompareTo(best.Value) > 0)) || known.Contains(tokens[pair.Left] + tokens[pair.Right]))
                continue;
            best = pair;
            bestCount = count;
        }

        return best;
    }

    private static void Merge(List<int> symbols, int left, int right, int merged)
    {
        var write = 0;
        for (var read = 0; read < symbols.Count; read++)
        {
            var match = symbols[read] == left && read + 1 < symbols.Count && symbols[read + 1] == right;
            symbols[write++] = match ? merged : symbols[read];
            if (match)
                read++;
        }

        symbols.RemoveRange(write, symbols.Count - write);
    }
}
