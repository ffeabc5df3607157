using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

[TestFixture]
internal sealed class FeatureCacheTests
{
    private static readonly VideoModelInfo s_model = new("model", "encoder", 2);
    private static readonly VideoTokens s_tokens = new(new TokenGrid(1, 1, 1), 2, new float[] { 1, 2 }, "encoder");

    [Test]
    public void GetOrAdd_OtherVideoModelProcessingOrType_IsAnotherFile()
    {
        using var folder = new TemporaryFolder();
        string[] paths =
        [
            Path(s_model),
            Path(s_model, video: 1),
            Path(s_model, type: TensorType.F32),
            Path(s_model with { Fingerprint = "other" }),
            Path(s_model with { Processing = "MaxFrames 8" }),
            Path(s_model with { EncoderStatistics = true }),
        ];

        Assert.That(paths, Is.Unique);

        string Path(VideoModelInfo model, byte video = 0, TensorType type = TensorType.BF16) =>
            new FeatureCache(folder.Path, type, model).GetOrAdd(Hash(video), () => s_tokens);
    }

    [TestCase(-1)]
    [TestCase(0)]
    [TestCase(20)]
    public void GetOrAdd_Again_EncodesADamagedFileAlone(int bytesLeft)
    {
        using var folder = new TemporaryFolder();
        var encodings = 0;
        var cache = new FeatureCache(folder.Path, TensorType.F32, s_model);
        var path = cache.GetOrAdd(Hash(1), Encode);
        if (bytesLeft >= 0)
            File.WriteAllBytes(path, File.ReadAllBytes(path)[..bytesLeft]);

        var again = cache.GetOrAdd(Hash(1), Encode);

        Assert.That(again, Is.EqualTo(path));
        Assert.That(encodings, Is.EqualTo(bytesLeft < 0 ? 1 : 2));
        Assert.That(FeatureFile.Read(path).Vectors.ToArray(), Is.EqualTo(s_tokens.Vectors.ToArray()));

        VideoTokens Encode()
        {
            encodings++;
            return s_tokens;
        }
    }

    [Test]
    public void GetOrAdd_FilesOfKilledProcesses_GoAndAllOthersStay()
    {
        using var folder = new TemporaryFolder();
        var (feature, guid) = ($"{new string('a', 32)}-{new string('b', 32)}-bf16.safetensors", new string('0', 32));
        string[] others = ["notes.txt", $"notes.txt.{guid}.tmp", $"{feature}.tmp", feature + ".held." + guid + ".tmp"];
        foreach (var name in others.Append($"{feature}.{guid}.tmp"))
            File.WriteAllText(folder.File(name), name);
        using var held = new FileStream(folder.File($"{feature}.{new string('1', 32)}.tmp"), FileMode.CreateNew, FileAccess.Write, FileShare.None);

        var added = new FeatureCache(folder.Path, TensorType.F32, s_model).GetOrAdd(Hash(1), () => s_tokens);

        Assert.That(Directory.GetFiles(folder.Path).Select(Path.GetFileName), Is.EquivalentTo(others.Append(Path.GetFileName(held.Name)).Append(Path.GetFileName(added))));
    }

    private static byte[] Hash(byte video) => [.. Enumerable.Repeat(video, 32)];
}
