using System.Text.Json;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.BigCheckpoint;

/// <summary>A checkpoint of random weights in Hugging Face layout with a byte tokenizer: as many decoder layers of a shape as the wanted size takes.</summary>
internal static class SyntheticCheckpoint
{
    private const int Shards = 5;

    /// <summary>Writes a checkpoint of about that many bytes of weights.</summary>
    public static void Write(string folder, CheckpointShape shape, long bytes)
    {
        Directory.CreateDirectory(folder);
        ByteTokenizer.Write(folder);
        WriteJson("generation_config.json", new { eos_token_id = new[] { ByteTokenizer.EndOfTurn, ByteTokenizer.EndOfText } });
        WriteJson("video_preprocessor_config.json", shape.VideoProcessor);
        var fewest = TensorsOf(shape.LeastLayers).Parameters;
        var perLayer = TensorsOf(shape.LeastLayers + 1).Parameters - fewest;
        var more = (int)Math.Max(0, (bytes / 2 - fewest) / perLayer);
        RandomShards.Write(folder, TensorsOf(shape.LeastLayers + more), Shards, seed: 1);

        // What the written config.json asks for, as the library reads it.
        ExpectedTensors TensorsOf(int layers)
        {
            WriteJson("config.json", shape.Config(layers));
            return VideoModel.ReadConfig(CheckpointFiles.FromFolder(folder)).Tensors();
        }

        void WriteJson(string name, object value) => File.WriteAllText(Path.Combine(folder, name), JsonSerializer.Serialize(value));
    }
}
