using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Score.Cli.Files;

/// <summary>Where a command's policy comes from.</summary>
internal static class PolicySource
{
    /// <summary>The policy of a file, or the shipped one without a file; one that fits the model.</summary>
    /// <exception cref="InvalidDataException">The file is no policy, or one of another encoder.</exception>
    /// <exception cref="NotSupportedException">There is no file, and none ships for the model.</exception>
    public static PolicyNetwork Load(string? path, IVideoLanguageModel model)
    {
        if (path is null)
            return PolicyNetwork.Pretrained(model.Info);

        var policy = PolicyNetwork.Load(path);
        return new EncoderIdentity($"the policy '{path}'", policy.Dimension, policy.EncoderFingerprint).Refuses(EncoderIdentity.Of(model.Info)) is { } unfit
            ? throw new InvalidDataException(unfit)
            : policy;
    }
}
