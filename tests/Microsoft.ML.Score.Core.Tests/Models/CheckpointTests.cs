using System.Text;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models;

[TestFixture]
public class CheckpointTests
{
    private const string Index = """{"metadata":{"total_size":12},"weight_map":{"model.language_model.norm.weight":"a.safetensors","model.visual.merger.ln_q.weight":"b.safetensors","lm_head.weight":"b.safetensors"}}""";

    [Test]
    public void Open_SingleFile_KeepsOldNames()
    {
        using var folder = new TemporaryFolder();
        WriteSingle(folder, "model.norm.weight", "visual.merger.ln_q.weight");

        using var checkpoint = Checkpoint.Open(CheckpointFiles.FromFolder(folder.Path));
        Assert.That(checkpoint.Contains("model.norm.weight"));
        Assert.That(checkpoint.Get("visual.merger.ln_q.weight", 1).ToArray(), Is.EqualTo(new[] { 1f }));
        Assert.That(checkpoint.Contains("lm_head.weight"), Is.False);
    }

    [Test]
    public void Open_ShardsWithNewNames_ReadsOldNames()
    {
        using var folder = new TemporaryFolder();
        WriteShards(folder);

        using var checkpoint = Checkpoint.Open(CheckpointFiles.FromFolder(folder.Path));
        Assert.That(checkpoint.Get("model.norm.weight", 1).Float32.ToArray(), Is.EqualTo(new[] { 1f }));
        Assert.That(checkpoint.Get("visual.merger.ln_q.weight", 1).Type, Is.EqualTo(TensorType.BF16));
        Assert.That(checkpoint.Get("visual.merger.ln_q.weight", 1).ToArray(), Is.EqualTo(new[] { 2f }));
        Assert.That(() => checkpoint.Get("visual.merger.ln_q.weight", 1).Float32.Length, Throws.InvalidOperationException.With.Message.Contains("BF16"));
        Assert.That(checkpoint.Get("lm_head.weight", 1).ToArray(), Is.EqualTo(new[] { 3f }));
    }

    [Test]
    public void FromResources_EmbeddedFile_IsReadWhole()
    {
        var files = CheckpointFiles.FromResources(typeof(Checkpoint).Assembly, "Microsoft.ML.Score.Text.");
        Assert.That(files.Exists("NormalizationFormC.txt"));
        Assert.That(files.ReadAllBytes("NormalizationFormC.txt"), Is.Not.Empty);
        Assert.That(() => files.ReadAllBytes("config.json"), Throws.InstanceOf<FileNotFoundException>().With.Message.Contains("config.json").And.Message.Contains("Microsoft.ML.Score.Text."));
        Assert.That(() => Checkpoint.Open(files), Throws.InstanceOf<FileNotFoundException>().With.Message.Contains("model.safetensors"));
    }

    [Test]
    public void Get_WrongShape_NamesTensorAndBothShapes()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("model.safetensors"), [TensorData.FromSingle("model.norm.weight", [2, 3], new float[6]), TensorData.FromInt64("ids", [1], [1])]);
        File.WriteAllText(folder.File("config.json"), "{}");
        using var checkpoint = Checkpoint.Open(CheckpointFiles.FromFolder(folder.Path));

        foreach (var shape in new[] { new[] { 3, 2 }, [6], [], [2, 3, 1] })
            Assert.That(() => checkpoint.Get("model.norm.weight", shape), Throws.InstanceOf<InvalidDataException>()
                .With.Message.Contains("model.norm.weight").And.Message.Contains("[2, 3]").And.Message.Contains($"[{string.Join(", ", shape)}]"));
        Assert.That(() => checkpoint.Get("absent", 7), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("'absent' [7]"));
        Assert.That(() => checkpoint.Get("ids", 1), Throws.InstanceOf<InvalidDataException>());
    }

    [Test]
    public void Read_PartOfATensor_WidensThatPart()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("model.safetensors"), [TensorData.FromSingle("w", [2, 2], [1, 2, 3, 4], TensorType.F16)]);
        File.WriteAllText(folder.File("config.json"), "{}");
        using var checkpoint = Checkpoint.Open(CheckpointFiles.FromFolder(folder.Path));

        var row = new float[2];
        checkpoint.Get("w", 2, 2).Read(2, row);
        Assert.That(row, Is.EqualTo(new float[] { 3, 4 }));
        Assert.That(() => checkpoint.Get("w", 2, 2).Read(3, row), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Fingerprint_SameValues_IgnoresShardsAndNames()
    {
        using var folder = new TemporaryFolder();
        WriteShards(folder);
        var sharded = FingerprintOf(folder);

        File.Delete(folder.File("model.safetensors.index.json"));
        SafetensorsWriter.Write(folder.File("model.safetensors"),
        [
            TensorData.FromSingle("lm_head.weight", [1], [3]),
            TensorData.FromSingle("visual.merger.ln_q.weight", [1], [2], TensorType.BF16),
            TensorData.FromSingle("model.norm.weight", [1], [1]),
        ]);
        Assert.That(FingerprintOf(folder), Is.EqualTo(sharded));
        Assert.That(sharded, Does.Match("^[0-9a-f]{64}\\.[0-9a-f]{16}$"));

        File.WriteAllText(folder.File("config.json"), "{\"a\":1}");
        Assert.That(FingerprintOf(folder), Is.Not.EqualTo(sharded));
    }

    // Training moves all of a tensor; a change of one end or the middle stands for it.
    [TestCase(0)]
    [TestCase(50_000)]
    [TestCase(99_999)]
    public void Fingerprint_OtherValuesOfTheSameShapes_DiffersInItsEndAlone(int changed)
    {
        using var folder = new TemporaryFolder();
        var values = new float[100_000];
        var before = Write();
        values[changed] = 1;
        var after = Write();

        Assert.That(after, Is.Not.EqualTo(before));
        Assert.That(after[..64], Is.EqualTo(before[..64]));

        string Write()
        {
            SafetensorsWriter.Write(folder.File("model.safetensors"), [TensorData.FromSingle("w", [100, 1000], values)]);
            File.WriteAllText(folder.File("config.json"), "{}");
            return FingerprintOf(folder);
        }
    }

    // The layout's hash by hand: printf '{}\nw F32 [2]' | sha256sum; the values': printf '\0\0\x80?\0\0\0@' | sha256sum
    [Test]
    public void Fingerprint_SmallCheckpoint_IsTheDocumentedHash()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("model.safetensors"), [TensorData.FromSingle("w", [2], [1, 2])]);
        File.WriteAllText(folder.File("config.json"), "{}");

        Assert.That(FingerprintOf(folder), Is.EqualTo("f40c99e98fef12c875241882d46a942d9e3b4fe38e830699ebffa21e6f2decae.b9c80b5adeca4507"));
    }

    [Test]
    public void Open_MissingFiles_SaysWhich()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => CheckpointFiles.FromFolder(folder.File("absent")), Throws.InstanceOf<DirectoryNotFoundException>());
        Assert.That(() => FingerprintOf(folder), Throws.InstanceOf<FileNotFoundException>().With.Message.Contains("model.safetensors"));
        WriteShards(folder);
        File.Delete(folder.File("b.safetensors"));
        Assert.That(() => FingerprintOf(folder), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("b.safetensors"));
        WriteShards(folder);
        File.Delete(folder.File("config.json"));
        Assert.That(() => FingerprintOf(folder), Throws.InstanceOf<FileNotFoundException>().With.Message.Contains("config.json"));
    }

    [TestCase("""{"weight_map":{"absent":"a.safetensors"}}""")]
    [TestCase("""{"weight_map":{"lm_head.weight":"../b.safetensors"}}""")]
    [TestCase("""{"weight_map":{"lm_head.weight":5}}""")]
    [TestCase("""{"weight_map":[]}""")]
    [TestCase("""{"weight_map":{"lm_head.weight":"b.safetensors","lm_head.weight":"b.safetensors"}}""")]
    [TestCase("[]")]
    [TestCase("")]
    public void Open_BrokenIndex_IsInvalidData(string index)
    {
        using var folder = new TemporaryFolder();
        WriteShards(folder, index);
        Assert.That(() => FingerprintOf(folder), Throws.InstanceOf<InvalidDataException>());
    }

    [Test]
    public void Open_OldAndNewNameOfOneTensor_IsInvalidData()
    {
        using var folder = new TemporaryFolder();
        WriteSingle(folder, "model.norm.weight", "model.language_model.norm.weight");
        Assert.That(() => FingerprintOf(folder), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("model.norm.weight"));
    }

    [Test]
    public void Open_DamagedIndex_IsValidOrInvalidData()
    {
        using var folder = new TemporaryFolder();
        WriteShards(folder);
        var bytes = Encoding.UTF8.GetBytes(Index);
        var allowance = 2 * DamagedFile.Allocated(() => FingerprintOf(folder)) + 100 * bytes.Length;
        foreach (var variant in DamagedFile.Variants(bytes))
        {
            File.WriteAllBytes(folder.File("model.safetensors.index.json"), variant);
            DamagedFile.ReadsOrRefuses(variant, allowance, () => FingerprintOf(folder));
        }
    }

    [TestCase("qwen25vl_tiny_A", "model.layers.0.self_attn.k_proj.weight", 32, 64, TensorType.F32)]
    [TestCase("llava_video_tiny", "model.layers.0.self_attn.k_proj.weight", 32, 64, TensorType.F32)]
    [TestCase("qwen25vl_tiny_B_tied_bf16", "model.embed_tokens.weight", 320, 64, TensorType.BF16)]
    public void Open_GoldenModel_HasTheTensorsOfItsArchitecture(string model, string tensor, int rows, int columns, TensorType type)
    {
        using var checkpoint = Checkpoint.Open(CheckpointFiles.FromFolder(RepositoryFolder.Golden("models", model)));
        var weight = checkpoint.Get(tensor, rows, columns);
        Assert.That(weight.Type, Is.EqualTo(type));
        Assert.That(weight.ToArray(), Has.Length.EqualTo(rows * columns).And.All.Matches<float>(float.IsFinite));
    }

    [Test]
    public void OpenSafetensors_EveryGoldenFile_IsValid() => OpenAll(RepositoryFolder.Golden());

    [Test]
    public void OpenSafetensors_EverySharedGoldenFile_IsValid() => OpenAll(RepositoryFolder.RequireShared("goldens"));

    private static void OpenAll(string folder)
    {
        var read = 0;
        foreach (var path in Directory.EnumerateFiles(folder, "*.safetensors", SearchOption.AllDirectories))
        {
            using var file = SafetensorsFile.Open(path);
            foreach (var (name, entry) in file.Tensors)
                Assert.That(file.Bytes(name).Length, Is.EqualTo(entry.ByteLength));
            read++;
        }

        Assert.That(read, Is.Positive);
    }

    private static string FingerprintOf(TemporaryFolder folder)
    {
        using var checkpoint = Checkpoint.Open(CheckpointFiles.FromFolder(folder.Path));
        return checkpoint.Fingerprint;
    }

    private static void WriteSingle(TemporaryFolder folder, params string[] names)
    {
        SafetensorsWriter.Write(folder.File("model.safetensors"), [.. names.Select(name => TensorData.FromSingle(name, [1], [1]))]);
        File.WriteAllText(folder.File("config.json"), "{}");
    }

    private static void WriteShards(TemporaryFolder folder, string index = Index)
    {
        SafetensorsWriter.Write(folder.File("a.safetensors"), [TensorData.FromSingle("model.language_model.norm.weight", [1], [1])]);
        SafetensorsWriter.Write(folder.File("b.safetensors"),
            [TensorData.FromSingle("model.visual.merger.ln_q.weight", [1], [2], TensorType.BF16), TensorData.FromSingle("lm_head.weight", [1], [3])]);
        File.WriteAllText(folder.File("model.safetensors.index.json"), index);
        File.WriteAllText(folder.File("config.json"), "{}");
    }
}
