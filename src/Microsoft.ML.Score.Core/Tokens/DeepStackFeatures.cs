using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// The DeepStack tensors of tokens: for each of a model's first decoder layers one more vector a token, of the same dimension. In files they are
/// the tensors <c>deepstack_0</c>, <c>deepstack_1</c> and so on.
/// </summary>
internal static class DeepStackFeatures
{
    private const string Prefix = "deepstack_";

    public static string Key(int level) => $"{Prefix}{level}";

    /// <summary>The tensors, if each has as many values as the vectors.</summary>
    public static IReadOnlyList<ReadOnlyMemory<float>> ThrowIfNot(int tokens, int dimension, IReadOnlyList<ReadOnlyMemory<float>> deepStack, string name)
    {
        ArgumentNullException.ThrowIfNull(deepStack, name);
        for (var level = 0; level < deepStack.Count; level++)
            if (deepStack[level].Length != (long)tokens * dimension)
                throw new ArgumentException(
                    $"A DeepStack tensor of {tokens} tokens of dimension {dimension} needs {(long)tokens * dimension} values, got {deepStack[level].Length} in tensor {level}.", name);
        return deepStack;
    }

    /// <summary>The rows at the given positions of each tensor, copied.</summary>
    public static ReadOnlyMemory<float>[] Gather(IReadOnlyList<ReadOnlyMemory<float>> deepStack, int dimension, ReadOnlySpan<int> positions)
    {
        var gathered = new ReadOnlyMemory<float>[deepStack.Count];
        for (var level = 0; level < gathered.Length; level++)
        {
            var rows = new float[positions.Length * dimension];
            for (var k = 0; k < positions.Length; k++)
                deepStack[level].Span.Slice(positions[k] * dimension, dimension).CopyTo(rows.AsSpan(k * dimension));
            gathered[level] = rows;
        }

        return gathered;
    }

    /// <summary>How many a file holds, by its header.</summary>
    /// <param name="file">The file.</param>
    /// <param name="like">The tensor of vectors that each must be like.</param>
    /// <exception cref="InvalidDataException">One is missing between others, or of another type or shape.</exception>
    public static int CountIn(SafetensorsFile file, TensorEntry like)
    {
        var names = file.Tensors.Keys.Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToArray();
        for (var level = 0; level < names.Length; level++)
        {
            if (!file.Tensors.TryGetValue(Key(level), out var entry))
                throw new InvalidDataException($"'{file.Name}' has {names.Length} tensors '{Prefix}...' and none of them is '{Key(level)}'.");
            if (entry.Type != like.Type || !entry.Shape.SequenceEqual(like.Shape))
                throw new InvalidDataException($"Tensor '{Key(level)}' of '{file.Name}' is {entry}, expected {like}, as the vectors are.");
        }

        return names.Length;
    }
}
