using System.Runtime.InteropServices;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Models.Qwen25VL;

namespace Microsoft.ML.Score.Models.Qwen3VL;

/// <summary>
/// The vision tower: patch embedding with interpolated position embeddings, pre-norm blocks with attention inside whole time steps, the merger
/// of patches to visual tokens and, on the results of some blocks, the DeepStack mergers. Dimension letters: p patches, D hidden_size,
/// n = p / (spatial_merge_size^2) visual tokens.
/// </summary>
internal sealed class Qwen3VisionTower
{
    // Fixed in the original code, not a key of config.json.
    private const float NormEpsilon = 1e-6f;

    private readonly Qwen3VisionConfig _config;
    private readonly IKernels _kernels;
    private readonly Projection _patchEmbed;
    private readonly Block[] _blocks;
    private readonly Merger _merger;
    private readonly Merger[] _deepStackMergers;

    public Qwen3VisionTower(Qwen3VisionConfig config, ModelWeights weights, IKernels kernels)
    {
        _config = config;
        _kernels = kernels;
        _patchEmbed = new Projection(weights, "visual.patch_embed.proj");
        Positions = new PositionEmbeddings(weights.Values("visual.pos_embed.weight"), config.PositionSide, config.SpatialMergeSize);
        _blocks = [.. Enumerable.Range(0, config.Depth).Select(i => new Block(config, weights, $"visual.blocks.{i}"))];
        _merger = new Merger(weights, "visual.merger");
        _deepStackMergers = [.. Enumerable.Range(0, config.DeepStackVisualIndexes.Length).Select(j => new Merger(weights, $"visual.deepstack_merger_list.{j}"))];
    }

    public PositionEmbeddings Positions { get; }

    /// <summary>The visual tokens of some images or videos.</summary>
    /// <param name="patches">Patches [p, PatchLength] in natural order: time step, merged row, merged column, the patches of one merged token.</param>
    /// <param name="grids">Whose they are.</param>
    /// <param name="observe">Sees intermediate tensors by name, for verification and for saliences.</param>
    /// <param name="cancellationToken">Stops between blocks.</param>
    /// <returns>The tokens [n, out_hidden_size], and the DeepStack features of each of the first decoder layers, likewise; the caller disposes them.</returns>
    public Tensor[] Encode(Tensor patches, IReadOnlyList<PatchGrid> grids, Action<string, Tensor>? observe = null, CancellationToken cancellationToken = default)
    {
        var segments = StepsOf(grids);
        using var rotary = RotaryTable.FromAngles(
            _kernels, VisionLayout.Angles(_config.SpatialMergeSize, _config.HeadDim, [.. grids]), patches.Rows, _config.HeadDim / 2);
        var results = new Tensor[1 + _deepStackMergers.Length];
        try
        {
            var x = Embed(patches, grids);
            observe?.Invoke("vision.embedded", x);
            for (var i = 0; i < _blocks.Length; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var index = i;
                using var before = x;
                x = Attend(_blocks[i], before, rotary, segments, observe is null ? null : (name, values) => observe($"vision.block{index}.{name}", values));
                MlpInPlace(_blocks[i], x);
                observe?.Invoke($"vision.block{i}", x);
                if (Array.IndexOf(_config.DeepStackVisualIndexes, i) is >= 0 and var j)
                    results[1 + j] = MergeGrouped(_deepStackMergers[j], x);
            }

            using var last = x;
            results[0] = Merge(last);
            return results;
        }
        catch
        {
            foreach (var result in results)
                result?.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Bytes of the tensors that stand in memory at a time in a pass over so many patches: those of attention, which sees all, one
    /// chunk of the MLP, and the DeepStack features.
    /// </summary>
    public static long WorkingBytes(Qwen3VisionConfig config, long patches) =>
        sizeof(float) * patches * (8L * config.HiddenSize + config.PatchLength + 3L * config.HeadDim)
        + sizeof(float) * (patches / config.MergeUnit) * config.DeepStackVisualIndexes.Length * config.OutHiddenSize
        + RowChunks.BytesOfLargest(patches, ValuesPerRow(config));

    // Of the MLP, alive together at the most: y and the result, [p, D]; the inner values.
    private static int ValuesPerRow(Qwen3VisionConfig config) => 2 * config.HiddenSize + config.IntermediateSize;

    private AttentionSegment[] StepsOf(IReadOnlyList<PatchGrid> grids)
    {
        var (steps, first, merge) = (new List<AttentionSegment>(), 0, _config.SpatialMergeSize);
        foreach (var grid in grids)
        {
            if (grid.TimeSteps < 1 || grid.Height < 1 || grid.Width < 1 || grid.Height % merge != 0 || grid.Width % merge != 0)
                throw new ArgumentException(
                    $"A patch grid must be positive and a multiple of spatial_merge_size {merge} in height and width; got {grid}.", nameof(grids));
            for (var t = 0; t < grid.TimeSteps; t++, first += grid.PatchesPerStep)
                steps.Add(AttentionSegment.Self(first, grid.PatchesPerStep));
        }

        return [.. steps];
    }

    /// <summary>Patches as vectors, their places added: all time steps of an item have the same.</summary>
    private Tensor Embed(Tensor patches, IReadOnlyList<PatchGrid> grids)
    {
        var (tables, rows) = (new List<float>(), new List<int>(patches.Rows));
        foreach (var grid in grids)
        {
            var first = tables.Count / _config.HiddenSize;
            tables.AddRange(Positions.Interpolate(grid));
            for (var t = 0; t < grid.TimeSteps; t++)
                rows.AddRange(Enumerable.Range(first, grid.PatchesPerStep));
        }

        using var table = _kernels.Upload(CollectionsMarshal.AsSpan(tables), tables.Count / _config.HiddenSize, _config.HiddenSize);
        using var positions = _kernels.Gather(table, [.. rows]);
        return _patchEmbed.Apply(_kernels, patches, residual: positions);
    }

    private Tensor Attend(Block block, Tensor x, RotaryTable rotary, AttentionSegment[] segments, Action<string, Tensor>? observe)
    {
        using var normed = block.Norm1.Apply(_kernels, x);
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
            using var y = block.Norm2.Apply(_kernels, h);
            using var inner = block.Fc1.Apply(_kernels, y, Activation.GeluTanh);
            using var result = block.Fc2.Apply(_kernels, inner, residual: h);
            _kernels.Scatter(result, RowChunks.Indices(start, count), x);
        }
    }

    // The main merger normalises patches and then groups them, those of DeepStack the other way round.
    private Tensor Merge(Tensor x)
    {
        using var normed = _merger.Norm.Apply(_kernels, x);
        using var grouped = Grouped(normed);
        return _merger.Mlp(_kernels, grouped);
    }

    private Tensor MergeGrouped(Merger merger, Tensor x)
    {
        using var grouped = Grouped(x);
        using var normed = merger.Norm.Apply(_kernels, grouped);
        return merger.Mlp(_kernels, normed);
    }

    private Tensor Grouped(Tensor x) => x.Reshape(x.Rows / _config.MergeUnit, x.Columns * _config.MergeUnit);

    private sealed class Norm(ModelWeights weights, string name)
    {
        private readonly Tensor _weight = weights.Vector($"{name}.weight");
        private readonly Tensor _bias = weights.Vector($"{name}.bias");

        public Tensor Apply(IKernels kernels, Tensor x) => kernels.LayerNorm(x, _weight, _bias, NormEpsilon);
    }

    private sealed class Merger(ModelWeights weights, string name)
    {
        private readonly Projection _fc1 = new(weights, $"{name}.linear_fc1");
        private readonly Projection _fc2 = new(weights, $"{name}.linear_fc2");

        public Norm Norm { get; } = new(weights, $"{name}.norm");

        public Tensor Mlp(IKernels kernels, Tensor grouped)
        {
            using var inner = _fc1.Apply(kernels, grouped, Activation.Gelu);
            return _fc2.Apply(kernels, inner);
        }
    }

    private sealed class Block(Qwen3VisionConfig config, ModelWeights weights, string name)
    {
        public Norm Norm1 { get; } = new(weights, $"{name}.norm1");

        // attn.qkv holds all rows of q, then of k, then of v.
        public Projection Q { get; } = Projection.Third(weights, $"{name}.attn.qkv", 0, config.HiddenSize);

        public Projection K { get; } = Projection.Third(weights, $"{name}.attn.qkv", 1, config.HiddenSize);

        public Projection V { get; } = Projection.Third(weights, $"{name}.attn.qkv", 2, config.HiddenSize);

        public Projection AttnProj { get; } = new(weights, $"{name}.attn.proj");

        public Norm Norm2 { get; } = new(weights, $"{name}.norm2");

        public Projection Fc1 { get; } = new(weights, $"{name}.mlp.linear_fc1");

        public Projection Fc2 { get; } = new(weights, $"{name}.mlp.linear_fc2");
    }
}
