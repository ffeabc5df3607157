using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

[TestFixture]
public class ScoreCompressorTests
{
    [Test]
    public void Compress_AnyGridAndRatio_KeepsExactlyTheHighestLogits()
    {
        var cases = from t in Gen.Choose(1, 9) from h in Gen.Choose(1, 6) from w in Gen.Choose(1, 6) from percent in Gen.Choose(1, 100) select (t, h, w, rho: percent / 100.0);
        Prop.ForAll(cases.ToArbitrary(), item =>
        {
            var video = PolicyNetworkTests.RandomVideo(item.t, item.h, item.w, 4, seed: item.t);
            var policy = PolicyNetwork.Initialize(4, 5);

            var kept = new ScoreCompressor(policy).Compress(video, item.rho);

            var logits = policy.Logits(video);
            var expected = Enumerable.Range(0, logits.Length).OrderByDescending(i => logits[i]).ThenBy(i => i).Take(Math.Max(1, (int)Math.Floor(item.rho * logits.Length))).Order();
            return kept.Positions.ToArray().SequenceEqual(expected)
                && kept.Vectors.Span.SequenceEqual(KeptTokens.Gather(video, expected.ToArray()).Vectors.Span);
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Compress_SaturatedProbabilities_StillRanksByLogit()
    {
        var policy = PolicyNetwork.Initialize(1, 1, useResidual: false, useNormalization: false);
        policy.W1[0] = 1;
        policy.W2[0] = 1;
        var video = new VideoTokens(new TokenGrid(1, 1, 3), 1, new[] { 100f, 300f, 200f });

        Assert.That(new ScoreCompressor(policy).Compress(video, 0.4).Positions.ToArray(), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public void Compress_TokensOfAnotherEncoder_AreRefusedUnlessAccepted()
    {
        var policy = PolicyNetwork.Initialize(2, 2, encoderFingerprint: "aaaa");
        VideoTokens Video(string? fingerprint, int dimension = 2) => new(new TokenGrid(1, 1, 2), dimension, new float[2 * dimension], fingerprint);

        Assert.That(() => new ScoreCompressor(policy).Compress(Video("bbbb"), 0.5), Throws.ArgumentException.With.Message.Contains("aaaa").And.Message.Contains("bbbb"));
        Assert.That(() => new ScoreCompressor(policy, acceptOtherEncoders: true).Compress(Video("bbbb"), 0.5).Count, Is.EqualTo(1));
        Assert.That(() => new ScoreCompressor(policy).Compress(Video(null), 0.5).Count, Is.EqualTo(1));
        Assert.That(() => new ScoreCompressor(policy, acceptOtherEncoders: true).Compress(Video("aaaa", 3), 0.5), Throws.ArgumentException.With.Message.Contains("The policy takes tokens of dimension 2, got 3."));
    }

    [TestCase(TensorType.F32)]
    [TestCase(TensorType.BF16)]
    [TestCase(TensorType.F16)]
    public void Compress_FeatureFile_KeepsWhatTheTokensReadFromItKeep(TensorType type)
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("video.safetensors");
        FeatureFile.Write(path, PolicyNetworkTests.RandomVideo(7, 3, 4, 40, seed: 5), type);
        var compressor = new ScoreCompressor(PolicyNetwork.Initialize(40, 6));

        var kept = compressor.Compress(path, 0.3);

        var expected = compressor.Compress(FeatureFile.Read(path), 0.3);
        Assert.That(kept.Positions.ToArray(), Is.EqualTo(expected.Positions.ToArray()));
        Assert.That(kept.Vectors.ToArray(), Is.EqualTo(expected.Vectors.ToArray()));
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    [TestCase(float.NegativeInfinity)]
    public void Compress_FeatureFileWithAValueThatIsNotFinite_NamesIt(float value)
    {
        using var folder = new TemporaryFolder();
        var vectors = new float[24];
        vectors[13] = value;
        var path = folder.File("video.safetensors");
        SafetensorsWriter.Write(path, [TensorData.FromSingle("features", [2, 1, 3, 4], vectors)], new Dictionary<string, string>());

        foreach (var useNormalization in (bool[])[true, false])
            Assert.That(
                () => new ScoreCompressor(PolicyNetwork.Initialize(4, 3, useNormalization: useNormalization)).Compress(path, 0.3),
                Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Value 13"));
    }

    [Test]
    public void Compress_FeatureFileOfAnotherEncoderOrAbsent_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("video.safetensors");
        FeatureFile.Write(path, new VideoTokens(new TokenGrid(1, 1, 2), 2, new float[4], "bbbb"));
        var compressor = new ScoreCompressor(PolicyNetwork.Initialize(2, 2, encoderFingerprint: "aaaa"));

        Assert.That(() => compressor.Compress(path, 0.5), Throws.ArgumentException.With.Message.Contains("aaaa").And.Message.Contains("bbbb"));
        Assert.That(() => compressor.Compress(folder.File("absent"), 0.5), Throws.InstanceOf<FileNotFoundException>());
        Assert.That(() => compressor.Compress(path, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase(0)]
    [TestCase(1.01)]
    [TestCase(double.NaN)]
    public void Compress_RatioOutOfRange_Throws(double ratio)
    {
        var video = PolicyNetworkTests.RandomVideo(1, 1, 2, 2, 1);
        Assert.That(() => new ScoreCompressor(PolicyNetwork.Initialize(2)).Compress(video, ratio), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Compress_PolicyOfHugeWeights_NamesItsFile(bool useNormalization)
    {
        using var folder = new TemporaryFolder();
        var huge = PolicyNetwork.Initialize(4, 3, useNormalization: useNormalization);
        huge.Parameters.Fill(3e38f);
        huge.Save(folder.File("huge.safetensors"));
        var video = PolicyNetworkTests.RandomVideo(2, 1, 3, 4, 1);
        FeatureFile.Write(folder.File("video.safetensors"), video);
        var compressor = new ScoreCompressor(PolicyNetwork.Load(folder.File("huge.safetensors")));

        foreach (var compress in (Action[])[() => compressor.Compress(video, 0.3), () => compressor.Compress(folder.File("video.safetensors"), 0.3)])
            Assert.That(() => compress(), Throws.TypeOf<InvalidDataException>().With.Message.Contains(folder.File("huge.safetensors")).And.Message.Contains("3E+38"));
        Assert.That(() => PolicyNetwork.Parse(huge.ToBytes(), "of memory").Probabilities(video), Throws.TypeOf<InvalidDataException>().With.Message.Contains("'of memory'"));
    }

    [TestCase(float.NaN)]
    [TestCase(float.NegativeInfinity)]
    public void Compress_TokenThatIsNotFinite_IsTheTokensFault(float value)
    {
        var vectors = new float[24];
        vectors[13] = value;
        var video = new VideoTokens(new TokenGrid(2, 1, 3), 4, vectors);

        foreach (var useNormalization in (bool[])[true, false])
            Assert.That(
                () => new ScoreCompressor(PolicyNetwork.Initialize(4, 3, useNormalization: useNormalization)).Compress(video, 0.3),
                Throws.ArgumentException.With.Message.Contains("Value 13 of the tokens"));
    }
}
