using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>The frozen model, itself held to the original's numbers, is the oracle of the trainable one.</summary>
[TestFixture]
public class CheckpointExportTests
{
    // Two implementations in single precision, over four layers.
    private const double Tolerance = 2e-4;

    private static readonly Recipe s_recipe = new();

    [Test]
    public void Write_FrozenModelLoadsIt_TokensAndCrossEntropiesAgree()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var tokenizer = new TinyTokenizer();
            var trained = new TrainableModel(s_recipe.Configuration, tokenizer.Tokenizer.VocabularySize, seed: 4);
            CheckpointExport.Write(folder, trained, s_recipe.Configuration, tokenizer);
            using var frozen = VideoModel.Load(folder);
            var video = SyntheticWorld.Generate(SyntheticSplit.Validation, VideoLength.Short, 0);
            var whole = new TrainingSamples(s_recipe, tokenizer.Tokenizer).Whole(video);

            var tokens = frozen.Encode(video.Clip);
            Assert.That(tokens.Grid, Is.EqualTo(video.Grid));
            AssertSame(frozen, tokens, trained, tokenizer, whole, whole.KeptTokens);
            AssertSame(frozen, tokens, trained, tokenizer, whole, [.. whole.KeptTokens.Where(token => token % 5 == 2)]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void AssertSame(IVideoLanguageModel frozen, VideoTokens tokens, TrainableModel trained, TinyTokenizer tokenizer, TrainingSequence whole, int[] kept)
    {
        var sequence = new TrainingSequence(tokenizer.Tokenizer, whole.Video, kept, whole.Streams);
        var losses = trained.Forward(new Tape(trained.Parameters), sequence, auxiliaryWeight: 0).Text.Losses;
        for (var stream = 0; stream < sequence.Streams.Count; stream++)
        {
            var (question, answer) = (sequence.Streams[stream].Question, sequence.Streams[stream].Answer);
            var expected = frozen.CrossEntropy([KeptTokens.Gather(tokens, kept)], question, answer)[0];
            var computed = losses.Where((_, row) => sequence.StreamOfTarget[row] == stream).Average();
            Assert.That(computed, Is.EqualTo(expected).Within(Tolerance), $"{kept.Length} tokens, {question}");
        }
    }
}
