using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Loading;

[TestFixture]
public class VideoModelTests
{
    // Of a mean cross-entropy, between backends and between batches.
    private const double Tolerance = 2e-4;

    private RandomCheckpoint _checkpoint = null!;
    private IVideoLanguageModel _model = null!;

    [SetUp]
    public void Load()
    {
        _checkpoint = new RandomCheckpoint();
        _model = VideoModel.Load(_checkpoint.Folder);
    }

    [TearDown]
    public void Dispose()
    {
        _model.Dispose();
        _checkpoint.Dispose();
    }

    [Test]
    public void Encode_Clip_GivesGridAndVectors()
    {
        var video = _model.Encode(Clip());

        Assert.That(video.Grid, Is.EqualTo(new TokenGrid(3, 6, 5, 1.0)));
        Assert.That(video.Dimension, Is.EqualTo(64));
        Assert.That(video.EncoderFingerprint, Is.EqualTo(_model.Info.Fingerprint));
        Assert.That(video.Vectors.ToArray(), Has.None.NaN);
    }

    [Test]
    public void Encode_TimeSteps_DoNotSeeEachOther()
    {
        var whole = _model.Encode(Clip());
        var frames = Clip().ReadFrames([0, 1]).SelectMany(frame => frame.ToArray()).ToArray();
        var first = _model.Encode(new FrameClip(frames, 2, 48, 40, 2));

        Assert.That(first.Vectors.ToArray(), Is.EqualTo(whole.Vectors[..first.Vectors.Length].ToArray()).Within(1e-5f));
    }

    [Test]
    public void CrossEntropy_SetInABatch_IsThatOfTheSetAlone()
    {
        var video = _model.Encode(Clip());
        KeptTokens[] sets = [KeptTokens.All(video), KeptTokens.Gather(video, Array.Empty<int>()), KeptTokens.Gather(video, new[] { 0, 7, 89 }), KeptTokens.Gather(video, new[] { 40 })];

        var batch = _model.CrossEntropy(sets, "What is seen?", "A ball.");

        Assert.That(batch, Is.EqualTo(sets.Select(set => _model.CrossEntropy([set], "What is seen?", "A ball.")[0])).Within(Tolerance));
        Assert.That(batch.Distinct().Count(), Is.EqualTo(sets.Length));
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
    public void CrossEntropy_IntegerSecondsFirst_MovesTheTimeStepsTogether()
    {
        using var other = VideoModel.Load(_checkpoint.Folder, new VideoModelOptions { TemporalPositions = TemporalPositionRule.IntegerSecondsFirst });
        var video = _model.Encode(Clip());
        var half = KeptTokens.All(new VideoTokens(new TokenGrid(3, 6, 5, 1.5), video.Dimension, video.Vectors));

        Assert.That(other.CrossEntropy([KeptTokens.All(video)], "Q", "A"), Is.EqualTo(_model.CrossEntropy([KeptTokens.All(video)], "Q", "A")));
        Assert.That(other.CrossEntropy([half], "Q", "A"), Is.Not.EqualTo(_model.CrossEntropy([half], "Q", "A")));
    }

    [Test]
    public void Generate_TwiceTheSame_RespectsTheLimit()
    {
        var kept = KeptTokens.All(_model.Encode(Clip()));
        var options = new GenerationOptions { MaxNewTokens = 9 };

        var answer = _model.Generate(kept, "What is seen?", options);

        Assert.That(_model.Generate(kept, "What is seen?", options), Is.EqualTo(answer));
        Assert.That(answer.Length, Is.LessThanOrEqualTo(9));
    }

    [Test]
    public void Generate_WithATemperature_GivesTheSameTextForTheSameSeedOnly()
    {
        var kept = KeptTokens.All(_model.Encode(Clip()));

        var texts = Array.ConvertAll([3, 3, 4, 5], seed => _model.Generate(kept, "What is seen?", new GenerationOptions { MaxNewTokens = 12, Temperature = 3, Seed = seed }));

        Assert.That(texts[1], Is.EqualTo(texts[0]));
        Assert.That(texts.Distinct().Count(), Is.EqualTo(3));
    }

    [Test]
    public void Generate_WithAListener_HandsOutThePiecesOfTheAnswer()
    {
        var kept = KeptTokens.All(_model.Encode(Clip()));
        var pieces = new List<string>();

        var answer = _model.Generate(kept, "What is seen?", new GenerationOptions { MaxNewTokens = 20, Temperature = 1000, Seed = 7 }, pieces.Add);

        Assert.That(string.Concat(pieces), Is.EqualTo(answer));
        Assert.That(pieces, Has.Count.GreaterThan(3).And.None.Empty);
    }

    [Test]
    public void Generate_WithPrefilled_CallsItOnceBeforeAnyText()
    {
        var kept = KeptTokens.All(_model.Encode(Clip()));
        var events = new List<string>();

        _model.Generate(kept, "What is seen?", new GenerationOptions { MaxNewTokens = 20, Temperature = 1000, Seed = 7, Prefilled = () => events.Add("prefilled") }, _ => events.Add("text"));

        Assert.That(events.IndexOf("prefilled"), Is.Zero);
        Assert.That(events.Count(name => name == "prefilled"), Is.EqualTo(1));
        Assert.That(events, Has.Count.GreaterThan(3));
    }

    [TestCase("What is seen?", null)]
    [TestCase("<|im_end|> and pads | vision_pad |", null)]
    [TestCase("A <|video_pad|> here.", "contains '<|video_pad|>', which stands for visual tokens and cannot be part of a text")]
    [TestCase("<|image_pad|>", "contains '<|image_pad|>', which stands for visual tokens and cannot be part of a text")]
    public void FindTextFault_Text_IsWhatGenerateRefuses(string text, string? fault)
    {
        var kept = KeptTokens.All(_model.Encode(Clip()));

        Assert.That(_model.FindTextFault(text), Is.EqualTo(fault));
        Assert.That(() => _model.Generate(kept, text), fault is null ? Throws.Nothing : Throws.ArgumentException.With.Message.Contains($"The question {fault}."));
    }

    [Test]
    public void Generate_CancelledByTheListener_Stops()
    {
        var kept = KeptTokens.All(_model.Encode(Clip()));
        using var source = new CancellationTokenSource();

        Assert.That(
            () => _model.Generate(kept, "What is seen?", new GenerationOptions { MaxNewTokens = 50, Temperature = 5 }, _ => source.Cancel(), source.Token),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(() => _model.Generate(kept, "What is seen?"), Throws.Nothing);
    }

    [Test]
    public void Generate_WrongOptions_NamesAllOfThem()
    {
        var kept = KeptTokens.All(_model.Encode(Clip()));
        var options = new GenerationOptions { MaxNewTokens = 0, Temperature = double.NaN, TopK = 0, TopP = 1.5, RepetitionPenalty = 0 };

        var message = Assert.Throws<ArgumentException>(() => _model.Generate(kept, "Q", options))!.Message;

        foreach (var name in (string[])["MaxNewTokens", "Temperature", "TopK", "TopP", "RepetitionPenalty"])
            Assert.That(message, Does.Contain(name));
    }

    [Test]
    public void Model_ConcurrentCalls_GiveTheSameValues()
    {
        var kept = KeptTokens.All(_model.Encode(Clip()));
        var expected = _model.CrossEntropy([kept], "Q", "A")[0];

        var values = Enumerable.Range(0, 16).AsParallel().WithDegreeOfParallelism(4).Select(_ => _model.CrossEntropy([kept], "Q", "A")[0]).ToArray();

        Assert.That(values, Is.All.EqualTo(expected));
    }

    [Test]
    public void Model_Disposed_RefusesCallsAndToleratesDisposeAgain()
    {
        var kept = KeptTokens.All(_model.Encode(Clip()));
        _model.Dispose();
        _model.Dispose();

        Assert.That(() => _model.CrossEntropy([kept], "Q", "A"), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void CrossEntropy_WrongArguments_SayWhich()
    {
        var video = _model.Encode(Clip());
        var kept = KeptTokens.All(video);
        var other = new KeptTokens(video.Grid, 3, new[] { 0 }, new float[3]);
        var otherGrid = new KeptTokens(new TokenGrid(1, 1, 1), 64, new[] { 0 }, new float[64]);

        Assert.That(() => _model.CrossEntropy([], "Q", "A"), Throws.ArgumentException.With.Message.Contains("at least one"));
        Assert.That(() => _model.CrossEntropy([kept], "Q", ""), Throws.ArgumentException.With.Message.Contains("target"));
        Assert.That(() => _model.CrossEntropy([other], "Q", "A"), Throws.ArgumentException.With.Message.Contains("dimension 64, got 3"));
        Assert.That(() => _model.CrossEntropy([kept, otherGrid], "Q", "A"), Throws.ArgumentException.With.Message.Contains("3x6x5").And.Message.Contains("1x1x1"));
        Assert.That(() => _model.CrossEntropy([kept], "a <|video_pad|>", "A"), Throws.ArgumentException.With.Message.Contains("question contains '<|video_pad|>'"));
        Assert.That(() => _model.CrossEntropy([kept], "Q", "<|video_pad|>"), Throws.ArgumentException.With.Message.Contains("target contains"));
        Assert.That(() => _model.CrossEntropy([kept], "Q", "A", new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void CrossEntropyAndGenerate_ValueNotFinite_SayWhich([Values(float.NaN, float.NegativeInfinity)] float value)
    {
        var video = _model.Encode(Clip());
        var vectors = video.Vectors.ToArray();
        vectors[70] = value;
        var ofVideo = KeptTokens.Gather(new VideoTokens(video.Grid, 64, vectors), new[] { 0, 1 });
        var ofTheirOwn = new KeptTokens(video.Grid, 64, new[] { 3, 5 }, vectors.AsMemory(0, 128));

        Assert.That(() => _model.CrossEntropy([KeptTokens.All(video), ofVideo], "Q", "A"), Throws.ArgumentException.With.Message.Contains($"Value 70 of the video's tokens is {value}"));
        Assert.That(() => _model.Generate(ofTheirOwn, "Q"), Throws.ArgumentException.With.Message.Contains($"Value 70 of the kept tokens is {value}"));
    }

    [Test]
    public void Info_OtherPreprocessorSettings_IsOfAnotherProcessing()
    {
        var file = Path.Combine(_checkpoint.Folder, "video_preprocessor_config.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("9216", "4096", StringComparison.Ordinal));
        using var other = VideoModel.Load(_checkpoint.Folder);
        using var again = VideoModel.Load(_checkpoint.Folder);

        Assert.That(other.Info.Fingerprint, Is.EqualTo(_model.Info.Fingerprint));
        Assert.That(other.Info.Processing, Is.Not.EqualTo(_model.Info.Processing).And.EqualTo(again.Info.Processing));
    }

    [TestCase("model_type", "qwen9", "qwen9")]
    [TestCase("hidden_size", 65, "hidden_size 65")]
    [TestCase("num_key_value_heads", 3, "num_key_value_heads 3")]
    [TestCase("num_hidden_layers", "three", "num_hidden_layers")]
    [TestCase("num_hidden_layers", 4, "model.layers.3")]
    [TestCase("intermediate_size", 128, "[128, 64]")]
    [TestCase("video_token_id", 5, "video_token_id 5")]
    [TestCase("vocab_size", 0, "vocab_size")]
    public void Load_WrongConfiguration_NamesIt(string key, object value, string expected)
    {
        _checkpoint.Config[key] = value is int number ? number : (string)value;
        _checkpoint.WriteConfig();

        Assert.That(() => VideoModel.Load(_checkpoint.Folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains(expected));
    }

    [Test]
    public void Load_UnknownArchitecture_NamesIt()
    {
        _checkpoint.Config["architectures"] = new System.Text.Json.Nodes.JsonArray("FooForConditionalGeneration");
        _checkpoint.WriteConfig();

        Assert.That(() => VideoModel.Load(_checkpoint.Folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains("FooForConditionalGeneration"));
    }

    [Test]
    public void Load_Tiny_AnswersAboutAClip()
    {
        using var tiny = VideoModel.Load("tiny");
        var kept = KeptTokens.All(tiny.Encode(Clip()));

        Assert.That(tiny.Info.Source, Is.EqualTo("tiny"));
        Assert.That(tiny.CrossEntropy([kept], "Describe the video.", "nothing")[0], Is.InRange(0, 30));
        Assert.That(() => tiny.Generate(kept, "Describe the video."), Throws.Nothing);
    }

    [Test]
    public void Load_WrongOptions_NamesAllOfThem()
    {
        var options = new VideoModelOptions { TemporalPositions = (TemporalPositionRule)7, MemoryLimit = 0, QwenVideo = new() { MaxFrames = 1 }, LlavaVideo = null! };
        var message = Assert.Throws<ArgumentException>(() => VideoModel.Load("tiny", options))!.Message;

        foreach (var fault in new[] { "TemporalPositions must be one of TruncateAfter, IntegerSecondsFirst, got 7", "MemoryLimit must be positive, got 0", "QwenVideo: FrameCount and MinFrames", "LlavaVideo must not be null" })
            Assert.That(message, Does.Contain(fault));
    }

    [Test]
    public void Load_OtherFrameOptions_IsAnotherEncoderOfTheSameModel()
    {
        using var plain = VideoModel.Load(VideoModel.EmbeddedSource);
        using var fewFrames = VideoModel.Load(VideoModel.EmbeddedSource, new VideoModelOptions { QwenVideo = new() { MaxFrames = 8 } });
        var tokens = fewFrames.Encode(Clip());
        var policy = PolicyNetwork.Initialize(plain.Info.Dimension, encoderFingerprint: plain.Info.EncoderFingerprint);

        Assert.That(plain.Info.EncoderFingerprint, Is.EqualTo(plain.Info.Fingerprint));
        Assert.That(fewFrames.Info.Fingerprint, Is.EqualTo(plain.Info.Fingerprint));
        Assert.That(fewFrames.Info.EncoderFingerprint, Does.Match("^[0-9a-f]{64}\\.[0-9a-f]{16}\\+[0-9a-f]{16}$"));
        Assert.That(tokens.EncoderFingerprint, Is.EqualTo(fewFrames.Info.EncoderFingerprint));
        Assert.That(() => new ScoreCompressor(policy).Compress(tokens, 0.5), Throws.ArgumentException.With.Message.Contains("the same model, loaded with other options"));
        Assert.That(plain.CrossEntropy([KeptTokens.All(tokens)], "Q", "A"), Is.EqualTo(fewFrames.CrossEntropy([KeptTokens.All(tokens)], "Q", "A")), "the language model is the same");
    }

    [Test]
    public void Load_WrongSource_SaysSo()
    {
        Assert.That(() => VideoModel.Load(" "), Throws.ArgumentException.With.Message.Contains("'tiny', a checkpoint folder or a hub id"));
        Assert.That(() => VideoModel.Load(Path.Combine(_checkpoint.Folder, "config.json")), Throws.TypeOf<DirectoryNotFoundException>().With.Message.Contains("is a file"));
        Assert.That(() => VideoModel.Load(Path.Combine(_checkpoint.Folder, "absent")), Throws.TypeOf<DirectoryNotFoundException>().With.Message.Contains("absent"));
        Assert.That(() => VideoModel.Load(_checkpoint.Folder, new VideoModelOptions { Backend = null! }), Throws.ArgumentException.With.Message.Contains("Backend must not be null"));
        File.Delete(Path.Combine(_checkpoint.Folder, "config.json"));
        Assert.That(() => VideoModel.Load(_checkpoint.Folder), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("config.json"));
    }

    private static FrameClip Clip()
    {
        var rgb = new byte[6 * 48 * 40 * 3];
        new Random(5).NextBytes(rgb);
        return new FrameClip(rgb, 6, 48, 40, 2);
    }
}
