using Microsoft.ML.Score.Compression;

namespace Score.Cli.Evaluations;

/// <summary>One of the paper's tables as an evaluation: what <c>--preset</c> puts in place of the options' defaults.</summary>
/// <param name="Name">The word of the command line.</param>
/// <param name="Architecture">The frozen model's.</param>
/// <param name="Checkpoint">The checkpoint that the paper names.</param>
/// <param name="Benchmarks">The benchmarks of its columns.</param>
/// <param name="Compressors">The compressors of its rows.</param>
/// <param name="MaxFrames">Its "Max Frames".</param>
internal sealed record PaperPreset(string Name, string Architecture, string Checkpoint, string[] Benchmarks, ComparedCompressor[] Compressors, int MaxFrames)
{
    public const string Llava = "LLaVA-Video";
    private const string Qwen = "Qwen2.5-VL";
    private const string VideoMme = "video-mme";
    private const string QwenCheckpoint = "Qwen2.5-VL-7B-Instruct";
    private static readonly ComparedCompressor s_score = ComparedCompressor.Of(CompressionMethod.Score);
    private static readonly string[] s_allBenchmarks = ["lvbench", "mlvu-dev", VideoMme];

    /// <summary>Numbers of tokens to keep in place of the ratios 40%, 25% and 10%.</summary>
    public int[] Tokens { get; init; } = [];

    /// <summary>What the ablation's policy must be; null where there is no ablation.</summary>
    public string? Ablation { get; init; }

    /// <summary>Whether the ablation's policy must have no residual, which its file tells.</summary>
    public bool AblatesResidual { get; init; }

    /// <summary>Tables 1 to 5 of arXiv 2603.26365.</summary>
    public static IReadOnlyList<PaperPreset> All { get; } =
    [
        new("paper-table1", Qwen, QwenCheckpoint, s_allBenchmarks,
            [.. new[] { CompressionMethod.DyCoke, CompressionMethod.HoliTom, CompressionMethod.VidCom2, CompressionMethod.FastVid, CompressionMethod.Score }.Select(ComparedCompressor.Of)], 128),
        new("paper-table2", Llava, "LLaVA-Video-7B-Qwen2", [VideoMme], [ComparedCompressor.Of(CompressionMethod.FastVid), s_score], 64),
        // Its counts are means over Video-MME; 42,566 of all tokens is what the checkpoint makes of 128 frames.
        new("paper-table3", Qwen, QwenCheckpoint, [VideoMme], [s_score], 128) { Tokens = [17117, 10733, 4348] },
        new("paper-table4", Qwen, QwenCheckpoint, s_allBenchmarks, [ComparedCompressor.Ablation, s_score], 128) { Ablation = "trained on pseudo-videos only (score train --main-steps 0)" },
        new("paper-table5", Qwen, QwenCheckpoint, [VideoMme], [ComparedCompressor.Ablation, s_score], 128) { Ablation = "trained without the residual (score train --without-residual)", AblatesResidual = true },
    ];
}
