using System.Text;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models;

[TestFixture]
public class ExpectedTensorsTests
{
    [Test]
    public void Tensors_72B_CountAndParametersAreThoseOfTheFormula()
    {
        // The language model's sizes are the defaults of the original configuration class.
        var tensors = Config("""
            {
              "image_token_id": 151655, "video_token_id": 151656, "rope_scaling": { "type": "mrope", "mrope_section": [16, 24, 24] },
              "vision_config": { "hidden_size": 1280, "intermediate_size": 3456, "out_hidden_size": 8192 }
            }
            """).Tensors();

        const long hidden = 8192, inner = 29568, keys = 1024, vocabulary = 152064, vision = 1280, visionInner = 3456;
        const long layer = 2 * (hidden * hidden) + 2 * (keys * hidden) + hidden + 2 * keys + 3 * (inner * hidden) + 2 * hidden;
        const long block = 2 * vision + 3 * vision * (vision + 1) + vision * (vision + 1) + 2 * (visionInner * (vision + 1)) + vision * (visionInner + 1);
        const long merger = vision + 4 * vision * (4 * vision + 1) + hidden * (4 * vision + 1);
        Assert.That(tensors.Parameters, Is.EqualTo(vision * 1176 + 32 * block + merger + 2 * vocabulary * hidden + 80 * layer + hidden));
        Assert.That(tensors, Has.Count.EqualTo(1 + 32 * 12 + 5 + 1 + 80 * 12 + 2));
        Assert.That(tensors.GroupBy(tensor => tensor.Part).Sum(part => part.Sum(tensor => tensor.Count)), Is.EqualTo(tensors.Parameters));
    }

    [Test]
    public void Load_ManyFaults_CountsAllAndNamesTheFirst()
    {
        using var checkpoint = new RandomCheckpoint();
        checkpoint.Config["num_hidden_layers"] = 5;
        checkpoint.Config["vision_config"]!["intermediate_size"] = 63;
        checkpoint.WriteConfig();

        Assert.That(() => VideoModel.Load(checkpoint.Folder), Throws.TypeOf<InvalidDataException>().With.Message
            .Contains("24 of the 92 tensors that config.json asks for are missing: 'model.layers.3.self_attn.q_proj.weight' [64, 64]; ").And.Message
            .Contains("10 of the 92 tensors that config.json asks for have another shape: 'visual.blocks.0.mlp.gate_proj.weight' is F32 [64, 32], expected the shape [63, 32]; "));
    }

    [Test]
    public void Load_TensorsBeyondTheConfiguration_AreIgnored()
    {
        using var checkpoint = new RandomCheckpoint();
        checkpoint.Config["num_hidden_layers"] = 2;
        checkpoint.WriteConfig();

        Assert.That(() => VideoModel.Load(checkpoint.Folder).Dispose(), Throws.Nothing);
    }

    [Test]
    public void Describe_TensorOfIntegers_NamesItAsLoadingDoes()
    {
        using var checkpoint = new RandomCheckpoint();
        var path = Path.Combine(checkpoint.Folder, "model.safetensors");
        SafetensorsWriter.Write(path, [.. Read(path).Select(tensor => tensor.Name == "model.norm.weight" ? new TensorData(tensor.Name, TensorType.I32, [64], tensor.Bytes) : tensor)]);

        const string fault = "1 of the 68 tensors that config.json asks for do not hold floating-point numbers of a type that is read: 'model.norm.weight' is I32 [64].";
        Assert.That(() => VideoModel.Describe(checkpoint.Folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains(fault));
        Assert.That(() => VideoModel.Load(checkpoint.Folder), Throws.TypeOf<InvalidDataException>().With.Message.Contains(fault));
    }

    private static TensorData[] Read(string path)
    {
        using var file = SafetensorsFile.Open(path);
        return [.. file.Tensors.Select(tensor => new TensorData(tensor.Key, tensor.Value.Type!.Value, [.. tensor.Value.Shape.Select(size => (int)size)], file.Bytes(tensor.Key).ToArray()))];
    }

    private static Qwen25VLConfig Config(string json) => Qwen25VLConfig.Read(ConfigSection.Parse(Encoding.UTF8.GetBytes(json), "config.json"));
}
