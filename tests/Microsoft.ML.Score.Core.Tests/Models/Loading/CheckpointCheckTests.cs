using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Loading;

/// <summary>One checkpoint, spoilt in one way after another; each fault is found by its own check, and the others stay right.</summary>
[TestFixture]
public class CheckpointCheckTests
{
    private const string Weights = "model.safetensors", Index = "model.safetensors.index.json", First = "model-00001-of-00002.safetensors", Second = "model-00002-of-00002.safetensors";

    private RandomCheckpoint _checkpoint = null!;

    [SetUp]
    public void Create() => _checkpoint = new RandomCheckpoint();

    [TearDown]
    public void Delete() => _checkpoint.Dispose();

    [Test]
    public void Check_WholeCheckpoint_FindsNothingWrong()
    {
        var results = VideoModel.Check(_checkpoint.Folder);

        Assert.That(results.Select(result => result.Name), Is.EqualTo(new[] { "configuration", "weight files", "types", "tensors", "tokenizer", "special tokens", "frame processor", "chat template" }));
        Assert.That(results.Select(result => (result.IsSkipped, result.Faults.Count)), Is.All.EqualTo((false, 0)));
        Assert.That(results.Select(result => result.Summary), Is.SupersetOf(new[] { "Qwen2.5-VL, 3 decoder layers", "F32", "264 tokens for 264 rows of embeddings", "video_preprocessor_config.json" }));
    }

    [Test]
    public void Check_LlavaCheckpoint_FindsNothingWrong()
    {
        using var checkpoint = new RandomLlavaCheckpoint();

        Assert.That(Faults(checkpoint.Folder), Is.Empty);
    }

    [Test]
    public void Check_FileCutOff_NamesBothLengthsAndStillChecksTheTensors()
    {
        var path = PathOf(Weights);
        var length = new FileInfo(path).Length;
        using (var file = File.OpenWrite(path))
            file.SetLength(length - 10);

        var (check, fault) = Faults().Single();

        Assert.That((check, fault.File, fault.Expected, fault.Actual), Is.EqualTo(("weight files", Weights, $"{length} bytes", $"{length - 10} bytes")));
    }

    [TestCase("", "an empty file, a pipe or a device")]
    [TestCase("\u0005\0\0\0\0\0\0\0[1,2]", "a header that is not one of safetensors: ")]
    [TestCase("\u0005\0\0\0\0\0\0\0[1", "10 bytes with a header of 5: cut off, or no safetensors file")]
    [TestCase("\u0002\0\0\0\0\0\0\0{}", null)]
    public void Check_FileWithoutTensors_SaysWhatItIs(string content, string? actual)
    {
        File.WriteAllText(PathOf(Weights), content);

        var faults = Faults();

        // A file of no tensors is a safetensors file; that it lacks them all is the tensors' fault.
        Assert.That(faults.Select(item => item.Check).Distinct(), Is.EqualTo(new[] { actual is null ? "tensors" : "weight files" }));
        if (actual is not null)
            Assert.That(faults.Single().Fault.Actual, Does.StartWith(actual));
    }

    [Test]
    public void Check_HeaderThatBreaksARule_IsAFault()
    {
        var text = File.ReadAllText(PathOf(Weights), System.Text.Encoding.Latin1);
        File.WriteAllText(PathOf(Weights), text.Replace("\"shape\":[64]", "\"shape\":[65]"), System.Text.Encoding.Latin1);

        var (check, fault) = Faults().Single();

        Assert.That((check, fault.File, fault.Expected), Is.EqualTo(("weight files", Weights, "a safetensors file")));
        Assert.That(fault.Actual, Does.Contain("(F32 [65]) needs 260 bytes"));
    }

    [Test]
    public void Check_ShardsMissingAndDamaged_NamesEachAndBlamesNoTensorInThem()
    {
        var names = Split();
        File.Delete(PathOf(First));
        File.WriteAllBytes(PathOf(Second), [1, 2, 3]);

        var faults = Faults();

        Assert.That(faults.Select(item => (item.Check, item.Fault.File, item.Fault.Actual)), Is.EqualTo(new[]
        {
            ("weight files", First, "absent"),
            ("weight files", Second, "3 bytes, fewer than the 8 of the header's length"),
        }));
        Assert.That(names, Has.Length.GreaterThan(20));
    }

    [Test]
    public void Check_IndexAndShardDisagree_NamesTheTensor()
    {
        var names = Split();
        var index = JsonNode.Parse(File.ReadAllText(PathOf(Index)))!;
        index["weight_map"]![names[0]] = Second;
        File.WriteAllText(PathOf(Index), index.ToJsonString());

        var (check, fault) = Faults().Single();

        Assert.That((check, fault.File, fault.Tensor, fault.Actual), Is.EqualTo(("weight files", Second, names[0], "absent")));
    }

    [Test]
    public void Check_ManyTensorsMissingAndOfAnotherShape_NamesThemAll()
    {
        _checkpoint.Config["num_hidden_layers"] = 4;
        _checkpoint.Config["intermediate_size"] = 200;
        _checkpoint.WriteConfig();

        var faults = Faults();

        Assert.That(faults.Select(item => item.Check), Is.All.EqualTo("tensors"));
        Assert.That(faults.Count(item => item.Fault.Actual == "absent"), Is.EqualTo(12), "the fourth layer");
        Assert.That(faults.Count(item => item.Fault.Actual != "absent"), Is.EqualTo(3 * 3), "three matrices in each layer that is there");
        var fault = faults.Single(item => item.Fault.Tensor == "model.layers.1.mlp.down_proj.weight").Fault;
        Assert.That((fault.File, fault.Expected, fault.Actual), Is.EqualTo((Weights, "[64, 200], as config.json says", "F32 [64, 192]")));
    }

    [Test]
    public void Check_UnknownAndIntegerTypes_NamesEveryTensorOfThem()
    {
        Retype("model.norm.weight", "F8_E4M3_X");
        Retype("visual.merger.ln_q.weight", "F8_E5M2_X");
        Retype("model.layers.0.input_layernorm.weight", "I32");

        var faults = Faults();

        Assert.That(faults.Select(item => (item.Check, item.Fault.Tensor, item.Fault.Actual)), Is.EquivalentTo(new[]
        {
            ("types", "model.norm.weight", "F8_E4M3_X [64]"),
            ("types", "visual.merger.ln_q.weight", "F8_E5M2_X [32]"),
            ("tensors", "model.layers.0.input_layernorm.weight", "I32 [64]"),
        }));
    }

    [Test]
    public void Check_PointersInPlaceOfFiles_NamesTheStoreAndWhatBringsThem()
    {
        File.WriteAllText(PathOf(Weights), PointerFileTests.Lfs);
        File.WriteAllText(PathOf("tokenizer.json"), PointerFileTests.Lfs);

        var faults = Faults();

        Assert.That(faults.Select(item => (item.Check, item.Fault.File)), Is.EqualTo(new[] { ("weight files", Weights), ("tokenizer", "tokenizer.json") }));
        Assert.That(faults[0].Fault.Actual, Is.EqualTo("a pointer of git-lfs to 3.7 GiB and not the file itself"));
        Assert.That(faults[0].Fault.NextStep, Does.StartWith("Run 'git lfs pull'"));
        Assert.That(faults[1].Fault.Actual, Does.Contain("a pointer of git-lfs").And.Contain("Run 'git lfs pull'"));
    }

    [Test]
    public void Check_UnknownTypeThatNothingReads_IsNoFault()
    {
        using (var file = SafetensorsFile.Open(PathOf(Weights)))
            SafetensorsWriter.Write(PathOf("more"), [.. file.Tensors.Select(tensor => new TensorData(tensor.Key, TensorType.F32, [.. tensor.Value.Shape.Select(length => (int)length)], file.Bytes(tensor.Key).ToArray())), new("extra.scale", TensorType.U8, [4], new byte[4])]);
        File.Move(PathOf("more"), PathOf(Weights), overwrite: true);
        Retype("extra.scale", "F8_E4M3");

        var results = VideoModel.Check(_checkpoint.Folder);

        Assert.That(results.SelectMany(result => result.Faults), Is.Empty);
        Assert.That(results.Select(result => result.Summary), Is.SupersetOf(new[] { "F32, F8_E4M3", "68 of the architecture, and 1 that nothing reads" }));
        Assert.That(VideoModel.Describe(_checkpoint.Folder).UnusedTensors, Is.EqualTo(1));
        Retype("model.norm.weight", "F8_E5M2X");
        Assert.That(() => VideoModel.Load(_checkpoint.Folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains("'model.norm.weight' is F8_E5M2X [64]"));
    }

    [TestCase("video_token_id", 5, "video_token_id 263, the tokenizer's <|video_pad|>", "5")]
    [TestCase("image_token_id", 6, "image_token_id 262, the tokenizer's <|image_pad|>", "6")]
    public void Check_ConfigurationWithAnotherTokenId_NamesBoth(string key, int id, string expected, string actual)
    {
        _checkpoint.Config[key] = id;
        _checkpoint.WriteConfig();

        var (check, fault) = Faults().Single();

        Assert.That((check, fault.File, fault.Expected, fault.Actual), Is.EqualTo(("special tokens", "config.json", expected, actual)));
    }

    [Test]
    public void Check_StopTokenBeyondTheTokenizer_IsAFault()
    {
        File.WriteAllText(PathOf("generation_config.json"), """{"eos_token_id": [258, 9000]}""");

        var (check, fault) = Faults().Single();

        Assert.That((check, fault.File, fault.Expected, fault.Actual), Is.EqualTo(("special tokens", "generation_config.json", "an eos_token_id below the tokenizer's 264 tokens", "9000")));
    }

    [Test]
    public void Check_OtherPatches_NamesFileAndBoth()
    {
        File.WriteAllText(PathOf("video_preprocessor_config.json"), """{"patch_size": 4, "temporal_patch_size": 2, "merge_size": 3}""");

        var (check, fault) = Faults().Single();

        Assert.That((check, fault.File, fault.Expected, fault.Actual), Is.EqualTo(("frame processor", "video_preprocessor_config.json", "merge_size 2, as config.json says", "3")));
    }

    [Test]
    public void Check_FaultsOfEveryKind_ReportsAllAndSkipsWhatHangsOnThem()
    {
        File.WriteAllText(PathOf("config.json"), """{"model_type": "qwen2_5_vl"}""");
        File.WriteAllText(PathOf("merges.txt"), "a b c\n");
        File.Delete(PathOf(Weights));

        var results = VideoModel.Check(_checkpoint.Folder);

        Assert.That(results.Where(result => result.Faults.Count > 0).Select(result => result.Name), Is.EqualTo(new[] { "configuration", "weight files", "tokenizer" }));
        Assert.That(results.Where(result => result.IsSkipped).Select(result => result.Name), Is.EqualTo(new[] { "types", "tensors", "special tokens", "frame processor", "chat template" }));
        Assert.That(results[0].Faults.Single().Actual, Does.Contain("mrope_section"));
        Assert.That(results[1].Faults.Single().Actual, Is.EqualTo("neither"));
        Assert.That(results[4].Faults.Single().Actual, Does.Contain("'a b c' is not a pair"));
        Assert.That(results.SelectMany(result => result.Faults).Select(fault => fault.NextStep), Is.All.Not.Empty);
    }

    [Test]
    public void Check_NoFolder_NamesIt()
    {
        Assert.That(() => VideoModel.Check("absent"), Throws.TypeOf<DirectoryNotFoundException>().With.Message.StartsWith("There is no folder 'absent'"));
        Assert.That(() => VideoModel.Check(""), Throws.ArgumentException);
    }

    private string PathOf(string name) => Path.Combine(_checkpoint.Folder, name);

    private (string Check, CheckpointFault Fault)[] Faults() => Faults(_checkpoint.Folder);

    private static (string Check, CheckpointFault Fault)[] Faults(string folder) => [.. VideoModel.Check(folder).SelectMany(result => result.Faults.Select(fault => (result.Name, fault)))];

    /// <summary>Puts the tensors into two files with an index, and gives their names, those of the first file first.</summary>
    private string[] Split()
    {
        string[] names;
        using (var file = SafetensorsFile.Open(PathOf(Weights)))
        {
            names = [.. file.Tensors.Keys];
            var tensors = names.Select(name => new TensorData(name, TensorType.F32, [.. file.Tensors[name].Shape.Select(length => (int)length)], file.Bytes(name).ToArray())).ToArray();
            SafetensorsWriter.Write(PathOf(First), tensors[..10]);
            SafetensorsWriter.Write(PathOf(Second), tensors[10..]);
        }

        File.Delete(PathOf(Weights));
        File.WriteAllText(PathOf(Index), JsonSerializer.Serialize(new { weight_map = names.Index().ToDictionary(item => item.Item, item => item.Index < 10 ? First : Second) }));
        return names;
    }

    /// <summary>Writes another type into the header; the data stays.</summary>
    private void Retype(string tensor, string type)
    {
        var bytes = File.ReadAllBytes(PathOf(Weights));
        var length = BitConverter.ToInt32(bytes);
        var header = JsonNode.Parse(bytes.AsSpan(8, length))!;
        header[tensor]!["dtype"] = type;
        var text = System.Text.Encoding.UTF8.GetBytes(header.ToJsonString());
        File.WriteAllBytes(PathOf(Weights), [.. BitConverter.GetBytes((long)text.Length), .. text, .. bytes.AsSpan(8 + length)]);
    }
}
