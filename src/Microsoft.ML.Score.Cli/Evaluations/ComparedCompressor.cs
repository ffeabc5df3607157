using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Score.Cli.Usage;

namespace Score.Cli.Evaluations;

/// <summary>
/// What <c>--compressors</c> names: every method of the library by its word, and two things that are none: SCORE with a second policy, and
/// smaller frames in place of a compression.
/// </summary>
/// <param name="Word">The word of the command line.</param>
/// <param name="Method">The method; null for smaller frames.</param>
internal readonly record struct ComparedCompressor(string Word, CompressionMethod? Method)
{
    /// <summary>The name of its rows.</summary>
    public const string AblationName = "SCORE (ablation)";

    /// <summary>SCORE with the policy of <c>--ablation-policy</c>.</summary>
    public static ComparedCompressor Ablation { get; } = new("ablation", CompressionMethod.Score);

    /// <summary>No compression: the video encoded again with smaller frames, within the same budget.</summary>
    public static ComparedCompressor LowResolution { get; } = new("low-resolution", null);

    public static IReadOnlyList<ComparedCompressor> All { get; } = [.. CompressionMethod.All.Select(Of), LowResolution, Ablation];

    /// <summary>Those that need nothing but the tokens: no other policy, no statistics of the encoder, no second encoding.</summary>
    public static ComparedCompressor[] Default { get; } =
        [.. All.Where(compressor => compressor is { Method.NeedsEncoderAttention: false } && compressor != Ablation)];

    /// <summary>Every word, for messages.</summary>
    public static string Words => string.Join(", ", All.Select(compressor => compressor.Word));

    /// <summary>The word, as help shows it.</summary>
    public override string ToString() => Word;

    /// <summary>Whether it chooses by the encoder's attention.</summary>
    public bool NeedsStatistics => Method is { NeedsEncoderAttention: true };

    public static ComparedCompressor Of(CompressionMethod method) => new(method.Word, method);

    /// <summary>The compressor of a word, whose case and hyphens are free; null where there is none.</summary>
    public static ComparedCompressor? Parse(string text)
    {
        foreach (var compressor in All)
            if (Plain(compressor.Word).Equals(Plain(text), StringComparison.OrdinalIgnoreCase))
                return compressor;
        return null;

        static string Plain(string word) => word.Replace("-", "", StringComparison.Ordinal);
    }

    /// <summary>What the command line alone tells.</summary>
    /// <exception cref="UsageException">Low resolution is to keep a number of tokens, or the ablation has no policy.</exception>
    public static void ThrowIfContradictory(ComparedCompressor[] compared, int[] tokens, string? ablationPolicy)
    {
        if (tokens.Length > 0 && compared.Contains(LowResolution))
            throw new UsageException($"--compressors: {LowResolution.Word} keeps a share of the tokens; it cannot be combined with --tokens.");
        if (compared.Contains(Ablation) && ablationPolicy is null)
            throw new UsageException($"--compressors: {Ablation.Word} needs the policy to compare with; name it with --ablation-policy.");
    }

    /// <summary>A system for each compressor at each budget, by budget.</summary>
    /// <param name="compared">The compressors, which do not contradict the rest.</param>
    /// <param name="ratios">The shares of tokens to keep.</param>
    /// <param name="tokens">The numbers of tokens to keep, in place of shares; empty for shares.</param>
    /// <param name="policies">What score and ablation stand for.</param>
    /// <param name="seed">Of the random ones.</param>
    /// <param name="model">The frozen model.</param>
    public static IEnumerable<ComparedSystem> Systems(
        ComparedCompressor[] compared, double[] ratios, int[] tokens, EvaluationPolicies policies, int seed, IVideoLanguageModel model)
    {
        var compressors = Array.ConvertAll(compared, compressor => compressor.Create(policies, seed, model));
        return tokens.Length > 0
            ? tokens.SelectMany(count => compressors.Select((compressor, index) => Compared(index, BenchmarkSystem.OfCount(compressor!, count))))
            : ratios.SelectMany(ratio => compressors.Select((compressor, index) =>
                Compared(index, compressor is null ? BenchmarkSystem.Reencoded(ratio) : new BenchmarkSystem(compressor, ratio))));

        // The others are compared with SCORE under the policy that was given for it.
        ComparedSystem Compared(int index, BenchmarkSystem system) => new(system) { IsReference = compared[index] == Of(CompressionMethod.Score) };
    }

    private ITokenCompressor? Create(EvaluationPolicies policies, int seed, IVideoLanguageModel model) => this == Ablation
        ? new ScoreCompressor(policies.Ablation!, name: AblationName)
        : Method?.Create(new CompressionOptions { Policy = policies.Score, Seed = seed, Model = model });
}
