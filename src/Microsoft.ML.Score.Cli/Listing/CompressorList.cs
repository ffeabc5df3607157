using Microsoft.ML.Score.Compression;
using Score.Cli.Evaluations;
using Score.Cli.Output;

namespace Score.Cli.Listing;

/// <summary>What <c>score eval --compressors</c> takes: what each does to tokens and must be given, and of which other one it is a variant.</summary>
internal static class CompressorList
{
    public static object ToJson() => ComparedCompressor.All.Select(compressor => new
    {
        word = compressor.Word,
        name = NameOf(compressor),
        does = Does(compressor),
        needs = Needs(compressor),
        variantOf = DefaultVariant(compressor),
        byDefault = ComparedCompressor.Default.Contains(compressor),
    });

    public static void Write(TextWriter output)
    {
        var table = new TextTable("word", "name", "tokens", "needs", "variant of", "by default");
        foreach (var compressor in ComparedCompressor.All)
            table.Add(compressor.Word, NameOf(compressor), Does(compressor), Needs(compressor) is { Length: > 0 } needs ? string.Join(", ", needs) : "-", DefaultVariant(compressor) ?? "-", ComparedCompressor.Default.Contains(compressor) ? "yes" : "no");
        table.Write(output);
    }

    /// <summary>The word without what tells the variant: that of the method as its family is run where nothing else is said.</summary>
    private static string? DefaultVariant(ComparedCompressor compressor) =>
        compressor == ComparedCompressor.Ablation ? CompressionMethod.Score.Word : CompressionMethod.All.FirstOrDefault(method => compressor.Word.StartsWith(method.Word + "-", StringComparison.Ordinal))?.Word;

    private static string NameOf(ComparedCompressor compressor) =>
        compressor == ComparedCompressor.Ablation ? "SCORE with a second policy" : compressor.Method?.Name ?? "smaller frames";

    private static string Does(ComparedCompressor compressor) => compressor.Method switch
    {
        null => "encodes again",
        { Merges: true } => "merges",
        _ => "prunes",
    };

    private static string[] Needs(ComparedCompressor compressor) => compressor.Method is not { } method ? ["a model for any size"]
        : [.. Enum.GetValues<CompressionNeeds>().Where(need => need != CompressionNeeds.None && method.Needs.HasFlag(need)).Select(Word)];

    private static string Word(CompressionNeeds need) => need switch
    {
        CompressionNeeds.Seed => "seed",
        CompressionNeeds.Policy => "policy",
        CompressionNeeds.Model => "model",
        CompressionNeeds.ReceivedAttention => "received attention",
        CompressionNeeds.PooledAttention => "pooled attention",
        _ => throw new ArgumentOutOfRangeException(nameof(need), need, "Not a single need."),
    };
}
