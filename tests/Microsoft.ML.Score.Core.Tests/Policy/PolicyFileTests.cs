using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Policy;

[TestFixture]
public class PolicyFileTests
{
    private string _path = "";

    [SetUp]
    public void ChoosePath() => _path = Path.Combine(Directory.CreateTempSubdirectory("score-policy").FullName, "policy.safetensors");

    [TearDown]
    public void DeleteFolder() => Directory.Delete(Path.GetDirectoryName(_path)!, recursive: true);

    [TestCase(true, false, "abc")]
    [TestCase(false, true, null)]
    public void Load_Saved_RestoresEverything(bool useResidual, bool useNormalization, string? fingerprint)
    {
        var policy = PolicyNetwork.Initialize(5, 3, useResidual, useNormalization, seed: 4, fingerprint);

        policy.Save(_path);
        var loaded = PolicyNetwork.Load(_path);

        Assert.Multiple(() =>
        {
            Assert.That(loaded.Dimension, Is.EqualTo(5));
            Assert.That(loaded.HiddenWidth, Is.EqualTo(3));
            Assert.That(loaded.UseResidual, Is.EqualTo(useResidual));
            Assert.That(loaded.UseNormalization, Is.EqualTo(useNormalization));
            Assert.That(loaded.EncoderFingerprint, Is.EqualTo(fingerprint));
            Assert.That(loaded.Parameters.ToArray(), Is.EqualTo(policy.Parameters.ToArray()));
            Assert.That(File.ReadAllBytes(_path), Is.EqualTo(loaded.ToBytes()));
            Assert.That(PolicyNetwork.Parse(File.ReadAllBytes(_path), "memory").Parameters.ToArray(), Is.EqualTo(policy.Parameters.ToArray()));
        });
    }

    [Test]
    public void Save_Policy_HasTheDocumentedTensors()
    {
        PolicyNetwork.Initialize(5, 3).Save(_path);
        using var file = SafetensorsFile.Open(_path);
        Assert.That(file.Tensors.ToDictionary(pair => pair.Key, pair => pair.Value.ToString()), Is.EqualTo(new Dictionary<string, string>
        {
            ["w1"] = "F32 [3, 10]",
            ["b1"] = "F32 [3]",
            ["w2"] = "F32 [3]",
            ["b2"] = "F32 [1]",
        }));
    }

    [Test]
    public void Load_CutOffAnywhere_ThrowsInvalidData()
    {
        var bytes = PolicyNetwork.Initialize(2, 2).ToBytes();
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(_path, bytes[..length]);
            Assert.That(() => PolicyNetwork.Load(_path), Throws.TypeOf<InvalidDataException>(), $"{length} bytes");
        }
    }

    [TestCase("format", "other/1", "format 'other/1'")]
    [TestCase("dimension", "3", "w1")]
    [TestCase("dimension", "0", "dimension")]
    [TestCase("hidden_width", "-4", "hidden_width")]
    [TestCase("hidden_width", "7", "F32 [2, 4], expected F32 [7, 4]")]
    [TestCase("use_residual", "yes", "use_residual")]
    public void Load_ChangedMetadata_SaysWhatIsWrong(string key, string value, string message)
    {
        var policy = PolicyNetwork.Initialize(2, 2);
        Rewrite(policy, key, value, w1: policy.W1.ToArray());
        Assert.That(() => PolicyNetwork.Load(_path), Throws.TypeOf<InvalidDataException>().With.Message.Contains(message));
    }

    [Test]
    public void Load_ValueNotFinite_ThrowsInvalidData()
    {
        var policy = PolicyNetwork.Initialize(2, 2);
        Rewrite(policy, "dimension", "2", w1: [.. policy.W1[..7], float.NaN]);
        Assert.That(() => PolicyNetwork.Load(_path), Throws.TypeOf<InvalidDataException>().With.Message.Contains("not finite"));
    }

    [Test]
    public void Load_NoFile_ThrowsFileNotFound() => Assert.That(() => PolicyNetwork.Load(_path), Throws.TypeOf<FileNotFoundException>());

    private void Rewrite(PolicyNetwork policy, string key, string value, float[] w1)
    {
        var bytes = policy.ToBytes();
        using var original = SafetensorsFile.Parse(bytes, "original");
        var metadata = original.Metadata.ToDictionary();
        metadata[key] = value;
        SafetensorsWriter.Write(
            _path,
            [
                TensorData.FromSingle("w1", [policy.HiddenWidth, policy.StateWidth], w1), TensorData.FromSingle("b1", [policy.HiddenWidth], policy.B1),
                TensorData.FromSingle("w2", [policy.HiddenWidth], policy.W2), TensorData.FromSingle("b2", [1], policy.B2),
            ],
            metadata);
    }
}
