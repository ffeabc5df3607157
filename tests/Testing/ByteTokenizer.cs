using Microsoft.ML.Score.Text;

namespace Microsoft.ML.Score.Testing;

/// <summary>The tokenizer of Qwen checkpoints without knowledge: a token for each byte, then the special tokens of Qwen's templates.</summary>
internal static class ByteTokenizer
{
    public const int EndOfText = 256, EndOfTurn = 258, ImagePad = 262, VideoPad = 263, VocabularySize = 264;

    private static readonly string[] s_special =
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"];

    public static void Write(string folder) =>
        TokenizerWriter.Write(folder, BytePairVocabulary.FromMerges([]), [.. s_special.Select((content, i) => new AddedToken(content, EndOfText + i, Special: true))]);
}
