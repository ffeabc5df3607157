using System.Text.Json.Nodes;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>Which output head a checkpoint has: that which it stores, whatever its configuration says of it at either level.</summary>
[TestFixture]
public class StoredHeadTests
{
    private const int Vocabulary = 264, Width = 64;

    private RandomCheckpoint _checkpoint = null!;

    [SetUp]
    public void SetUp() => _checkpoint = new RandomCheckpoint();

    [TearDown]
    public void TearDown() => _checkpoint.Dispose();

    // A head of zeros gives every token the same logit: ln(264) nats whatever the rest of the model does.
    [TestCase(true, null)]
    [TestCase(false, null)]
    [TestCase(true, true)]
    [TestCase(false, true)]
    [TestCase(true, false)]
    [TestCase(false, false)]
    public void CrossEntropy_HeadOfZerosIsStored_IsThatOfGuessing(bool outer, bool? inner)
    {
        WriteFlags(outer, inner);
        WriteHead(TensorData.FromSingle("lm_head.weight", [Vocabulary, Width], new float[Vocabulary * Width]));

        Assert.That(CrossEntropy(), Is.EqualTo(Math.Log(Vocabulary)).Within(1e-5));
    }

    [Test]
    public void CrossEntropy_EmbeddingsStoredAsHeadToo_IsThatWithoutIt()
    {
        var tied = CrossEntropy();
        using (var file = SafetensorsFile.Open(Weights))
            WriteHead(TensorData.FromSingle("lm_head.weight", [Vocabulary, Width], file.ReadSingle("model.embed_tokens.weight")));

        Assert.That(CrossEntropy(), Is.EqualTo(tied));
        Assert.That(tied, Is.Not.EqualTo(Math.Log(Vocabulary)).Within(0.01));
    }

    [TestCase(true, null)]
    [TestCase(true, true)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    public void CrossEntropy_NoHeadAndEitherLevelTied_IsThatOfTheEmbeddings(bool outer, bool? inner)
    {
        var tied = CrossEntropy();
        WriteFlags(outer, inner);

        Assert.That(CrossEntropy(), Is.EqualTo(tied));
    }

    [TestCase(false, null)]
    [TestCase(false, false)]
    public void Load_NoHeadAndNoLevelTied_SaysThatItIsMissing(bool outer, bool? inner)
    {
        WriteFlags(outer, inner);

        Assert.That(() => VideoModel.Load(_checkpoint.Folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains("missing: 'lm_head.weight' [264, 64]"));
    }

    [Test]
    public void Describe_TiedWithAStoredHead_CountsIt()
    {
        WriteHead(TensorData.FromSingle("lm_head.weight", [Vocabulary, Width], new float[Vocabulary * Width]));

        var description = VideoModel.Describe(_checkpoint.Folder);

        Assert.That((description.UnusedTensors, description.Parts[^1].Name, description.Parts[^1].Parameters), Is.EqualTo((0, "output head", Vocabulary * Width)));
        Assert.That(VideoModel.Check(_checkpoint.Folder).SelectMany(check => check.Faults), Is.Empty);
    }

    private string Weights => Path.Combine(_checkpoint.Folder, "model.safetensors");

    private double CrossEntropy()
    {
        using var model = VideoModel.Load(_checkpoint.Folder);
        var video = new VideoTokens(new TokenGrid(1, 1, 2), Width, Enumerable.Range(0, 2 * Width).Select(i => i / 100f).ToArray());
        return model.CrossEntropy([KeptTokens.All(video)], "Why?", "So.")[0];
    }

    /// <summary>Writes a flat configuration, or one whose language model's keys are in text_config with a flag of their own.</summary>
    private void WriteFlags(bool outer, bool? inner)
    {
        _checkpoint.Config["tie_word_embeddings"] = outer;
        if (inner is not null)
        {
            var text = new JsonObject { ["tie_word_embeddings"] = inner };
            foreach (var key in (string[])["hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "vocab_size", "rope_theta", "rope_scaling"])
            {
                text[key] = _checkpoint.Config[key]!.DeepClone();
                _checkpoint.Config.Remove(key);
            }

            _checkpoint.Config["text_config"] = text;
        }

        _checkpoint.WriteConfig();
    }

    private void WriteHead(TensorData head)
    {
        TensorData[] tensors;
        using (var file = SafetensorsFile.Open(Weights))
            tensors = [.. file.Tensors.Select(tensor => new TensorData(tensor.Key, TensorType.F32, [.. tensor.Value.Shape.Select(size => (int)size)], file.Bytes(tensor.Key).ToArray())), head];
        SafetensorsWriter.Write(Weights, tensors);
    }
}
