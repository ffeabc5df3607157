using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Score.Cli.Files;

/// <summary>Where a command's policy comes from.</summary>
internal static class PolicySource
{
    /// <summary>The policy of a file, or the shipped one without a file; one that fits the model.</summary>
    /// <param name="option">The option that names the file.</param>
    /// <param name="path">The file; null where the option is absent.</param>
    /// <param name="model">The frozen model.</param>
    public static PolicyNetwork Load(string option, string? path, IVideoLanguageModel model) => Load(option, path, model.Info, anyProcessing: false);

    /// <summary>The same for a model that need not be loaded.</summary>
    /// <param name="option">The option that names the file.</param>
    /// <param name="path">The file; null where the option is absent.</param>
    /// <param name="model">Which model it is.</param>
    /// <param name="anyProcessing">Whether a policy for other options of frames is taken too.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">The file is no policy, or one of another encoder.</exception>
    /// <exception cref="NotSupportedException">There is no file, and none ships for the model.</exception>
    public static PolicyNetwork Load(string option, string? path, VideoModelInfo model, bool anyProcessing)
    {
        if (path is null)
            return PolicyNetwork.Pretrained(model);

        if (Directory.Exists(path))
            throw new InvalidDataException($"{option}: '{path}' is a folder; expected a policy file (.safetensors).");
        if (!File.Exists(path))
            throw new FileNotFoundException($"{option}: there is no file '{path}'; expected a policy that score train wrote (.safetensors).", path);
        if (IsZip(path))
            throw new InvalidDataException($"{option}: '{path}' is a zip file, such as the ML.NET model that score train --output pipeline.zip writes; {option} takes the policy of score train --output policy.safetensors.");
        var policy = PolicyNetwork.Load(path);
        return new EncoderIdentity($"the policy '{path}'", policy.Dimension, policy.EncoderFingerprint) { AnyProcessing = anyProcessing }.Refuses(EncoderIdentity.Of(model)) is { } unfit
            ? throw new InvalidDataException(unfit)
            : policy;
    }

    /// <summary>By the signature of its first entry, whatever its name is; a device is not read, whose bytes would be gone.</summary>
    private static bool IsZip(string path)
    {
        if (RealPath.IsDevice(path))
            return false;
        Span<byte> start = stackalloc byte[4];
        using var file = File.OpenRead(path);
        return file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual("PK\u0003\u0004"u8);
    }
}
