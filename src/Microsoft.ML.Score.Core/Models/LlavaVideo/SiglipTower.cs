using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;

namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>
/// The SigLIP vision tower of LLaVA-Video: patch embedding with learned positions and pre-norm layers with full attention inside
/// one frame, without class token. The last layer of the original tower is left out, its post_layernorm is stored but not
/// applied. Dimension letters: p patches of a frame, D hidden_size.
/// </summary>
internal sealed class SiglipTower
{
    private readonly SiglipVisionConfig _config;
    private readonly IKernels _kernels;
    private readonly Weight _patchEmbedding;
    private readonly Tensor _patchBias;
    private readonly Weight _positionEmbedding;
    private readonly int[] _positions;
    private readonly Layer[] _layers;

    public SiglipTower(SiglipVisionConfig config, ModelWeights weights, IKernels kernels)
    {
        _config = config;
        _kernels = kernels;
        _patchEmbedding = weights.Matrix($"{SiglipVisionConfig.Prefix}.embeddings.patch_embedding.weight");
        _patchBias = weights.Vector($"{SiglipVisionConfig.Prefix}.embeddings.patch_embedding.bias");
        _positionEmbedding = weights.Matrix($"{SiglipVisionConfig.Prefix}.embeddings.position_embedding.weight");
        _positions = [.. Enumerable.Range(0, config.Patches)];
        _layers = [.. Enumerable.Range(0, config.UsedLayers).Select(i => new Layer(weights, $"{SiglipVisionConfig.Prefix}.encoder.layers.{i}"))];
    }

    /// <summary>The features of one frame.</summary>
    /// <param name="pixels">Normalised pixels, [channel, row, column] of image_size x image_size.</param>
    /// <param name="observe">Sees intermediate tensors by name, for verification and for saliences.</param>
    /// <param name="cancellationToken">Stops between layers.</param>
    /// <returns>[p, D], row-major.</returns>
    public Tensor Encode(ReadOnlySpan<float> pixels, Action<string, Tensor>? observe = null, CancellationToken cancellationToken = default)
    {
        var x = Embed(pixels);
        observe?.Invoke("vision.embeddings", x);
        for (var i = 0; i < _layers.Length; i++)
        {
            using var previous = x;
            cancellationToken.ThrowIfCancellationRequested();
            var index = i;
            x = Forward(_layers[i], previous, observe is null ? null : (name, values) => observe($"vision.layer{index}.{name}", values));
            observe?.Invoke($"vision.layer{i}", x);
        }

        observe?.Invoke("vision.features", x);
        return x;
    }

    // A convolution whose stride is its size is a matrix product over patches.
    private Tensor Embed(ReadOnlySpan<float> pixels)
    {
        var (size, image) = (_config.PatchSize, _config.ImageSize);
        var patches = new float[_config.Patches * _config.PatchLength];
        var next = 0;
        for (var patch = 0; patch < _config.Patches; patch++)
            for (var channel = 0; channel < _config.NumChannels; channel++)
                for (var y = 0; y < size; y++, next += size)
                {
                    var row = patch / _config.Side * size + y;
                    pixels.Slice((channel * image + row) * image + patch % _config.Side * size, size).CopyTo(patches.AsSpan(next));
                }

        using var input = _kernels.Upload(patches, _config.Patches, _config.PatchLength);
        using var positions = _kernels.Embedding(_positionEmbedding, _positions);
        return _kernels.Linear(input, _patchEmbedding, _patchBias, residual: positions);
    }

    /// <summary>Bytes of the tensors that stand in memory at a time while a frame is encoded: a layer holds all that it computes until it ends.</summary>
    public static long WorkingBytes(SiglipVisionConfig config) =>
        sizeof(float) * (long)config.Patches * (9L * config.HiddenSize + config.IntermediateSize + 2L * config.PatchLength);

    private Tensor Forward(Layer layer, Tensor x, Action<string, Tensor>? observe)
    {
        using var normed = _kernels.LayerNorm(x, layer.LayerNorm1Weight, layer.LayerNorm1Bias, _config.LayerNormEps);
        using var q = layer.QProj.Apply(_kernels, normed);
        using var k = layer.KProj.Apply(_kernels, normed);
        using var v = layer.VProj.Apply(_kernels, normed);
        observe?.Invoke("q", q);
        observe?.Invoke("k", k);
        using var attended = _kernels.Attention(q, k, v, [AttentionSegment.Self(0, x.Rows)], _config.HeadDim, causal: false);
        using var h = layer.OutProj.Apply(_kernels, attended, residual: x);

        using var y = _kernels.LayerNorm(h, layer.LayerNorm2Weight, layer.LayerNorm2Bias, _config.LayerNormEps);
        using var inner = layer.Fc1.Apply(_kernels, y, Activation.GeluTanh);
        return layer.Fc2.Apply(_kernels, inner, residual: h);
    }

    private sealed class Layer(ModelWeights weights, string name)
    {
        public Tensor LayerNorm1Weight { get; } = weights.Vector($"{name}.layer_norm1.weight");

        public Tensor LayerNorm1Bias { get; } = weights.Vector($"{name}.layer_norm1.bias");

        public Projection QProj { get; } = new(weights, $"{name}.self_attn.q_proj");

        public Projection KProj { get; } = new(weights, $"{name}.self_attn.k_proj");

        public Projection VProj { get; } = new(weights, $"{name}.self_attn.v_proj");

        public Projection OutProj { get; } = new(weights, $"{name}.self_attn.out_proj");

        public Tensor LayerNorm2Weight { get; } = weights.Vector($"{name}.layer_norm2.weight");

        public Tensor LayerNorm2Bias { get; } = weights.Vector($"{name}.layer_norm2.bias");

        public Projection Fc1 { get; } = new(weights, $"{name}.mlp.fc1");

        public Projection Fc2 { get; } = new(weights, $"{name}.mlp.fc2");
    }
}
