using System.Numerics.Tensors;
using Microsoft.ML.Score.Kernels.Simd;
using Microsoft.ML.Score.Models.Layers;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Tensor = Microsoft.ML.Score.Kernels.Tensor;

namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>
/// What rivals take from the SigLIP tower beside the tokens: attention received in the last layer and, with a SigLIP checkpoint, the
/// pooling head.
/// </summary>
internal sealed class FrameSalience
{
    private readonly LlavaVideoModel _model;
    private readonly SiglipPoolingHead? _head;

    private FrameSalience(LlavaVideoModel model, SiglipPoolingHead? head) => (_model, _head) = (model, head);

    /// <param name="model">The model whose tower is watched.</param>
    /// <param name="siglipFolder">The checkpoint with the pooling head; null to do without.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">A tensor of the head is missing or of another shape.</exception>
    public static FrameSalience Load(LlavaVideoModel model, string? siglipFolder)
    {
        if (siglipFolder is null)
            return new(model, null);
        using var checkpoint = Checkpoint.Open(CheckpointFiles.FromFolder(siglipFolder));
        return new(model, new SiglipPoolingHead(model.Config.VisionConfig, (name, shape) => checkpoint.Get($"vision_model.{name}", shape).ToArray()));
    }

    /// <summary>Watches the encoding of one video.</summary>
    public Observer Of(TokenGrid grid) => new(this, grid);

    /// <summary>Collects the statistics frame by frame.</summary>
    internal sealed class Observer(FrameSalience salience, TokenGrid grid)
    {
        private readonly float[] _received = new float[grid.Count];
        private readonly float[] _pooled = new float[salience._head is null ? 0 : grid.Count];
        private readonly List<float> _features = [];
        private LastAttention? _attention;
        private int _frame;

        public EncoderStatistics Result => new() { ReceivedAttention = _received, PooledAttention = _pooled, StepFeatures = _features.ToArray() };

        public void Observe(string name, Tensor values)
        {
            var (model, config) = (salience._model, salience._model.Config.VisionConfig);
            _attention ??= new LastAttention(model.Kernels, $"vision.layer{config.UsedLayers - 1}");
            var quantity = name.Replace($"_frame{_frame}", null, StringComparison.Ordinal);
            _attention.Observe(quantity, values);
            if (quantity != "vision.features")
                return;

            Put(ReceivedAttention.Compute(_attention.Queries, _attention.Keys, config.HeadDim, config.Patches), _received);
            if (salience._head is { } head)
            {
                var features = new float[values.Rows * values.Columns];
                model.Kernels.Download(values, features);
                var (attention, pooled) = head.Apply(features);
                Put(attention, _pooled);
                _features.AddRange(pooled);
            }

            _frame++;
        }

        private void Put(float[] ofPatches, float[] ofTokens) =>
            salience._model.Pooling.Pool(ofPatches, 1, ofTokens.AsSpan(_frame * grid.TokensPerStep, grid.TokensPerStep));
    }
}

/// <summary>
/// The attention pooling head of a SigLIP checkpoint, which LLaVA-Video's own checkpoints leave out. FastVID takes the attention
/// of its probe as salience and its output as the feature of a frame. Safe for concurrent calls.
/// </summary>
internal sealed class SiglipPoolingHead
{
    private readonly SiglipVisionConfig _config;
    private readonly float[] _postNormWeight, _postNormBias, _query, _keyValueWeight, _keyValueBias, _outWeight, _outBias;
    private readonly float[] _normWeight, _normBias, _fc1Weight, _fc1Bias, _fc2Weight, _fc2Bias;

    /// <param name="config">The tower's sizes.</param>
    /// <param name="read">Reads a tensor of <c>vision_model</c> by name and shape.</param>
    public SiglipPoolingHead(SiglipVisionConfig config, Func<string, int[], float[]> read)
    {
        _config = config;
        var (d, inner) = (config.HiddenSize, config.IntermediateSize);
        (_postNormWeight, _postNormBias) = (read("post_layernorm.weight", [d]), read("post_layernorm.bias", [d]));
        // in_proj holds the rows of the query, then of the key, then of the value; the query is of the probe alone, so it is a constant.
        var inProjection = read("head.attention.in_proj_weight", [3 * d, d]);
        var inBias = read("head.attention.in_proj_bias", [3 * d]);
        _query = Linear(read("head.probe", [1, 1, d]), inProjection[..(d * d)], inBias[..d]);
        (_keyValueWeight, _keyValueBias) = (inProjection[(d * d)..], inBias[d..]);
        (_outWeight, _outBias) = (read("head.attention.out_proj.weight", [d, d]), read("head.attention.out_proj.bias", [d]));
        (_normWeight, _normBias) = (read("head.layernorm.weight", [d]), read("head.layernorm.bias", [d]));
        (_fc1Weight, _fc1Bias) = (read("head.mlp.fc1.weight", [inner, d]), read("head.mlp.fc1.bias", [inner]));
        (_fc2Weight, _fc2Bias) = (read("head.mlp.fc2.weight", [d, inner]), read("head.mlp.fc2.bias", [d]));
    }

    /// <param name="features">Features of one frame before the projector, [p, D].</param>
    /// <returns>The probe's attention, the mean over heads, [p], and the pooled output, [D].</returns>
    public (float[] Attention, float[] Pooled) Apply(ReadOnlySpan<float> features)
    {
        var (d, c) = (_config.HiddenSize, _config.HeadDim);
        var (p, heads) = (features.Length / d, _config.NumAttentionHeads);
        var normed = Normalize(features, _postNormWeight, _postNormBias);
        var keyValue = Linear(normed, _keyValueWeight, _keyValueBias); // [p, 2D]
        var (attention, context) = (new float[p], new float[d]);
        for (var head = 0; head < heads; head++)
        {
            var shares = new float[p];
            AttentionShares.Add(_query.AsSpan(head * c, c), keyValue, head, 1, shares);
            TensorPrimitives.MultiplyAdd(shares, 1f / heads, attention, attention);
            var headContext = context.AsSpan(head * c, c);
            for (var i = 0; i < p; i++)
                TensorPrimitives.MultiplyAdd(keyValue.AsSpan(i * 2 * d + d + head * c, c), shares[i], headContext, headContext);
        }

        var pooled = Linear(context, _outWeight, _outBias);
        var hidden = Linear(Normalize(pooled, _normWeight, _normBias), _fc1Weight, _fc1Bias);
        for (var i = 0; i < hidden.Length; i++)
            hidden[i] = GeluTanh(hidden[i]);
        TensorPrimitives.Add(pooled, Linear(hidden, _fc2Weight, _fc2Bias), pooled);
        return (attention, pooled);
    }

    private float[] Normalize(ReadOnlySpan<float> rows, float[] weight, float[] bias)
    {
        var d = weight.Length;
        var normed = rows.ToArray();
        for (var start = 0; start < normed.Length; start += d)
        {
            var row = normed.AsSpan(start, d);
            TensorPrimitives.Subtract(row, TensorPrimitives.Sum(row) / d, row);
            TensorPrimitives.Divide(row, MathF.Sqrt(TensorPrimitives.SumOfSquares(row) / d + _config.LayerNormEps), row);
            TensorPrimitives.MultiplyAdd(row, weight, bias, row);
        }

        return normed;
    }

    private static float GeluTanh(float x) => 0.5f * x * (1 + MathF.Tanh(MathF.Sqrt(2 / MathF.PI) * (x + 0.044715f * x * x * x)));

    private static float[] Linear(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias)
    {
        var outputs = bias.Length;
        var inputs = weight.Length / outputs;
        var rows = x.Length / inputs;
        var y = new float[rows * outputs];
        MatrixProduct.MultiplyTransposedB(x, weight, y, rows, outputs, inputs);
        for (var row = 0; row < rows; row++)
            TensorPrimitives.Add(y.AsSpan(row * outputs, outputs), bias, y.AsSpan(row * outputs, outputs));
        return y;
    }
}
