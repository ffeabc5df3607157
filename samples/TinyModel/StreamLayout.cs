namespace Microsoft.ML.Score.TinyModel;

/// <summary>
/// Who sees whom in a training sequence: a causal prefix (prompt and visual tokens), then streams (one question and answer
/// each) that see the whole prefix and, causally, themselves. Rows are cut into blocks of at most <see cref="BlockLength"/>.
/// </summary>
internal sealed class StreamLayout
{
    public const int BlockLength = 64;

    public StreamLayout(int prefixLength, IEnumerable<int> streamLengths)
    {
        AddBlocks(prefixLength);
        PrefixBlocks = Blocks.Count;
        foreach (var length in streamLengths)
            AddBlocks(length);
    }

    /// <summary>First row, number of rows, and the first block of the stream (or prefix) that the block belongs to.</summary>
    public List<(int Start, int Length, int FirstBlock)> Blocks { get; } = [];

    /// <summary>How many of the blocks are the prefix.</summary>
    public int PrefixBlocks { get; }

    /// <summary>The blocks whose keys the rows of <paramref name="block"/> see; the last is the block itself, seen causally.</summary>
    public IEnumerable<int> VisibleBlocks(int block) => block < PrefixBlocks
        ? Enumerable.Range(0, block + 1)
        : Enumerable.Range(0, PrefixBlocks).Concat(Enumerable.Range(Blocks[block].FirstBlock, block - Blocks[block].FirstBlock + 1));

    private void AddBlocks(int length)
    {
        var start = Blocks.Count == 0 ? 0 : Blocks[^1].Start + Blocks[^1].Length;
        var first = Blocks.Count;
        for (var done = 0; done < length; done += BlockLength)
            Blocks.Add((start + done, Math.Min(BlockLength, length - done), first));
    }
}
