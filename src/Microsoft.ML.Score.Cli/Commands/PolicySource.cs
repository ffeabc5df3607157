using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;

namespace Score.Cli.Commands;

/// <summary>Where a command's policy comes from.</summary>
internal static class PolicySource
{
    /// <summary>The policy of a file, or the shipped one without a file; one that fits the model.</summary>
    /// <exception cref="InvalidDataException">The file is no policy, or one of another encoder.</exception>
    /// <exception cref="NotSupportedException">There is no file, and none ships for the model.</exception>
    public static PolicyNetwork Load(string? path, IVideoLanguageModel model)
    {
        if (path is null)
            return PretrainedPolicy.For(model.Info);

        var policy = PolicyFile.Load(path);
        if (policy.Dimension != model.Info.Dimension)
            throw new InvalidDataException(
                $"The policy '{path}' scores tokens of dimension {policy.Dimension}; those of '{model.Info.Source}' have {model.Info.Dimension}.");
        if (policy.EncoderFingerprint is { } encoder && encoder != model.Info.Fingerprint)
            throw new InvalidDataException($"The policy '{path}' was trained on encoder {encoder}; the model '{model.Info.Source}' is {model.Info.Fingerprint}.");
        return policy;
    }
}
