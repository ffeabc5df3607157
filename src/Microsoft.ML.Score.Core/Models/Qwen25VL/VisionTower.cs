using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;

namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>
/// The vision tower: patch embedding, pre-norm blocks with attention inside windows (inside whole time steps in the blocks of
/// fullatt_block_indexes), and the merger of patches to visual tokens. Dimension letters: p patches, D hidden_size,
/// n = p / (spatial_merge_size^2) visual tokens.
/// </summary>
internal sealed class VisionTower
{
    // Fixed in the original code, not a key of config.json.
    private const float NormEpsilon = 1e-6f;

    private readonly VisionConfig _config;
    private readonly IKernels _kernels;
    private readonly Weight _patchEmbed;
    private readonly Block[] _blocks;
    private readonly Tensor _mergerNorm;
    private readonly Projection _merger0;
    private readonly Projection _merger2;

    public VisionTower(VisionConfig config, ModelWeights weights, IKernels kernels)
    {
        _config = config;
        _kernels = kernels;
        _patchEmbed = weights.Matrix("visual.patch_embed.proj.weight");
        _blocks = [.. Enumerable.Range(0, config.Depth).Select(i => new Block(config, weights, $"visual.blocks.{i}"))];
        _mergerNorm = weights.Vector("visual.merger.ln_q.weight");
        _merger0 = new Projection(weights, "visual.merger.mlp.0");
        _merger2 = new Projection(weights, "visual.merger.mlp.2");
    }

    /// <summary>The visual tokens of some images or videos.</summary>
    /// <param name="patches">Patches [p, PatchLength] in natural order.</param>
    /// <param name="layout">Where they stand.</param>
    /// <param name="observe">Sees intermediate tensors by name, for verification and for saliences.</param>
    /// <param name="cancellationToken">Stops between blocks.</param>
    /// <returns>[n, out_hidden_size] in natural order.</returns>
    public Tensor Encode(Tensor patches, VisionLayout layout, Action<string, Tensor>? observe = null, CancellationToken cancellationToken = default)
    {
        using var natural = _kernels.Linear(patches, _patchEmbed);
        observe?.Invoke("vision.patch_embed", natural);
        using var naturalRotary = RotaryTable.FromAngles(_kernels, layout.RotaryAngles, natural.Rows, _config.HeadDim / 2);
        using var rotary = naturalRotary.Gather(_kernels, layout.PatchIndex);
        var x = _kernels.Gather(natural, layout.PatchIndex);
        for (var i = 0; i < _blocks.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var index = i;
            var segments = _config.FullattBlockIndexes.Contains(i) ? layout.StepSegments : layout.WindowSegments;
            using var before = x;
            x = Attend(_blocks[i], before, rotary, segments, observe is null ? null : (name, values) => observe($"vision.block{index}.{name}", values));
            MlpInPlace(_blocks[i], x);
            observe?.Invoke($"vision.block{i}", x);
        }

        using var last = x;
        using var merged = Merge(last);
        observe?.Invoke("vision.merger_window_order", merged);
        var tokens = _kernels.Allocate(merged.Rows, merged.Columns);
        _kernels.Scatter(merged, layout.WindowIndex, tokens);
        return tokens;
    }

    /// <summary>
    /// Bytes of the tensors that stand in memory at a time in a pass over so many patches: those of attention, which sees all, and one
    /// chunk of the MLP.
    /// </summary>
    public static long WorkingBytes(VisionConfig config, long patches) =>
        sizeof(float) * patches * (8L * config.HiddenSize + config.PatchLength + 3L * config.HeadDim) + RowChunks.BytesOfLargest(patches, ValuesPerRow(config));

    // Of the MLP, alive together at the most: y and the result, [p, D]; gate, up and their product.
    private static int ValuesPerRow(VisionConfig config) => 2 * config.HiddenSize + 3 * config.IntermediateSize;

    private Tensor Attend(Block block, Tensor x, RotaryTable rotary, AttentionSegment[] segments, Action<string, Tensor>? observe)
    {
        using var normed = _kernels.RmsNorm(x, block.Norm1, NormEpsilon);
        using var q = block.Q.Apply(_kernels, normed);
        using var k = block.K.Apply(_kernels, normed);
        using var v = block.V.Apply(_kernels, normed);
        _kernels.Rotary(q, rotary.Cos, rotary.Sin);
        _kernels.Rotary(k, rotary.Cos, rotary.Sin);
        observe?.Invoke("q", q);
        observe?.Invoke("k", k);
        using var attended = _kernels.Attention(q, k, v, segments, _config.HeadDim, causal: false);
        return block.AttnProj.Apply(_kernels, attended, residual: x);
    }

    private void MlpInPlace(Block block, Tensor x)
    {
        foreach (var (start, count) in RowChunks.Of(x.Rows, ValuesPerRow(_config), _kernels.Limits.ChunkBytes))
        {
            using var h = x.RowRange(start, count);
            using var y = _kernels.RmsNorm(h, block.Norm2, NormEpsilon);
            using var gate = block.GateProj.Apply(_kernels, y);
            using var up = block.UpProj.Apply(_kernels, y);
            using var inner = _kernels.SwiGlu(gate, up);
            using var result = block.DownProj.Apply(_kernels, inner, residual: h);
            _kernels.Scatter(result, RowChunks.Indices(start, count), x);
        }
    }

    private Tensor Merge(Tensor x)
    {
        using var normed = _kernels.RmsNorm(x, _mergerNorm, NormEpsilon);
        using var grouped = normed.Reshape(x.Rows / _config.MergeUnit, x.Columns * _config.MergeUnit);
        using var inner = _merger0.Apply(_kernels, grouped, Activation.Gelu);
        return _merger2.Apply(_kernels, inner);
    }

    private sealed class Block(VisionConfig config, ModelWeights weights, string name)
    {
        public Tensor Norm1 { get; } = weights.Vector($"{name}.norm1.weight");

        // attn.qkv holds all rows of q, then of k, then of v.
        public Projection Q { get; } = Projection.Third(weights, $"{name}.attn.qkv", 0, config.HiddenSize);

        public Projection K { get; } = Projection.Third(weights, $"{name}.attn.qkv", 1, config.HiddenSize);

        public Projection V { get; } = Projection.Third(weights, $"{name}.attn.qkv", 2, config.HiddenSize);

        public Projection AttnProj { get; } = new(weights, $"{name}.attn.proj");

        public Tensor Norm2 { get; } = weights.Vector($"{name}.norm2.weight");

        public Projection GateProj { get; } = new(weights, $"{name}.mlp.gate_proj");

        public Projection UpProj { get; } = new(weights, $"{name}.mlp.up_proj");

        public Projection DownProj { get; } = new(weights, $"{name}.mlp.down_proj");
    }
}
