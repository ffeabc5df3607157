using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Text;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>The model's own byte-level BPE, learnt from the world's captions and questions: nearly every word is one token.</summary>
internal sealed class TinyTokenizer
{
    private const int CorpusVideos = 600;
    private const int MostMerges = 700;

    // Qwen2.5-VL's special tokens, in its order.
    private static readonly string[] s_special =
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>"];

    private readonly BytePairVocabulary _vocabulary = BytePairTrainer.Train(Corpus(), MostMerges);

    public TinyTokenizer()
    {
        AddedTokens = [.. s_special.Select((content, i) => new AddedToken(content, _vocabulary.Ids.Count + i, Special: true))];
        Tokenizer = new Tokenizer(_vocabulary, AddedTokens);
    }

    public Tokenizer Tokenizer { get; }

    public AddedToken[] AddedTokens { get; }

    /// <summary>The id of a special token.</summary>
    public int Id(string content) => AddedTokens.Single(token => token.Content == content).Id;

    /// <summary>Writes vocab.json, merges.txt and tokenizer_config.json.</summary>
    public void Write(string folder) => TokenizerWriter.Write(folder, _vocabulary, AddedTokens);

    private static IEnumerable<string> Corpus()
    {
        // The prompt twice: a pair has to occur twice to be merged.
        for (var i = 0; i < 2; i++)
            yield return QwenChatTemplate.BeforeVideo + QwenChatTemplate.AfterVideo(Questions.Caption);
        for (var index = 0; index < CorpusVideos; index++)
        {
            var video = SyntheticWorld.Generate(SyntheticSplit.ModelTraining, index % 2 == 0 ? VideoLength.Short : VideoLength.Medium, index);
            yield return video.Caption;
            foreach (var question in SyntheticQuestions.Of(video))
            {
                yield return QwenChatTemplate.AfterVideo(question.Text);
                foreach (var option in question.Options)
                    yield return option;
            }
        }
    }
}
