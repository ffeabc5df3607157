using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Training;

/// <summary>A policy is trained on a small random Qwen3-VL, whose tokens carry DeepStack features and times through both stages.</summary>
[TestFixture]
public class Qwen3TrainingTests
{
    [Test]
    public void Fit_BothStages_StoppedAndResumed_GiveEqualBytes()
    {
        using var checkpoint = new RandomQwen3Checkpoint();
        using var model = VideoModel.Load(checkpoint.Folder);
        using var folder = new TemporaryFolder();
        TrainingRow[] rows = [.. Enumerable.Range(0, 4).Select(i => Row(model, i, frames: 1)), .. Enumerable.Range(4, 4).Select(i => Row(model, i, frames: 6))];
        var heldOut = Row(model, 9, frames: 6);
        var expected = Fit(null).Policy.ToBytes();

        using var cancellation = new CancellationTokenSource();
        Assert.That(() => Fit(folder.Path, new Reporter(progress => { if (progress.Metrics is { Step: 3 }) cancellation.Cancel(); }), cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        var resumed = Fit(folder.Path);

        Assert.That(resumed.Policy.ToBytes(), Is.EqualTo(expected));
        Assert.That(resumed.Steps, Is.EqualTo(4));
        var kept = new ScoreCompressor(resumed.Policy).Compress(heldOut.ReadVideo(), 0.25);
        Assert.That((kept.Count, kept.DeepStack.Count), Is.EqualTo((heldOut.ReadVideo().Grid.Count / 4, 2)));
        Assert.That(model.CrossEntropy([kept], "What?", heldOut.Caption)[0], Is.InRange(0, 30));

        TrainingResult Fit(string? checkpointFolder, IProgress<TrainingProgress>? progress = null, CancellationToken token = default) =>
            new ScoreTrainer(model, Options(checkpointFolder)).Fit(rows, [heldOut], progress: progress, cancellationToken: token);
    }

    /// <summary>With DeepStack the policy is another, resumes to the same bytes, keeps the same tokens of a file as in memory, and does not go on without.</summary>
    [Test]
    public void Fit_ScoringDeepStack_StoppedAndResumed_GivesAPolicyOfAllFeatures()
    {
        using var checkpoint = new RandomQwen3Checkpoint();
        using var model = VideoModel.Load(checkpoint.Folder);
        using var folder = new TemporaryFolder();
        TrainingRow[] rows = [Row(model, 0, frames: 1), Row(model, 1, frames: 1), Row(model, 4, frames: 6), Row(model, 5, frames: 6)];
        var heldOut = Row(model, 9, frames: 6);
        var expected = Fit(null).Policy.ToBytes();

        using var cancellation = new CancellationTokenSource();
        Assert.That(() => Fit(folder.Path, new Reporter(progress => { if (progress.Metrics is { Step: 3 }) cancellation.Cancel(); }), cancellation.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            () => new ScoreTrainer(model, Options(folder.Path)).Fit(rows, [heldOut]),
            Throws.InvalidOperationException.With.Message.Contains("ScoreDeepStack', is '"));
        var policy = Fit(folder.Path).Policy;

        Assert.That(policy.ToBytes(), Is.EqualTo(expected));
        Assert.That((policy.Dimension, policy.DeepStackLevels, policy.ParameterCount), Is.EqualTo((32, 2, 4 * (2 * 3 * 32 + 2) + 1)));
        FeatureFile.Write(folder.File("clip.safetensors"), heldOut.ReadVideo());
        var compressor = new ScoreCompressor(policy);
        Assert.That(
            compressor.Compress(folder.File("clip.safetensors"), 0.25).Positions.ToArray(), Is.EqualTo(compressor.Compress(heldOut.ReadVideo(), 0.25).Positions.ToArray()));

        TrainingResult Fit(string? checkpointFolder, IProgress<TrainingProgress>? progress = null, CancellationToken token = default) =>
            new ScoreTrainer(model, Options(checkpointFolder) with { ScoreDeepStack = true }).Fit(rows, [heldOut], progress: progress, cancellationToken: token);
    }

    [Test]
    public void Fit_ScoringDeepStackOfAModelWithout_IsRefused()
    {
        using var model = new FakeVideoModel();
        var trainer = new ScoreTrainer(model, Options(null) with { ScoreDeepStack = true });
        TrainingRow[] rows = [new(new VideoTokens(new TokenGrid(2, 1, 1), FakeVideoModel.D, new float[8]), "a")];

        Assert.That(() => trainer.Fit(rows), Throws.ArgumentException.With.Message.Contains("ScoreDeepStack").And.Message.Contains("no-such-folder/fake"));
        Assert.That(
            () => new ScoreTrainer(model, Options(null)).Fit(rows, initialPolicy: PolicyNetwork.Initialize(FakeVideoModel.D, deepStackLevels: 3)),
            Throws.ArgumentException.With.Message.Contains("scores 3 DeepStack tensors").And.Message.Contains("have 0"));
    }

    /// <summary>Another checkpoint of the same model, whose prompt has another form, has other cross-entropies.</summary>
    [Test]
    public void Fit_WithAnotherPromptForm_DoesNotGoOn()
    {
        using var checkpoint = new RandomQwen3Checkpoint();
        using var folder = new TemporaryFolder();
        using var model = VideoModel.Load(checkpoint.Folder);
        using var other = VideoModel.Load(checkpoint.Folder, new VideoModelOptions { Qwen3VL = new Qwen3VLOptions { OuterMarkers = true } });
        TrainingRow[] rows = [Row(model, 0, frames: 1), Row(model, 4, frames: 6)];
        new ScoreTrainer(model, Options(folder.Path)).Fit(rows);

        Assert.That(() => new ScoreTrainer(other, Options(folder.Path)).Fit(rows), Throws.InvalidOperationException.With.Message.Contains("OuterMarkers"));
    }

    /// <summary>A step of a pseudo-video brings the features of its still, and times that follow each other as those of a video's steps do.</summary>
    [Test]
    public void PseudoVideos_OfStills_JoinDeepStackAndNameTimes()
    {
        TrainingRow[] stills = [.. Enumerable.Range(0, 6).Select(i => new TrainingRow(
            new VideoTokens(new TokenGrid(1, 1, 2), 1, new float[] { i, i }) { DeepStack = [new float[] { 10 + i, 10 + i }, new float[] { 20 + i, 20 + i }] }, $"{i}"))];

        var video = new PseudoVideos(stills, 1, seed: 1, warn: message => Assert.Fail(message)).First().ReadVideo();

        var vectors = video.Vectors.ToArray();
        Assert.That(video.DeepStack.Select(level => level.ToArray()), Is.EqualTo(new[] { vectors.Select(value => value + 10).ToArray(), vectors.Select(value => value + 20).ToArray() }));
        Assert.That(video.Times!.Seconds, Is.EqualTo(Enumerable.Range(0, video.Grid.TimeSteps).Select(step => step + 0.25)));
        Assert.That(video.Times.VideoSeconds, Is.EqualTo(video.Grid.TimeSteps));
    }

    private static TrainerOptions Options(string? checkpointFolder) => new()
    {
        WarmUpSteps = 2,
        MainSteps = 2,
        BatchSize = 1,
        Rollouts = 3,
        HiddenWidth = 4,
        CheckpointInterval = 1,
        CheckpointFolder = checkpointFolder,
    };

    private static TrainingRow Row(IVideoLanguageModel model, int seed, int frames)
    {
        var rgb = new byte[frames * 32 * 32 * 3];
        new Random(seed).NextBytes(rgb);
        return new TrainingRow(model.Encode(new FrameClip(rgb, frames, 32, 32, 2)), $"clip {seed}");
    }
}
