using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.TorchSharp;

/// <summary>The embedded model on torch beside the same model on the managed kernels: encoding, prefill, generation and training.</summary>
[TestFixture("torch-cpu")]
[TestFixture("torch-cuda-f32")]
public sealed class TrainingTests(string backend) : IDisposable
{
    private readonly IVideoLanguageModel _managed = VideoModel.Load("tiny");
    private IVideoLanguageModel _model = null!;

    [OneTimeSetUp]
    public void Load() => _model = VideoModel.Load("tiny", new VideoModelOptions { Backend = TestedBackends.Named(backend) });

    public void Dispose()
    {
        _managed.Dispose();
        _model?.Dispose();
    }

    [Test]
    public void Encode_SyntheticClip_GivesTheManagedFeatures()
    {
        var clip = SyntheticWorld.Generate(SyntheticSplit.Validation, VideoLength.Short, 0).Clip;

        Assert.That(_model.Encode(clip).Vectors.ToArray(), Is.EqualTo(_managed.Encode(clip).Vectors.ToArray()).Within(1e-4));
    }

    [Test]
    public void CrossEntropyAndGenerate_KeptSets_AreTheManagedOnes()
    {
        var example = SyntheticWorld.Generate(SyntheticSplit.Validation, VideoLength.Short, 1);
        var video = _managed.Encode(example.Clip);
        var random = new Random(1);
        KeptTokens[] sets =
        [
            KeptTokens.All(video),
            .. Enumerable.Range(1, 5).Select(i => KeptTokens.Gather(video, Enumerable.Range(0, video.Grid.Count).Where(_ => random.Next(6) < i).ToArray())),
        ];

        Assert.That(
            _model.CrossEntropy(sets, Questions.Caption, example.Caption), Is.EqualTo(_managed.CrossEntropy(sets, Questions.Caption, example.Caption)).Within(1e-4));
        Assert.That(_model.Generate(sets[0], Questions.Caption), Is.EqualTo(_managed.Generate(sets[0], Questions.Caption)));
    }

    /// <summary>The masks are drawn by one seed from policies that hardly differ, so they are the same.</summary>
    [TestCase(1)]
    [TestCase(20)]
    public void Fit_SameMasks_GivesTheManagedPolicy(int steps)
    {
        TrainingRow[] rows = [.. Enumerable.Range(0, 6).Select(i => SyntheticWorld.Generate(SyntheticSplit.PolicyTraining, VideoLength.Short, i))
            .Select(example => new TrainingRow(_managed.Encode(example.Clip), example.Caption))];

        var (expected, actual) = (Train(_managed), Train(_model));

        Assert.That(expected.Parameters.ToArray(), Is.Not.EqualTo(PolicyNetwork.Initialize(expected.Dimension, expected.HiddenWidth).Parameters.ToArray()));
        Assert.That(actual.Parameters.ToArray(), Is.EqualTo(expected.Parameters.ToArray()).Within(1e-3));

        PolicyNetwork Train(IVideoLanguageModel model) => new ScoreTrainer(
            model, new TrainerOptions { UseWarmUp = false, MainSteps = steps, BatchSize = 2, Rollouts = 4, HiddenWidth = 16 }).Fit(rows).Policy;
    }
}
