using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Testing;

/// <summary>
/// Writes the tensors that a configuration asks for as random bf16 values, in several files with an index, as large checkpoints are
/// published.
/// </summary>
internal static class RandomShards
{
    private const ushort One = 0x3F80;

    /// <param name="folder">An existing folder.</param>
    /// <param name="tensors">What to write.</param>
    /// <param name="shards">About how many files.</param>
    /// <param name="seed">Same seed, same bytes.</param>
    public static void Write(string folder, ExpectedTensors tensors, int shards, int seed)
    {
        var random = new Random(seed);
        var shardBytes = 2 * tensors.Parameters / shards;
        var groups = new List<List<ExpectedTensor>>();
        var bytes = long.MaxValue;
        foreach (var tensor in tensors)
        {
            if (bytes > shardBytes)
            {
                groups.Add([]);
                bytes = 0;
            }

            groups[^1].Add(tensor);
            bytes += 2 * tensor.Count;
        }

        var weightMap = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < groups.Count; i++)
        {
            var file = $"model-{i + 1:D5}-of-{groups.Count:D5}.safetensors";
            SafetensorsWriter.Write(Path.Combine(folder, file), [.. groups[i].Select(tensor => new TensorData(tensor.Name, TensorType.BF16, tensor.Shape, Values(tensor, random)))]);
            foreach (var tensor in groups[i])
                weightMap.Add(tensor.Name, file);
        }

        File.WriteAllText(
            Path.Combine(folder, "model.safetensors.index.json"),
            JsonSerializer.Serialize(new { metadata = new { total_size = 2 * tensors.Parameters }, weight_map = weightMap }));
    }

    /// <summary>Norms one, biases zero, matrices of either sign and about 1 / sqrt(in) in magnitude, so that activations neither die nor explode.</summary>
    private static byte[] Values(ExpectedTensor tensor, Random random)
    {
        var bytes = new byte[checked((int)(2 * tensor.Count))];
        var values = MemoryMarshal.Cast<byte, ushort>(bytes.AsSpan());
        if (tensor.Shape.Length == 1)
        {
            values.Fill(tensor.Name.EndsWith(".bias", StringComparison.Ordinal) ? (ushort)0 : One);
            return bytes;
        }

        // Sign and mantissa are random, the exponent is that of half of 1 / sqrt(in): magnitudes lie in [1, 2) times it.
        var inputs = tensor.Count / tensor.Shape[0];
        var exponent = (ushort)((127 + (int)Math.Round(Math.Log2(0.7 / Math.Sqrt(inputs)))) << 7);
        random.NextBytes(bytes);
        foreach (ref var value in values)
            value = (ushort)((value & 0x807F) | exponent);
        return bytes;
    }
}
