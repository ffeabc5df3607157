using System.Security.Cryptography;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Score.Cli.Files;

namespace Score.Cli.Evaluations;

/// <summary>The policies that an evaluation compares; null where no compressor asks for it.</summary>
/// <param name="Score">The policy called SCORE.</param>
/// <param name="Ablation">Another one to compare it with.</param>
internal sealed record EvaluationPolicies(PolicyNetwork? Score, PolicyNetwork? Ablation)
{
    /// <exception cref="InvalidDataException">A file is no policy, or one of another encoder.</exception>
    /// <exception cref="NotSupportedException">No policy ships for the model, and no file is given.</exception>
    public static EvaluationPolicies Load(ComparedCompressor[] compared, string? policy, string? ablation, IVideoLanguageModel model)
    {
        return new(
            compared.Contains(ComparedCompressor.Of(CompressionMethod.Score)) ? PolicySource.Load("--policy", policy, model) : null,
            compared.Contains(ComparedCompressor.Ablation) ? PolicySource.Load("--ablation-policy", ablation, model) : null);
    }

    /// <summary>SHA-256 of the policies' files.</summary>
    public string Fingerprint => string.Join(", ", Taken.Select(policy => policy.Hash));

    /// <summary>The policies with the names of their rows.</summary>
    public IReadOnlyList<EvaluatedPolicy> Taken { get; } = [.. new[] { (CompressionMethod.Score.Name, Score), (ComparedCompressor.AblationName, Ablation) }
        .Where(policy => policy.Item2 is not null)
        .Select(policy => new EvaluatedPolicy(policy.Item1, Convert.ToHexStringLower(SHA256.HashData(policy.Item2!.ToBytes())), policy.Item2.Provenance))];
}
