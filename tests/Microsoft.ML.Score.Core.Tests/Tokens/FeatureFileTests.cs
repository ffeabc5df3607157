using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

[TestFixture]
public class FeatureFileTests
{
    private static readonly TokenGrid s_grid = new(2, 1, 3, 0.1 + 0.2);

    [Test]
    public void WriteThenRead_EveryType_KeepsGridFingerprintAndRepresentableValues([Values(TensorType.F32, TensorType.BF16, TensorType.F16)] TensorType type)
    {
        using var folder = new TemporaryFolder();
        var values = Enumerable.Range(0, 12).Select(i => i / 4f - 1).ToArray();
        FeatureFile.Write(folder.File("x"), new VideoTokens(s_grid, 2, values, "abc"), type);

        var read = FeatureFile.Read(folder.File("x"));
        Assert.That(read.Grid, Is.EqualTo(s_grid));
        Assert.That(read.Dimension, Is.EqualTo(2));
        Assert.That(read.EncoderFingerprint, Is.EqualTo("abc"));
        Assert.That(read.Vectors.ToArray(), Is.EqualTo(values));
    }

    [Test]
    public void Read_FileOfFeaturesAlone_TakesOneSecondAndUnknownEncoder()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("x"), [TensorData.FromSingle("features", [1, 1, 2, 1], [1, 2])]);
        var read = FeatureFile.Read(folder.File("x"));
        Assert.That(read.Grid, Is.EqualTo(new TokenGrid(1, 1, 2, 1.0)));
        Assert.That(read.EncoderFingerprint, Is.Null);
    }

    [Test]
    public void WriteThenRead_Times_AreKeptExactly()
    {
        using var folder = new TemporaryFolder();
        var times = new StepTimes([0, 1 / 3.0], 0.1 + 0.2);
        FeatureFile.Write(folder.File("x"), new VideoTokens(s_grid, 1, new float[6]) { Times = times });

        var read = FeatureFile.Read(folder.File("x")).Times!;

        Assert.That(read.Seconds, Is.EqualTo(times.Seconds));
        Assert.That(read.VideoSeconds, Is.EqualTo(times.VideoSeconds));
    }

    [TestCase("")]
    [TestCase("0,1")]
    [TestCase("0,1,2,3")]
    [TestCase("1,0,2")]
    [TestCase("0,x,2")]
    [TestCase("0,1,-2")]
    public void Read_InvalidTimes_IsInvalidData(string text)
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("x"), [TensorData.FromSingle("features", [2, 1, 1, 1], [1, 2])], new Dictionary<string, string> { ["step_times"] = text });

        Assert.That(() => FeatureFile.Read(folder.File("x")), Throws.TypeOf<InvalidDataException>().With.Message.Contains("step_times").And.Message.Contains("2 time steps").And.Message.Contains($"got '{text}'"));
    }

    [Test]
    public void WriteThenRead_Statistics_AreKeptExactly([Values] bool received, [Values] bool pooled, [Values(0, 1, 5)] int stepDimension)
    {
        using var folder = new TemporaryFolder();
        var statistics = new EncoderStatistics
        {
            ReceivedAttention = received ? Values(6) : [],
            PooledAttention = pooled ? Values(6) : [],
            StepFeatures = Values(2 * stepDimension),
        };
        FeatureFile.Write(folder.File("x"), new VideoTokens(s_grid, 1, new float[6]) { Statistics = statistics }, TensorType.BF16);

        var read = FeatureFile.Read(folder.File("x")).Statistics;

        Assert.That(read is null, Is.EqualTo(!received && !pooled && stepDimension == 0));
        Assert.That(read?.ReceivedAttention.ToArray() ?? [], Is.EqualTo(statistics.ReceivedAttention.ToArray()));
        Assert.That(read?.PooledAttention.ToArray() ?? [], Is.EqualTo(statistics.PooledAttention.ToArray()));
        Assert.That(read?.StepFeatures.ToArray() ?? [], Is.EqualTo(statistics.StepFeatures.ToArray()));

        static float[] Values(int count) => [.. Enumerable.Range(1, count).Select(i => 1f / (3 + i))];
    }

    [TestCase("received_attention", 2, 2)]
    [TestCase("received_attention", 3, 2)]
    [TestCase("pooled_attention", 6)]
    [TestCase("pooled_attention", 2, 1, 3)]
    [TestCase("step_features", 3, 4)]
    [TestCase("step_features", 2, 0)]
    [TestCase("step_features", 2)]
    public void Read_StatisticsOfOtherShape_IsInvalidData(string name, params int[] shape)
    {
        using var folder = new TemporaryFolder();
        var values = new float[shape.Aggregate(1, (product, size) => product * size)];
        SafetensorsWriter.Write(folder.File("x"), [TensorData.FromSingle("features", [2, 1, 3, 1], new float[6]), TensorData.FromSingle(name, shape, values)]);

        Assert.That(() => FeatureFile.Read(folder.File("x")), Throws.TypeOf<InvalidDataException>().With.Message.Contains(name).And.Message.Contains("expected F32, BF16 or F16 of shape [2, "));
    }

    [Test]
    public void Read_StatisticsNotFinite_IsInvalidData([Values("received_attention", "pooled_attention", "step_features")] string name)
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("x"), [TensorData.FromSingle("features", [1, 1, 2, 1], [1, 2]), TensorData.FromSingle(name, [1, 2], [1, float.NaN])]);

        Assert.That(() => FeatureFile.Read(folder.File("x")), Throws.TypeOf<InvalidDataException>().With.Message.Contains(name).And.Message.Contains("NaN"));
    }

    [Test]
    public void Read_AnyByteDamaged_IsReadOrInvalidData([Values(1, 255)] byte flipped)
    {
        using var folder = new TemporaryFolder();
        var statistics = new EncoderStatistics { ReceivedAttention = new float[6], PooledAttention = new float[6], StepFeatures = new float[4] };
        FeatureFile.Write(folder.File("x"), new VideoTokens(s_grid, 1, new float[6], "abc") { Statistics = statistics, Times = new StepTimes([0, 1], 2) });
        var bytes = File.ReadAllBytes(folder.File("x"));
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= flipped;
            File.WriteAllBytes(folder.File("y"), bytes);
            bytes[i] ^= flipped;
            try
            {
                FeatureFile.Read(folder.File("y"));
            }
            catch (Exception error) when (error is not InvalidDataException)
            {
                Assert.Fail($"byte {i}: {error}");
            }
            catch (InvalidDataException)
            {
                // as it should
            }
        }
    }

    [Test]
    public void Write_StatisticsNotFinite_ThrowsAndWritesNothing()
    {
        using var folder = new TemporaryFolder();
        var video = new VideoTokens(new TokenGrid(1, 1, 1), 1, new float[1]) { Statistics = new EncoderStatistics { PooledAttention = new[] { float.NaN } } };

        Assert.That(() => FeatureFile.Write(folder.File("x"), video), Throws.ArgumentException.With.Message.Contains("pooled_attention"));
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }

    [Test]
    public void Write_NotFinite_ThrowsAndWritesNothing()
    {
        using var folder = new TemporaryFolder();
        var grid = new TokenGrid(1, 1, 1);
        Assert.That(() => FeatureFile.Write(folder.File("x"), new VideoTokens(grid, 1, new[] { float.NaN })), Throws.ArgumentException);
        Assert.That(() => FeatureFile.Write(folder.File("x"), new VideoTokens(grid, 1, new[] { 70000f }), TensorType.F16), Throws.ArgumentException);
        Assert.That(() => FeatureFile.Write(folder.File("x"), new VideoTokens(grid, 1, new[] { 1f }), TensorType.I8), Throws.InstanceOf<ArgumentException>());
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty);
    }

    [Test]
    public void Read_InvalidContent_IsInvalidData()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("x");
        var broken = new (TensorData Tensor, string? Seconds)[]
        {
            (TensorData.FromSingle("other", [1, 1, 1, 1], [1]), null),
            (TensorData.FromSingle("features", [1, 1, 1], [1]), null),
            (TensorData.FromSingle("features", [1, 1, 1, 1, 1], [1]), null),
            (TensorData.FromSingle("features", [0, 1, 1, 1], []), null),
            (TensorData.FromSingle("features", [1, 1, 1, 1], [1], TensorType.F64), null),
            (TensorData.FromInt64("features", [1, 1, 1, 1], [1]), null),
            (TensorData.FromSingle("features", [1, 1, 1, 2], [1, float.NaN]), null),
            (TensorData.FromSingle("features", [1, 1, 1, 2], [1, float.PositiveInfinity], TensorType.F16), null),
            (TensorData.FromSingle("features", [1, 1, 1, 1], [1]), "0"),
            (TensorData.FromSingle("features", [1, 1, 1, 1], [1]), "NaN"),
            (TensorData.FromSingle("features", [1, 1, 1, 1], [1]), "one"),
        };
        foreach (var (tensor, seconds) in broken)
        {
            SafetensorsWriter.Write(path, [tensor], seconds is null ? null : new Dictionary<string, string> { ["seconds_per_step"] = seconds });
            Assert.That(() => FeatureFile.Read(path), Throws.InstanceOf<InvalidDataException>(), $"{tensor.Name} {string.Join('x', tensor.Shape)} {tensor.Type} {seconds}");
        }

        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^1]);
        Assert.That(() => FeatureFile.Read(path), Throws.InstanceOf<InvalidDataException>());
        Assert.That(() => FeatureFile.Read(folder.File("absent")), Throws.InstanceOf<FileNotFoundException>());
    }

    [TestCase("4.9e-324")]
    [TestCase("1e-300")]
    [TestCase("9.9e-7")]
    [TestCase("1000001")]
    [TestCase("1e300")]
    [TestCase("-1")]
    public void Read_SecondsOfNoVideo_IsInvalidData(string seconds)
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("x"), [TensorData.FromSingle("features", [1, 1, 1, 1], [1])], new Dictionary<string, string> { ["seconds_per_step"] = seconds });

        Assert.That(() => FeatureFile.Read(folder.File("x")), Throws.TypeOf<InvalidDataException>().With.Message.Contains($"'{seconds}'").And.Message.Contains("from 1E-06 to 1000000"));
    }

    [TestCase(1e-6, true)]
    [TestCase(1e6, true)]
    [TestCase(double.Epsilon, false)]
    [TestCase(1e300, false)]
    public void Write_Seconds_AreThoseThatAreReadAgain(double seconds, bool accepted)
    {
        using var folder = new TemporaryFolder();
        var video = new VideoTokens(new TokenGrid(1, 1, 1, seconds), 1, new float[1]);

        if (!accepted)
        {
            Assert.That(() => FeatureFile.Write(folder.File("x"), video), Throws.ArgumentException.With.Message.Contains("seconds a step"));
            return;
        }

        FeatureFile.Write(folder.File("x"), video);
        Assert.That(FeatureFile.Read(folder.File("x")).Grid.SecondsPerStep, Is.EqualTo(seconds));
    }
}
