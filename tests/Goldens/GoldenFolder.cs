using System.Text.Json;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Goldens;

/// <summary>Recognises what kind of golden cases a folder holds and runs them; sub-folders are visited in name order.</summary>
internal static class GoldenFolder
{
    /// <param name="folder">A folder laid out as the policy, model or compressor goldens are.</param>
    /// <param name="backend">What models run on.</param>
    /// <param name="cancellationToken">Stops between cases.</param>
    public static IEnumerable<VerificationRow> Verify(string folder, ComputeBackend backend, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"The golden folder '{folder}' does not exist.");

        return VerifyFolder(folder, backend, cancellationToken).Concat(
            Directory.GetDirectories(folder).Where(IsNoOutput).Order(StringComparer.Ordinal).SelectMany(sub =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                return Verify(sub, backend, cancellationToken);
            }));
    }

    // This project stands among its goldens, and so does what is built of it.
    private static bool IsNoOutput(string folder) => Path.GetFileName(folder) is not ("bin" or "obj");

    private static IEnumerable<VerificationRow> VerifyFolder(string folder, ComputeBackend backend, CancellationToken cancellationToken)
    {
        var name = Path.GetFileName(Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar));
        var files = Directory.GetFiles(folder).Select(Path.GetFileName).OfType<string>().Order(StringComparer.Ordinal).ToArray();
        return files switch
        {
            _ when files.Contains("config.json") && Architecture(folder) == "Qwen2_5_VLForConditionalGeneration" => Qwen25VLCases.Verify(folder, backend, cancellationToken),
            _ when files.Contains("config.json") && Architecture(folder) == "Qwen3VLForConditionalGeneration" => Qwen3VLCases.Verify(folder, backend, cancellationToken),
            _ when files.Contains("config.json") && Architecture(folder) == "LlavaQwenForCausalLM" => LlavaVideoCases.Verify(folder, backend, cancellationToken),
            _ when files.Contains("config.json") => Unsupported(Architecture(folder)),
            _ when RopeIndexCases.AreIn(folder) => RopeIndexCases.Verify(folder, backend),
            _ when Qwen3RopeIndexCases.AreIn(folder) => Qwen3RopeIndexCases.Verify(folder, backend),
            _ when Qwen3PromptCases.AreIn(folder) => Qwen3PromptCases.Verify(folder),
            _ when Qwen3PromptCases.TokensAreIn(folder) => Qwen3PromptCases.VerifyTokens(folder),
            _ when TokenizerCases.AreIn(folder) => TokenizerCases.Verify(folder),
            _ when PromptCases.AreIn(folder) => PromptCases.Verify(folder),
            _ when ManifestCases.AreIn(folder) => ManifestCases.Verify(folder),
            _ when files.Contains("manifest.json") => CompressorCases.Verify(folder, cancellationToken),
            _ when files.Any(IsProcessorCase) => files.Where(IsProcessorCase).SelectMany(
                file => ProcessorCases.Verify(Path.Combine(folder, file), $"{name}/{Path.GetFileNameWithoutExtension(file)}")),
            _ when files.Any(IsQwen3ProcessorCase) => files.Where(IsQwen3ProcessorCase).SelectMany(
                file => Qwen3ProcessorCases.Verify(Path.Combine(folder, file), $"{name}/{Path.GetFileNameWithoutExtension(file)}")),
            _ when files.Any(PolicyCases.IsCase) => files.Where(PolicyCases.IsCase).SelectMany(
                file => PolicyCases.Verify(Path.Combine(folder, file), $"{name}/{Path.GetFileNameWithoutExtension(file)}")),
            _ => Unsupported("unknown"),
        };

        bool IsProcessorCase(string file) => ProcessorCases.IsCase(Path.Combine(folder, file));

        bool IsQwen3ProcessorCase(string file) => Qwen3ProcessorCases.IsCase(Path.Combine(folder, file));

        // What is beside cases and belongs to them is none.
        IEnumerable<VerificationRow> Unsupported(string kind) =>
            files.Where(file => file.EndsWith(".json", StringComparison.Ordinal) && file is not ("config.json" or "sensitivity.json"))
                .Select(file => VerificationRow.Unsupported($"{name}/{Path.GetFileNameWithoutExtension(file)}", kind));
    }

    private static string Architecture(string folder)
    {
        using var config = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "config.json")));
        return config.RootElement.TryGetProperty("architectures", out var architectures) && architectures.GetArrayLength() > 0
            ? architectures[0].GetString() ?? "unknown"
            : "unknown";
    }
}
