using Microsoft.ML.Data;
using Microsoft.ML.Score.Estimators;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Saving;

/// <summary>A pipeline on a small random Qwen3-VL, whose tokens travel as feature files.</summary>
[TestFixture]
internal sealed class Qwen3PipelineTests
{
    private readonly MLContext _context = new(1);

    [Test]
    public void Load_TrainedPipeline_GivesTheSameMasksAndAnswers()
    {
        using var checkpoint = new RandomQwen3Checkpoint();
        using var model = VideoModel.Load(checkpoint.Folder);
        using var folder = new TemporaryFolder();
        var data = _context.Data.LoadFromEnumerable(new[] { Row.Random(1), Row.Random(2) });
        var encoding = new EncodeVideoOptions { Output = EncodeVideoOutput.FeatureFile, Cache = new() { Folder = folder.File("features") }, FeatureType = TensorType.F32 };
        var score = new ScoreOptions { RetentionRatio = 0.25, Training = new() { WarmUpSteps = 0, MainSteps = 1, Rollouts = 2, BatchSize = 1, HiddenWidth = 4 } };
        var fitted = _context.Transforms.EncodeVideo("Features", "Frames", model, encoding)
            .Append(_context.Transforms.ScoreCompress("Mask", "Features", captionColumnName: "Caption", model, score))
            .Append(_context.Transforms.AnswerVideoQuestion("Answer", "Features", "Mask", "Question", model))
            .Fit(data);
        _context.Model.Save(fitted, data.Schema, folder.File("pipeline.zip"));

        var expected = Read(fitted.Transform(data));
        var loaded = new MLContext().Model.LoadScore(folder.File("pipeline.zip"), out _, new ScoreLoadOptions { Cache = new() { Folder = folder.File("others") } });

        Assert.That(Read(loaded.Transform(data)), Is.EqualTo(expected));
        Assert.That(((bool[])expected[0][0]).Count(kept => kept), Is.EqualTo(((bool[])expected[0][0]).Length / 4));

        static List<object[]> Read(IDataView view) => EstimatorWorkout.Read(view, "Mask", "Answer");
    }

    [Test]
    public void EncodeVideo_AsVectors_IsRefusedWithTheReason()
    {
        using var checkpoint = new RandomQwen3Checkpoint();
        using var model = VideoModel.Load(checkpoint.Folder);

        Assert.That(
            () => _context.Transforms.EncodeVideo("Features", "Frames", model),
            Throws.ArgumentException.With.Message.Contains("Output must be FeatureFile").And.Message.Contains("2 DeepStack tensors"));
    }

    private sealed class Row
    {
        private const int Side = 16;

        [VectorType(0, Side, Side, 3)]
        public byte[] Frames { get; set; } = [];

        public string Caption { get; set; } = "";

        public string Question { get; set; } = "";

        public static Row Random(int seed)
        {
            var frames = new byte[6 * Side * Side * 3];
            new Random(seed).NextBytes(frames);
            return new Row { Frames = frames, Caption = $"clip {seed}", Question = "What?" };
        }
    }
}
