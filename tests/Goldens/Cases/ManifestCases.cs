using System.Text.Json;
using Microsoft.ML.Score.Models;

namespace Microsoft.ML.Score.Goldens;

/// <summary>
/// Golden lists of the tensors of released models, NAME.json with "tensors" (name to shape) and "parameters", against those that the
/// model's configuration implies; or with "patterns", names with an {i} that counts from 0, and "tensors" their number.
/// </summary>
internal static class ManifestCases
{
    /// <summary>Whether a folder holds manifests and nothing else.</summary>
    public static bool AreIn(string folder) => Directory.GetFiles(folder) is { Length: > 0 } files && files.All(IsManifest);

    public static IEnumerable<VerificationRow> Verify(string folder) =>
        Directory.GetFiles(folder).Order(StringComparer.Ordinal).SelectMany(VerifyFile);

    private static IEnumerable<(string Name, int[] Shape)> Expanded(JsonProperty pattern) => Enumerable.Range(0, pattern.Value.GetProperty("count").GetInt32())
        .Select(i => (pattern.Name.Replace("{i}", $"{i}", StringComparison.Ordinal), Shape(pattern.Value.GetProperty("shape"))));

    private static int[] Shape(JsonElement shape) => [.. shape.EnumerateArray().Select(length => length.GetInt32())];

    private static bool IsManifest(string path)
    {
        if (Path.GetExtension(path) != ".json")
            return false;
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("tensors", out var tensors) && (tensors.ValueKind == JsonValueKind.Object || document.RootElement.TryGetProperty("patterns", out _))
            && document.RootElement.TryGetProperty("parameters", out _);
    }

    private static IEnumerable<VerificationRow> VerifyFile(string path)
    {
        var name = $"{new FileInfo(path).Directory!.Name}/{Path.GetFileNameWithoutExtension(path)}";
        if (ReleasedConfigs.Tensors(Path.GetFileNameWithoutExtension(path)) is not { } tensors)
        {
            yield return VerificationRow.Unsupported(name, "manifest of an unknown model");
            yield break;
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var manifest = document.RootElement.TryGetProperty("patterns", out var patterns)
            ? patterns.EnumerateObject().SelectMany(Expanded).ToDictionary(tensor => Checkpoint.Canonical(tensor.Name), tensor => tensor.Shape)
            : document.RootElement.GetProperty("tensors").EnumerateObject().ToDictionary(tensor => tensor.Name, tensor => Shape(tensor.Value));
        if (patterns.ValueKind == JsonValueKind.Object)
            yield return VerificationRow.Compare(name, "tensors", Math.Abs(tensors.Count - document.RootElement.GetProperty("tensors").GetInt32()), 0);
        yield return VerificationRow.Compare(name, "names", manifest.Keys.Except(tensors.Select(tensor => tensor.Name)).Count() + tensors.Count(tensor => !manifest.ContainsKey(tensor.Name)), 0);
        yield return VerificationRow.Compare(name, "shapes", tensors.Count(tensor => manifest.TryGetValue(tensor.Name, out var shape) && !shape.SequenceEqual(tensor.Shape)), 0);
        yield return VerificationRow.Compare(name, "parameters", Math.Abs(tensors.Parameters - document.RootElement.GetProperty("parameters").GetInt64()), 0);
    }
}
