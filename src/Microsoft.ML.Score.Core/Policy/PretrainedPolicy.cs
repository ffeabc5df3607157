using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Policy;

/// <summary>The trained policies that ship in this library, one an embedded model.</summary>
public static class PretrainedPolicy
{
    private const string ResourcePrefix = "Policy/Pretrained/";

    /// <summary>The shipped policy that was trained on the model's encoder.</summary>
    /// <param name="model">The model whose tokens are to be scored.</param>
    /// <exception cref="NotSupportedException">None ships for this model.</exception>
    public static PolicyNetwork For(VideoModelInfo model)
    {
        ArgumentNullException.ThrowIfNull(model);

        return Shipped().FirstOrDefault(policy => policy.EncoderFingerprint == model.EncoderFingerprint)
            ?? throw new NotSupportedException(
                $"No trained policy ships for the model '{model.Source}' ({model.EncoderFingerprint}). Train one (ScoreTrainer, "
                + $"or score train) and give its file (PolicyFile.Load, or --policy).");
    }

    private static IEnumerable<PolicyNetwork> Shipped()
    {
        var assembly = typeof(PretrainedPolicy).Assembly;
        var files = CheckpointFiles.FromResources(assembly, ResourcePrefix);
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Select(name => PolicyFile.Parse(files.ReadAllBytes(name[ResourcePrefix.Length..]), name));
    }
}
