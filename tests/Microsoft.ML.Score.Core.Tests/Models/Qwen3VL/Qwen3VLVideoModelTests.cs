using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen3VL;

[TestFixture]
internal sealed class Qwen3VLVideoModelTests
{
    // Of a mean cross-entropy, between backends and between batches.
    private const double Tolerance = 2e-4;

    private RandomQwen3Checkpoint _checkpoint = null!;
    private IVideoLanguageModel _model = null!;

    [OneTimeSetUp]
    public void Load()
    {
        _checkpoint = new RandomQwen3Checkpoint();
        _model = VideoModel.Load(_checkpoint.Folder);
    }

    [OneTimeTearDown]
    public void Dispose()
    {
        _model.Dispose();
        _checkpoint.Dispose();
    }

    [Test]
    public void Encode_Clip_GivesVectorsDeepStackAndTimes()
    {
        var video = _model.Encode(Clip());

        Assert.That(video.Grid, Is.EqualTo(new TokenGrid(3, 5, 8, 1.0)));
        Assert.That((video.Dimension, video.DeepStack.Count, _model.Info.DeepStackLevels), Is.EqualTo((32, 2, 2)));
        Assert.That(video.DeepStack.Select(level => level.Length), Is.All.EqualTo(3 * 40 * 32));
        Assert.That(video.Times!.Seconds, Is.EqualTo(new[] { 0.25, 1.25, 2.25 }));
        Assert.That(video.Times.VideoSeconds, Is.EqualTo(3));
        Assert.That(video.EncoderFingerprint, Is.EqualTo(_model.Info.EncoderFingerprint));
    }

    [Test]
    public void Encode_TimeSteps_DoNotSeeEachOther()
    {
        var whole = _model.Encode(Clip());
        var first = _model.Encode(new FrameClip(Clip().ReadFrames([0, 1]).SelectMany(frame => frame.ToArray()).ToArray(), 2, 40, 64, 2));

        Assert.That(first.Grid.TimeSteps, Is.EqualTo(1));
        foreach (var (part, all) in first.DeepStack.Prepend(first.Vectors).Zip(whole.DeepStack.Prepend(whole.Vectors)))
            Assert.That(part.ToArray(), Is.EqualTo(all[..part.Length].ToArray()).Within(1e-5f));
    }

    [Test]
    public void Encode_Still_CarriesNoTimesAndIsAnswered()
    {
        var still = _model.Encode(new FrameClip(Clip().ReadFrames([0]).SelectMany(frame => frame.ToArray()).ToArray(), 1, 40, 64, 2));

        Assert.That((still.Grid.TimeSteps, still.Times), Is.EqualTo((1, (StepTimes?)null)));
        Assert.That(_model.CrossEntropy([KeptTokens.All(still)], "What?", "A ball.")[0], Is.InRange(0, 30));
    }

    [Test]
    public void CrossEntropy_SetInABatch_IsThatOfTheSetAloneAndOfCopiedRows()
    {
        var video = _model.Encode(Clip());
        KeptTokens[] sets = [KeptTokens.All(video), KeptTokens.Gather(video, Array.Empty<int>()), KeptTokens.Gather(video, new[] { 0, 7, 89 }), KeptTokens.Gather(video, new[] { 40 })];
        KeptTokens[] copies = Array.ConvertAll(sets, kept => new KeptTokens(kept.Grid, kept.Dimension, kept.Positions, kept.Vectors) { DeepStack = kept.DeepStack, Times = kept.Times });

        var batch = _model.CrossEntropy(sets, "What is seen?", "A ball.");

        Assert.That(batch, Is.EqualTo(sets.Select(set => _model.CrossEntropy([set], "What is seen?", "A ball.")[0])).Within(Tolerance));
        Assert.That(batch, Is.EqualTo(_model.CrossEntropy(copies, "What is seen?", "A ball.")).Within(Tolerance));
        Assert.That(batch.Distinct().Count(), Is.EqualTo(sets.Length));
    }

    /// <summary>DeepStack rows belong to their tokens: those of other tokens, or none, change the answer's cross-entropy.</summary>
    [Test]
    public void CrossEntropy_DeepStackOfOtherTokens_IsAnother()
    {
        var kept = KeptTokens.Gather(_model.Encode(Clip()), new[] { 30, 60, 90 });
        KeptTokens With(Func<ReadOnlyMemory<float>, ReadOnlyMemory<float>> change) =>
            new(kept.Grid, kept.Dimension, kept.Positions, kept.Vectors) { Times = kept.Times, DeepStack = [.. kept.DeepStack.Select(change)] };
        var turned = With(level => level[32..].ToArray().Concat(level[..32].ToArray()).ToArray());
        var none = With(level => new float[level.Length]);

        var losses = new[] { kept, turned, none }.Select(set => _model.CrossEntropy([set], "Q", "A ball.")[0]).ToArray();

        Assert.That(Math.Abs(losses[0] - losses[1]), Is.GreaterThan(10 * Tolerance));
        Assert.That(Math.Abs(losses[0] - losses[2]), Is.GreaterThan(10 * Tolerance));
    }

    [Test]
    public void CrossEntropy_ScalarBackend_Agrees()
    {
        using var scalar = VideoModel.Load(_checkpoint.Folder, new VideoModelOptions { Backend = ComputeBackend.Scalar });
        var video = _model.Encode(Clip());
        KeptTokens[] sets = [KeptTokens.Gather(video, new[] { 1, 2, 3, 50, 80 }), KeptTokens.Gather(video, new[] { 4, 44 })];

        Assert.That(_model.CrossEntropy(sets, "Why?", "No."), Is.EqualTo(scalar.CrossEntropy(sets, "Why?", "No.")).Within(Tolerance));
    }

    [Test]
    public void CrossEntropy_TokensWithoutWhatTheModelNeeds_SayWhich()
    {
        var video = _model.Encode(Clip());
        var bare = new VideoTokens(video.Grid, video.Dimension, video.Vectors) { Times = video.Times };
        var untimed = new VideoTokens(video.Grid, video.Dimension, video.Vectors) { DeepStack = video.DeepStack };
        var broken = video.DeepStack[1].ToArray();
        broken[5] = float.NaN;
        var notFinite = new VideoTokens(video.Grid, video.Dimension, video.Vectors) { Times = video.Times, DeepStack = [video.DeepStack[0], broken] };

        Assert.That(() => _model.CrossEntropy([KeptTokens.All(bare)], "Q", "A"), Throws.ArgumentException.With.Message.Contains("takes 2 DeepStack tensors").And.Message.Contains("feature files"));
        Assert.That(() => _model.Generate(KeptTokens.All(untimed), "Q"), Throws.ArgumentException.With.Message.Contains("names the time of each step"));
        Assert.That(() => _model.Generate(KeptTokens.All(notFinite), "Q"), Throws.ArgumentException.With.Message.Contains("Value 5 of the DeepStack tensor 1 is NaN"));
    }

    [Test]
    public void Generate_TwiceTheSame_RespectsTheLimit()
    {
        var kept = KeptTokens.Gather(_model.Encode(Clip()), new[] { 3, 50 });
        var options = new GenerationOptions { MaxNewTokens = 9 };

        Assert.That(_model.Generate(kept, "What?", options), Is.EqualTo(_model.Generate(kept, "What?", options)).And.Length.LessThanOrEqualTo(9));
    }

    /// <summary>Where every step keeps a token nothing is dropped; where one is empty its text leaves, wherever it stands.</summary>
    [TestCase(new[] { 0, 45, 119 }, false)]
    [TestCase(new[] { 0, 119 }, true)]
    [TestCase(new[] { 50 }, true)]
    [TestCase(new[] { 90 }, true)]
    [TestCase(new int[0], true)]
    public void CrossEntropy_DropEmptySteps_ChangesOnlySetsThatHaveOne(int[] positions, bool changes)
    {
        using var dropping = VideoModel.Load(_checkpoint.Folder, new VideoModelOptions { Qwen3VL = new() { DropEmptySteps = true } });
        var video = _model.Encode(Clip());
        KeptTokens[] sets = [KeptTokens.Gather(video, positions), KeptTokens.All(video)];

        var (kept, dropped) = (_model.CrossEntropy(sets, "Q", "A ball."), dropping.CrossEntropy(sets, "Q", "A ball."));

        Assert.That(Math.Abs(kept[0] - dropped[0]), changes ? Is.GreaterThan(1e-3) : Is.LessThan(Tolerance));
        Assert.That(dropped[1], Is.EqualTo(kept[1]).Within(Tolerance));
        Assert.That(dropping.CrossEntropy(sets[..1], "Q", "A ball."), Is.EqualTo(dropped[..1]).Within(Tolerance));
        Assert.That(dropping.Info.EncoderFingerprint, Is.EqualTo(_model.Info.EncoderFingerprint), "the prompt does not change the tokens");
    }

    [Test]
    public void CrossEntropy_OuterMarkers_IsAnotherPrompt()
    {
        using var outer = VideoModel.Load(_checkpoint.Folder, new VideoModelOptions { Qwen3VL = new() { OuterMarkers = true } });
        var kept = KeptTokens.All(_model.Encode(Clip()));

        Assert.That(outer.CrossEntropy([kept], "Q", "A ball."), Is.Not.EqualTo(_model.CrossEntropy([kept], "Q", "A ball.")));
    }

    [Test]
    public void Load_OtherFrameRules_IsAnotherEncoder()
    {
        using var utils = VideoModel.Load(_checkpoint.Folder, new VideoModelOptions { Qwen3VL = new() { FrameRules = Qwen3VLFrameRules.QwenVLUtils } });

        Assert.That(utils.Info.Fingerprint, Is.EqualTo(_model.Info.Fingerprint));
        Assert.That((utils.Info.Processing, utils.Info.EncoderFingerprint), Is.Not.EqualTo((_model.Info.Processing, _model.Info.EncoderFingerprint)));
        Assert.That(utils.Info.Processing, Does.StartWith("QwenVLUtils"));
    }

    [Test]
    public void EncodeScaled_FewerTokens_KeepsStepsAndTimes()
    {
        var video = ((IScalableVideoModel)_model).EncodeScaled(Clip(), 10);

        Assert.That((video.Grid.TimeSteps, video.Grid.TokensPerStep), Is.EqualTo((3, 10)));
        Assert.That(video.Times!.Seconds[0], Is.EqualTo(0.25));
    }

    [Test]
    public void Compress_EveryMethodThatNeedsNoStatistics_IsAnswered()
    {
        var video = _model.Encode(Clip());
        KeptTokens[] sets = [new DyCokeCompressor().Compress(video, 0.5), new VidCom2Compressor().Compress(video, 0.25)];

        foreach (var kept in sets)
        {
            Assert.That(kept.DeepStack.Select(level => level.Length), Is.All.EqualTo(kept.Count * 32));
            Assert.That(kept.DeepStack[1].Slice(0, 32).ToArray(), Is.EqualTo(video.DeepStack[1].Slice(kept.Positions.Span[0] * 32, 32).ToArray()));
            Assert.That(_model.CrossEntropy([kept], "Q", "A")[0], Is.InRange(0, 30));
        }
    }

    [Test]
    public void Encode_WithStatistics_SharesAttentionAmongTheTokensOfEachStep()
    {
        using var model = VideoModel.Load(_checkpoint.Folder, new VideoModelOptions { EncoderStatistics = true });
        var video = model.Encode(Clip());

        Assert.That(video.Statistics!.PooledAttention.Length, Is.EqualTo(120));
        Assert.That(video.Statistics.PooledAttention.ToArray().Chunk(40).Select(step => step.Sum()), Is.All.EqualTo(1).Within(1e-5f));
        Assert.That(new FastVidCompressor(FastVidVariant.Qwen25VL).Compress(video, 0.25).DeepStack.Count, Is.EqualTo(2));
    }

    [Test]
    public void Describe_Checkpoint_NamesItsPartsAndEstimatesDeepStack()
    {
        var description = VideoModel.Describe(_checkpoint.Folder);

        Assert.That(description.Architecture, Is.EqualTo("Qwen3-VL"));
        Assert.That(description.Parts.Select(part => part.Name), Is.EqualTo(new[] { "vision tower", "merger", "DeepStack mergers", "token embeddings", "decoder layers" }));
        Assert.That(description.GridOf(Clip()), Is.EqualTo(new TokenGrid(3, 5, 8, 1.0)));
        Assert.That(description.Estimate(new TokenGrid(3, 5, 8), 12).VisualTokens, Is.EqualTo(3 * 120 * 32 * sizeof(float)));
    }

    [Test]
    public void Check_Checkpoint_FindsNoFault()
    {
        var checks = VideoModel.Check(_checkpoint.Folder);

        Assert.That(checks.SelectMany(check => check.Faults), Is.Empty);
        Assert.That(checks.Single(check => check.Name == "special tokens").Summary, Does.Contain("<|video_pad|> 263"));
    }

    [Test]
    public void Check_OtherPatches_NamesTheFile()
    {
        using var checkpoint = new RandomQwen3Checkpoint();
        var file = Path.Combine(checkpoint.Folder, "video_preprocessor_config.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"patch_size\":4", "\"patch_size\":8", StringComparison.Ordinal));

        Assert.That(VideoModel.Check(checkpoint.Folder).SelectMany(check => check.Faults).Single().Expected, Does.Contain("patch_size 4"));
        Assert.That(() => VideoModel.Load(checkpoint.Folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains("8, 2, 2"));
    }

    private static FrameClip Clip()
    {
        var rgb = new byte[6 * 40 * 64 * 3];
        new Random(5).NextBytes(rgb);
        return new FrameClip(rgb, 6, 40, 64, 2);
    }
}
