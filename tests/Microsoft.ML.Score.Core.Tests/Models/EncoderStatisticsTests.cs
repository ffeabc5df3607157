using System.Text.Json.Nodes;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models.LlavaVideo;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models;

/// <summary>Statistics that come with encoded videos; the saliences themselves are compared in the golden cases of the program's tests.</summary>
[TestFixture]
internal sealed class EncoderStatisticsTests
{
    [Test]
    public void Encode_TinyModelWithStatistics_GivesEachStepsAttentionAndTheSameVectors()
    {
        using var plain = VideoModel.Load("tiny");
        using var model = VideoModel.Load("tiny", new VideoModelOptions { EncoderStatistics = true });

        var video = model.Encode(Clip());

        Assert.That(plain.Encode(Clip()).Statistics, Is.Null);
        Assert.That(video.Vectors.ToArray(), Is.EqualTo(plain.Encode(Clip()).Vectors.ToArray()));
        Assert.That(StepSums(video.Statistics!.PooledAttention, video.Grid), Is.All.EqualTo(1).Within(1e-5));
    }

    [Test]
    public void Info_WithStatistics_SaysSo()
    {
        using var checkpoint = new RandomLlavaCheckpoint(("mm_spatial_pool_mode", "average"));
        var siglip = WriteHead(checkpoint.Config.VisionConfig);
        foreach (var (source, processing) in new[] { ("tiny", Info("tiny", new()).Processing), (checkpoint.Folder, "") })
            Assert.That((Info(source, new()), Info(source, new() { EncoderStatistics = true })), Is.EqualTo(((processing, false), (processing, true))));
        Assert.That(Info(checkpoint.Folder, new() { EncoderStatistics = true, LlavaVideo = new() { SiglipFolder = siglip } }), Is.EqualTo(("with pooling head", true)));
        Directory.Delete(siglip, recursive: true);

        static (string Processing, bool EncoderStatistics) Info(string source, VideoModelOptions options)
        {
            using var model = VideoModel.Load(source, options);
            return (model.Info.Processing, model.Info.EncoderStatistics);
        }
    }

    [Test]
    public void Encode_OtherWindowsUnderFullAttention_GivesTheSameAttention()
    {
        // Windows then only decide in which order the tower works.
        using var checkpoint = new RandomCheckpoint();
        var vision = (JsonObject)checkpoint.Config["vision_config"]!;
        vision["fullatt_block_indexes"] = new JsonArray(0, 1);
        var attention = new List<float[]>();
        foreach (var window in new[] { 8, 16 })
        {
            vision["window_size"] = window;
            checkpoint.WriteConfig();
            using var model = VideoModel.Load(checkpoint.Folder, new VideoModelOptions { EncoderStatistics = true });
            attention.Add(model.Encode(Clip()).Statistics!.PooledAttention.ToArray());
        }

        Assert.That(attention[1], Is.EqualTo(attention[0]).Within(1e-6));
        Assert.That(attention[0].Distinct().Count(), Is.GreaterThan(attention[0].Length / 2));
    }

    [Test]
    public void Compress_TinyModelWithStatistics_RunsWhatNeedsThem([Values] bool merging)
    {
        using var model = VideoModel.Load("tiny", new VideoModelOptions { EncoderStatistics = true });
        ITokenCompressor compressor = merging ? new HoliTomCompressor() : new FastVidCompressor(FastVidVariant.Qwen25VL);

        Assert.That(compressor.Compress(model.Encode(Clip()), 0.25).Count, Is.GreaterThan(0));
    }

    [Test]
    public void Encode_LlavaVideoWithSiglip_GivesReceivedAndPooledAttentionAndFeatures()
    {
        using var checkpoint = new RandomLlavaCheckpoint(("mm_spatial_pool_mode", "average"));
        var siglip = WriteHead(checkpoint.Config.VisionConfig);
        var options = new LlavaVideoOptions { MaxFrames = 3, SiglipFolder = siglip };
        using var model = VideoModel.Load(checkpoint.Folder, new VideoModelOptions { EncoderStatistics = true, LlavaVideo = options });

        var video = model.Encode(Clip());

        // Of 5x5 tokens of a frame average pooling leaves out a row and a column, and 4 tokens make one.
        Assert.That(StepSums(video.Statistics!.ReceivedAttention, video.Grid), Is.All.InRange(0.01, 0.25));
        Assert.That(StepSums(video.Statistics.PooledAttention, video.Grid), Is.All.InRange(0.01, 0.25));
        Assert.That(video.Statistics.StepFeatures.Length, Is.EqualTo(3 * checkpoint.Config.VisionConfig.HiddenSize));
        Directory.Delete(siglip, recursive: true);
    }

    [Test]
    public void Load_SiglipFolderWithoutHead_NamesTheTensor()
    {
        using var checkpoint = new RandomLlavaCheckpoint();
        var options = new LlavaVideoOptions { SiglipFolder = checkpoint.Folder };

        Assert.That(() => VideoModel.Load(checkpoint.Folder, new VideoModelOptions { EncoderStatistics = true, LlavaVideo = options }),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("vision_model.post_layernorm.weight"));
    }

    private static string WriteHead(SiglipVisionConfig config)
    {
        var (d, inner, random) = (config.HiddenSize, config.IntermediateSize, new Random(1));
        var folder = Directory.CreateTempSubdirectory("score-siglip").FullName;
        (string Name, int[] Shape)[] tensors =
        [
            ("post_layernorm.weight", [d]), ("post_layernorm.bias", [d]), ("head.probe", [1, 1, d]),
            ("head.attention.in_proj_weight", [3 * d, d]), ("head.attention.in_proj_bias", [3 * d]),
            ("head.attention.out_proj.weight", [d, d]), ("head.attention.out_proj.bias", [d]),
            ("head.layernorm.weight", [d]), ("head.layernorm.bias", [d]),
            ("head.mlp.fc1.weight", [inner, d]), ("head.mlp.fc1.bias", [inner]), ("head.mlp.fc2.weight", [d, inner]), ("head.mlp.fc2.bias", [d]),
        ];
        File.WriteAllText(Path.Combine(folder, "config.json"), "{}");
        SafetensorsWriter.Write(Path.Combine(folder, "model.safetensors"), [.. tensors.Select(tensor => TensorData.FromSingle(
            $"vision_model.{tensor.Name}", tensor.Shape, [.. Enumerable.Range(0, tensor.Shape.Aggregate(1, (a, b) => a * b)).Select(_ => random.NextSingle() - 0.5f)]))]);
        return folder;
    }

    private static IEnumerable<float> StepSums(ReadOnlyMemory<float> values, TokenGrid grid) => values.ToArray().Chunk(grid.TokensPerStep).Select(step => step.Sum());

    private static FrameClip Clip()
    {
        var rgb = new byte[10 * 48 * 40 * 3];
        new Random(5).NextBytes(rgb);
        return new FrameClip(rgb, 10, 48, 40, 2);
    }
}
