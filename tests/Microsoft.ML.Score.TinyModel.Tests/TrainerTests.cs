namespace Microsoft.ML.Score.TinyModel;

[TestFixture]
public class TrainerTests
{
    private static readonly TinyTokenizer s_tokenizer = new();

    private static readonly Recipe s_recipe = new()
    {
        Configuration = new() { VisionDepth = 1, VisionHiddenSize = 16, VisionIntermediateSize = 16, Layers = 1, HiddenSize = 16, IntermediateSize = 16, Heads = 1 },
        Steps = 4,
        BatchSize = 2,
        StepsBetweenEvaluations = 2,
        ValidationVideos = 1,
    };

    [Test]
    public void Run_StoppedAndResumed_EndsWithTheSameBits()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        var otherFolder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            var straight = Train(folder, _ => { });

            Assert.That(() => Train(otherFolder, StopInTheLastStep), Throws.TypeOf<OperationCanceledException>());
            var resumed = Train(otherFolder, _ => { });

            Assert.That(resumed, Is.EqualTo(straight));
            Assert.That(File.ReadAllText(Path.Combine(otherFolder, "loss-curve.csv")), Is.EqualTo(File.ReadAllText(Path.Combine(folder, "loss-curve.csv"))));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            Directory.Delete(otherFolder, recursive: true);
        }

        static void StopInTheLastStep(string line)
        {
            if (line.StartsWith("step 4/", StringComparison.Ordinal))
                throw new OperationCanceledException();
        }
    }

    private static float[] Train(string folder, Action<string> log)
    {
        var model = new TrainableModel(s_recipe.Configuration, s_tokenizer.Tokenizer.VocabularySize, s_recipe.Seed);
        new Trainer(s_recipe, model, new TrainingSamples(s_recipe, s_tokenizer.Tokenizer), folder).Run(log);
        return model.Parameters.Values.ToArray();
    }
}
