using System.Text.Json;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Score.Cli.Usage;

namespace Score.Cli.Evaluations;

/// <summary>The compressors of <c>score eval</c>, each a word of the command line: dycoke-official for <see cref="DycokeOfficial"/>.</summary>
internal enum CompressorWord
{
    Score,
    Untrained,
    Random,
    Jittered,
    Uniform,
    Residual,
    Evs,
    FrameDrop,
    LowResolution,
    Dycoke,
    DycokeOfficial,
    DycokePort,
    Vidcom2,
    Holitom,
    HolitomPort,
    Fastvid,
    FastvidOnevision,
    FastvidPort,
    Ablation,
}

/// <summary>What the words stand for.</summary>
internal static class CompressorWords
{
    /// <summary>Those that need nothing but the tokens: no other policy, no statistics of the encoder, no second encoding.</summary>
    public static readonly CompressorWord[] Default = [.. Enum.GetValues<CompressorWord>().Where(word => word is not (CompressorWord.Ablation or CompressorWord.LowResolution) && !NeedsStatistics(word))];

    /// <summary>Every word, for messages.</summary>
    public static string All => string.Join(", ", Enum.GetValues<CompressorWord>().Select(Text));

    public static string Text(CompressorWord word) => JsonNamingPolicy.KebabCaseLower.ConvertName(word.ToString());

    public static CompressorWord? Parse(string text) => EnumWord.Parse<CompressorWord>(text.Replace("-", "", StringComparison.Ordinal));

    /// <summary>Whether it chooses by the encoder's attention.</summary>
    public static bool NeedsStatistics(CompressorWord word) => word is CompressorWord.Holitom or CompressorWord.Fastvid or CompressorWord.FastvidOnevision;

    /// <summary>A system for each word at each budget, by budget.</summary>
    /// <param name="words">The compressors.</param>
    /// <param name="ratios">The shares of tokens to keep.</param>
    /// <param name="tokens">The numbers of tokens to keep, in place of shares; empty for shares.</param>
    /// <param name="policies">What score and ablation stand for.</param>
    /// <param name="seed">Of the random ones.</param>
    /// <param name="model">The frozen model.</param>
    /// <exception cref="ArgumentException">Low resolution is to keep a number of tokens.</exception>
    public static IEnumerable<BenchmarkSystem> Systems(CompressorWord[] words, double[] ratios, int[] tokens, EvaluationPolicies policies, int seed, IVideoLanguageModel model)
    {
        var compressors = words.Select(word => word == CompressorWord.LowResolution ? null : Compressor(word, policies, seed, model)).ToArray();
        if (tokens.Length > 0 && compressors.Contains(null))
            throw new ArgumentException($"{Text(CompressorWord.LowResolution)} keeps a share of the tokens; it cannot be combined with --tokens.");
        return tokens.Length > 0
            ? tokens.SelectMany(count => compressors.Select(compressor => BenchmarkSystem.OfCount(compressor!, count)))
            : ratios.SelectMany(ratio => compressors.Select(compressor => compressor is null ? BenchmarkSystem.Reencoded(ratio) : new BenchmarkSystem(compressor, ratio)));
    }

    private static ITokenCompressor Compressor(CompressorWord word, EvaluationPolicies policies, int seed, IVideoLanguageModel model) => word switch
    {
        CompressorWord.Score => new ScoreCompressor(policies.Score!),
        CompressorWord.Ablation => new ScoreCompressor(policies.Ablation!, name: "SCORE (ablation)"),
        CompressorWord.Untrained => new ScoreCompressor(PolicyNetwork.Initialize(model.Info.Dimension, seed: seed), name: "untrained policy"),
        CompressorWord.Random => new RandomCompressor(seed),
        CompressorWord.Jittered => new JitteredUniformCompressor(seed),
        CompressorWord.Uniform => new UniformCompressor(),
        CompressorWord.Residual => new LargestResidualCompressor(),
        CompressorWord.Evs => new EvsCompressor(),
        CompressorWord.FrameDrop => new FrameDropCompressor(),
        CompressorWord.Dycoke => new DyCokeCompressor(),
        CompressorWord.DycokeOfficial => new DyCokeCompressor(DyCokeVariant.Official),
        CompressorWord.DycokePort => new DyCokeCompressor(DyCokeVariant.VidCom2Port),
        CompressorWord.Vidcom2 => new VidCom2Compressor(),
        CompressorWord.Holitom => new HoliTomCompressor(),
        CompressorWord.HolitomPort => new HoliTomCompressor(HoliTomVariant.VidCom2Port),
        // Of the two architectures Qwen2.5-VL is the one that takes frames of any size.
        CompressorWord.Fastvid => new FastVidCompressor(model is IScalableVideoModel ? FastVidVariant.Qwen25VL : FastVidVariant.LlavaVideo),
        CompressorWord.FastvidOnevision => new FastVidCompressor(FastVidVariant.LlavaOneVision),
        CompressorWord.FastvidPort => new FastVidCompressor(FastVidVariant.VidCom2Port),
        _ => throw new ArgumentOutOfRangeException(nameof(word), word, "This is no compressor."),
    };
}
