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

    [Test]
    public void Forward_WholeModel_DerivativesAgreeWithDifferences()
    {
        var model = NewModel();
        var sequence = new TrainingSamples(s_recipe, s_tokenizer.Tokenizer).Whole(SyntheticWorld.Generate(SyntheticSplit.ModelTraining, VideoLength.Short, 0));
        var tape = new Tape(model.Parameters);
        double Loss()
        {
            tape.Clear();
            return model.Forward(tape, sequence, auxiliaryWeight: 1).Loss;
        }

        Loss();
        var gradient = new float[model.Parameters.Count];
        tape.Backward(gradient);

        FiniteDifferences.AssertGradients(Loss, [.. model.Parameters.Parameters.Select(parameter =>
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
