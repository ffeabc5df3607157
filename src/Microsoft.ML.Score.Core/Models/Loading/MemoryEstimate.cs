using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models;

/// <summary>
/// Bytes that answering one question about one video takes on the CPU backends: the tensors that stand in memory at a time, from
/// the sizes in config.json. Stored weights are counted whole although they are mapped and the system may evict them: every
/// forward pass reads all of them, so where they do not stay in memory each generated token waits for the disk.
/// </summary>
/// <param name="Weights">Stored bytes of the tensors that the model reads.</param>
/// <param name="VisualTokens">The video's encoded tokens, DeepStack features included, in single precision.</param>
/// <param name="Encoder">The largest pass of the vision encoder.</param>
/// <param name="Prefill">The pass of the language model over the prompt.</param>
/// <param name="KeyValueCache">Keys and values of prompt and answer.</param>
public sealed record MemoryEstimate(long Weights, long VisualTokens, long Encoder, long Prefill, long KeyValueCache)
{
    /// <summary>Tokens that the estimate allows for the chat template and the question.</summary>
    internal const int TextTokens = 128;

    /// <summary>Tokens that the estimate allows for the answer: the default limit.</summary>
    internal const int AnswerTokens = 64;

    /// <summary>What is taken beside the weights. The encoder has ended when the language model begins.</summary>
    internal long WorkingSet => VisualTokens + Math.Max(Encoder, Prefill + KeyValueCache);

    /// <summary>All of it at a time, at most.</summary>
    public long Total => Weights + WorkingSet;

    /// <param name="config">The model.</param>
    /// <param name="weights">Stored bytes of its tensors.</param>
    /// <param name="grid">The video's tokens.</param>
    /// <param name="keptTokens">How many of them reach the language model.</param>
    internal static MemoryEstimate Of(IModelConfig config, long weights, TokenGrid grid, int keptTokens)
    {
        var rows = config.MostVideoRows(grid, keptTokens) + TextTokens;
        return new MemoryEstimate(
            weights,
            (long)grid.Count * config.TextConfig.HiddenSize * sizeof(float) * (1 + config.DeepStackLevels),
            config.EncoderBytes(grid),
            Qwen2LanguageModel.WorkingBytes(config.TextConfig, rows),
            Qwen2.KeyValueCache.Bytes(config.TextConfig, rows + AnswerTokens));
    }
}
