using System.Text.Json;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.LlavaVideo;

namespace Microsoft.ML.Score.Goldens;

/// <summary>Golden cases of the saliences that compressors take from vision encoders.</summary>
internal static class SalienceCases
{
    // Of one tower's frame before pooling, 27 x 27.
    private const int Side = 27;

    // A hidden state, not a share: as for the towers, relative to values of some units.
    private const double PooledTolerance = 2e-5;

    /// <param name="golden">The tensors of the case.</param>
    /// <param name="variant">Which salience.</param>
    /// <param name="settings">Its constants.</param>
    /// <param name="tolerance">Largest absolute deviation.</param>
    public static IEnumerable<VerificationRow> Verify(GoldenTensors golden, string variant, JsonElement settings, double tolerance) => variant switch
    {
        "qwen25vl_mean_query" => MeanQuery(golden, settings.GetProperty("head_dim").GetInt32(), tolerance),
        "siglip_received_attention" => Received(golden, settings.GetProperty("heads").GetInt32(), tolerance),
        "siglip_pooling_head" => PoolingHead(golden, settings, tolerance),
        _ => [VerificationRow.Unsupported(golden.Case, variant)],
    };

    private static IEnumerable<VerificationRow> MeanQuery(GoldenTensors golden, int headDimension, double tolerance)
    {
        var grid = golden.File.ReadInt64("grid_thw");
        var salience = MeanQueryAttention.Compute(
            golden.File.ReadSingle("q_post_rope"), golden.File.ReadSingle("k_post_rope"), (int)grid[0], headDimension, (int)(grid[1] * grid[2]), mergeUnit: 4);
        yield return golden.Close("score", golden.File.ReadSingle("score"), salience, tolerance);
    }

    private static IEnumerable<VerificationRow> Received(GoldenTensors golden, int heads, double tolerance)
    {
        var (hidden, tokens) = (golden.File.ReadSingle("hidden_after_layer_norm1"), Side * Side);
        var columns = hidden.Length / tokens;
        var received = ReceivedAttention.Compute(Project("q_proj"), Project("k_proj"), columns / heads, tokens);
        yield return golden.Close("score", golden.File.ReadSingle("score"), received, tolerance);
        foreach (var row in Pooled(golden, "score", received, tolerance))
            yield return row;

        float[] Project(string name)
        {
            var (weight, bias) = (golden.File.ReadSingle($"{name}.weight"), golden.File.ReadSingle($"{name}.bias"));
            var projected = new float[hidden.Length];
            for (var i = 0; i < projected.Length; i++)
            {
                var (row, column) = (i / columns, i % columns);
                var sum = (double)bias[column];
                for (var j = 0; j < columns; j++)
                    sum += (double)hidden[row * columns + j] * weight[column * columns + j];
                projected[i] = (float)sum;
            }

            return projected;
        }
    }

    private static IEnumerable<VerificationRow> PoolingHead(GoldenTensors golden, JsonElement settings, double tolerance)
    {
        var (hidden, tokens) = (golden.File.ReadSingle("hidden"), Side * Side);
        var width = golden.File.ReadSingle("post_layernorm.bias").Length;
        var config = new SiglipVisionConfig
        {
            HiddenSize = width,
            IntermediateSize = golden.File.ReadSingle("head.mlp.fc1.bias").Length,
            NumAttentionHeads = settings.GetProperty("heads").GetInt32(),
            LayerNormEps = settings.GetProperty("eps").GetSingle(),
        };
        var head = new SiglipPoolingHead(config, (name, _) => golden.File.ReadSingle(name));
        var frames = hidden.Chunk(tokens * width).Select(frame => head.Apply(frame)).ToArray();
        float[] attention = [.. frames.SelectMany(frame => frame.Attention)];
        yield return golden.Close("attn", golden.File.ReadSingle("attn"), attention, tolerance);
        yield return golden.Close("pooled", golden.File.ReadSingle("pooled"), [.. frames.SelectMany(frame => frame.Pooled)], PooledTolerance);
        foreach (var row in Pooled(golden, "attn", attention, tolerance))
            yield return row;
    }

    /// <summary>A salience pooled as the tokens are.</summary>
    private static IEnumerable<VerificationRow> Pooled(GoldenTensors golden, string name, float[] salience, double tolerance)
    {
        foreach (var (mode, quantity) in new[] { (SpatialPoolMode.Average, $"{name}_avgpool_13x13"), (SpatialPoolMode.Bilinear, $"{name}_bilinear_14x14") })
        {
            var pooling = new TokenPooling(mode, Side);
            float[] pooled = [.. salience.Chunk(Side * Side).SelectMany(frame => pooling.Pool(frame))];
            yield return golden.Close(quantity, golden.File.ReadSingle(quantity), pooled, tolerance);
        }
    }
}
