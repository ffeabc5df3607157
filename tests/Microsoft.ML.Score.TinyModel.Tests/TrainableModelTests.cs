using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.TinyModel;

[TestFixture]
public class TrainableModelTests
{
    private static readonly Recipe s_recipe = new()
    {
        Configuration = new() { VisionHiddenSize = 16, VisionIntermediateSize = 24, VisionHeads = 2, Layers = 2, HiddenSize = 16, IntermediateSize = 24, Heads = 2, MropeSection = [2, 1, 1] },
    };

    private static readonly TinyTokenizer s_tokenizer = new();

    /// <summary>The vision tower learns from the auxiliary losses alone, everything else from the sum of all.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public void Forward_WholeModel_DerivativesAgreeWithDifferences(bool ofVisionTower)
    {
        var model = NewModel();
        var sequence = new TrainingSamples(s_recipe, s_tokenizer.Tokenizer).Whole(SyntheticWorld.Generate(SyntheticSplit.ModelTraining, VideoLength.Short, 0));
        var tape = new Tape(model.Parameters);
        double Loss()
        {
            tape.Clear();
            var scores = model.Forward(tape, sequence, auxiliaryWeight: 1);
            return ofVisionTower ? scores.Loss - scores.Text.Losses.Zip(sequence.Weights, (loss, weight) => loss * weight).Sum() : scores.Loss;
        }

        Loss();
        var gradient = new float[model.Parameters.Count];
        tape.Backward(gradient);

        FiniteDifferences.AssertGradients(Loss, [.. model.Parameters.Parameters.Where(parameter => parameter.Name.StartsWith("visual.", StringComparison.Ordinal) == ofVisionTower).Select(parameter =>
            (parameter.Name, model.Parameters.Memory(parameter), gradient.AsSpan(parameter.Offset, parameter.Count).ToArray()))], samples: 10);
    }

    [Test]
    public void Forward_OtherStreams_DoNotChangeTheLossOfAStream()
    {
        var model = NewModel();
        var video = SyntheticWorld.Generate(SyntheticSplit.ModelTraining, VideoLength.Short, 3);
        var whole = new TrainingSamples(s_recipe, s_tokenizer.Tokenizer).Whole(video);
        var alone = new TrainingSequence(s_tokenizer.Tokenizer, whole.Video, whole.KeptTokens, [whole.Streams[2]]);

        double[] together = [.. Losses(model, whole).Where((_, row) => whole.StreamOfTarget[row] == 2)];

        Assert.That(together, Is.EqualTo(Losses(model, alone)).Within(1e-4));
    }

    private static TrainableModel NewModel() => new(s_recipe.Configuration, s_tokenizer.Tokenizer.VocabularySize, seed: 2);

    private static double[] Losses(TrainableModel model, TrainingSequence sequence) =>
        model.Forward(new Tape(model.Parameters), sequence, auxiliaryWeight: 0).Text.Losses;
}
