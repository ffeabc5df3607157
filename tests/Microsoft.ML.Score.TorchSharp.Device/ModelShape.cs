using System.Text;
using System.Text.Json;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.TorchSharp.Device;

/// <summary>A language model of a size whose weights repeat one random block. Its checkpoint is a file of the right header and no content.</summary>
internal sealed class ModelShape : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("score-shape").FullName;
    private Checkpoint? _checkpoint;
    private ModelWeights? _weights;

    private ModelShape(Qwen2Config config, double scale) => (Config, Scale) = (config, scale);

    public Qwen2Config Config { get; }

    /// <summary>What the paper's numbers of tokens are multiplied by.</summary>
    public double Scale { get; }

    public static ModelShape Named(string size) => size switch
    {
        "tiny" => new(Of(hidden: 64, intermediate: 192, layers: 2, heads: 4, keyValueHeads: 2, vocabulary: 512), 0.02),
        "half" => new(Of(hidden: 896, intermediate: 4864, layers: 2, heads: 14, keyValueHeads: 2, vocabulary: 4096), 1), // a layer of Qwen2.5-0.5B
        "7b" => new(Of(hidden: 3584, intermediate: 18944, layers: 28, heads: 28, keyValueHeads: 4, vocabulary: 152_064), 1),
        _ => throw new ArgumentException($"The size is tiny, half or 7b, got '{size}'."),
    };

    public Qwen2LanguageModel Load(IKernels kernels)
    {
        var tensors = new ExpectedTensors();
        Config.AddTensors(tensors);
        WriteHeader(tensors);
        File.WriteAllText(Path.Combine(_folder, "config.json"), "{}");
        _checkpoint = Checkpoint.Open(CheckpointFiles.FromFolder(_folder));
        var repeated = new RepeatedWeights(kernels);
        _weights = new ModelWeights(_checkpoint, tensors, repeated);
        return new Qwen2LanguageModel(Config, _weights, repeated);
    }

    public void Dispose()
    {
        _weights?.Dispose();
        _checkpoint?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static Qwen2Config Of(int hidden, int intermediate, int layers, int heads, int keyValueHeads, int vocabulary) => new()
    {
        HiddenSize = hidden,
        IntermediateSize = intermediate,
        NumHiddenLayers = layers,
        NumAttentionHeads = heads,
        NumKeyValueHeads = keyValueHeads,
        VocabSize = vocabulary,
        RmsNormEps = 1e-6f,
        RopeTheta = 1e6,
        TieWordEmbeddings = false,
    };

    private void WriteHeader(ExpectedTensors tensors)
    {
        var entries = new Dictionary<string, object>();
        var end = 0L;
        foreach (var tensor in tensors)
            entries.Add(tensor.Name, new { dtype = "BF16", shape = tensor.Shape, data_offsets = new[] { end, end += 2 * tensor.Count } });
        var json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(entries));
        var header = json.Concat(Enumerable.Repeat((byte)' ', (8 - json.Length % 8) % 8)).ToArray();
        using var file = File.Create(Path.Combine(_folder, "model.safetensors"));
        file.Write(BitConverter.GetBytes((ulong)header.Length));
        file.Write(header);
        file.SetLength(file.Position + end); // a hole: it takes no space on the disk
    }
}
