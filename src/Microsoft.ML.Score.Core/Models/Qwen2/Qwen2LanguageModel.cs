using Microsoft.ML.Score.Numerics;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// The Qwen2 decoder: pre-norm layers of grouped-query attention (q, k and v with bias) and SwiGLU, a final norm and the output
/// head. It takes rotary tables, so one class serves M-RoPE and plain positions. Dimension letters: n rows, d hidden_size.
/// </summary>
internal sealed class Qwen2LanguageModel
{
    // Logits of this many values at most stand in memory at a time.
    private const int LogitsLimit = 1 << 24;

    private readonly IKernels _kernels;
    private readonly Weight _embedTokens;
    private readonly Layer[] _layers;
    private readonly Tensor _norm;
    private readonly Weight _lmHead;

    /// <param name="config">Sizes.</param>
    /// <param name="weights">The checkpoint's tensors.</param>
    /// <param name="kernels">The backend.</param>
    /// <param name="logitsWidth">How many rows of the output head there are logits for, from the first; null means vocab_size.</param>
    public Qwen2LanguageModel(Qwen2Config config, ModelWeights weights, IKernels kernels, int? logitsWidth = null)
    {
        Config = config;
        _kernels = kernels;
        _embedTokens = weights.Matrix("model.embed_tokens.weight");
        _layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => new Layer(weights, $"model.layers.{i}"))];
        _norm = weights.Vector("model.norm.weight");
        var lmHead = config.TieWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
        _lmHead = config.TieWordEmbeddings && logitsWidth is null ? _embedTokens : weights.MatrixRows(lmHead, 0, logitsWidth ?? config.VocabSize);
    }

    public Qwen2Config Config { get; }

    /// <summary>Columns of the logits.</summary>
    public int LogitsWidth => _lmHead.Rows;

    /// <summary>Token embeddings [ids.Length, d].</summary>
    public Tensor Embed(ReadOnlySpan<int> ids) => _kernels.Embedding(_embedTokens, ids);

    /// <summary>Hidden states after the final norm.</summary>
    /// <param name="embeddings">[n, d].</param>
    /// <param name="rotary">Angles of the n rows.</param>
    /// <param name="batch">What each row sees and which rows to return.</param>
    /// <param name="cache">Where keys and values of earlier rows are and those of these go; the batch's key rows count from its start.</param>
    /// <param name="observe">Sees intermediate tensors by name; for verification.</param>
    /// <param name="cancellationToken">Stops between layers.</param>
    /// <returns>[output rows, d].</returns>
    public Tensor Forward(
        Tensor embeddings, RotaryTable rotary, PackedBatch batch, KeyValueCache? cache = null, Action<string, Tensor>? observe = null, CancellationToken cancellationToken = default)
    {
        var x = embeddings;
        for (var i = 0; i < _layers.Length; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            // Only keys and values of the other rows are needed in the last layer.
            var next = ForwardLayer(i, x, rotary, batch, i == _layers.Length - 1, cache);
            if (x != embeddings)
                x.Dispose();
            x = next;
            observe?.Invoke($"llm.layer{i}_out", x);
        }

        cache?.Advance(embeddings.Rows);
        using var last = x;
        return _kernels.RmsNorm(last, _norm, Config.RmsNormEps);
    }

    /// <summary>Logits [n, vocab_size or fewer] of hidden states [n, d].</summary>
    public Tensor Logits(Tensor hidden) => _kernels.Linear(hidden, _lmHead);

    /// <summary>Cross-entropy in nats of each target after the hidden state of the same row.</summary>
    public double[] CrossEntropy(Tensor hidden, ReadOnlySpan<int> targets)
    {
        var losses = new double[targets.Length];
        var chunk = Math.Max(1, LogitsLimit / Config.VocabSize);
        for (var start = 0; start < losses.Length; start += chunk)
        {
            var count = Math.Min(chunk, losses.Length - start);
            using var rows = _kernels.Gather(hidden, Enumerable.Range(start, count).ToArray());
            using var logits = Logits(rows);
            _kernels.CrossEntropy(logits, targets.Slice(start, count)).CopyTo(losses, start);
        }

        return losses;
    }

    /// <summary>Bytes of the tensors that stand in memory at a time in a pass over so many rows of which one is returned: a layer holds all that it computes until it ends.</summary>
    public static long WorkingBytes(Qwen2Config config, int rows) =>
        sizeof(float) * (rows * (9L * config.HiddenSize + 2L * config.KeyValueSize + 3L * config.IntermediateSize + 2L * config.HeadDim) + config.VocabSize);

    private Tensor ForwardLayer(int index, Tensor x, RotaryTable rotary, PackedBatch batch, bool isLast, KeyValueCache? cache)
    {
        var layer = _layers[index];
        using var normed = _kernels.RmsNorm(x, layer.InputLayernorm, Config.RmsNormEps);
        using var k = layer.KProj.Apply(_kernels, normed);
        using var v = layer.VProj.Apply(_kernels, normed);
        _kernels.Rotary(k, rotary.Cos, rotary.Sin);
        var (keys, values) = cache is null ? (k, v) : cache.Append(index, k, v);
        if (!isLast || batch.OutputRows is null)
            return Attend(layer, x, normed, rotary, keys, values, batch.Segments);

        using var outputX = _kernels.Gather(x, batch.OutputRows);
        using var outputNormed = _kernels.Gather(normed, batch.OutputRows);
        using var outputRotary = rotary.Gather(_kernels, batch.OutputRows);
        return Attend(layer, outputX, outputNormed, outputRotary, keys, values, batch.OutputSegments);
    }

    private Tensor Attend(Layer layer, Tensor x, Tensor normed, RotaryTable rotary, Tensor keys, Tensor values, AttentionSegment[] segments)
    {
        using var q = layer.QProj.Apply(_kernels, normed);
        _kernels.Rotary(q, rotary.Cos, rotary.Sin);
        using var attended = _kernels.Attention(q, keys, values, segments, Config.HeadDim, causal: true);
        using var h = layer.OProj.Apply(_kernels, attended, residual: x);

        using var y = _kernels.RmsNorm(h, layer.PostAttentionLayernorm, Config.RmsNormEps);
        using var gate = layer.GateProj.Apply(_kernels, y);
        using var up = layer.UpProj.Apply(_kernels, y);
        using var inner = _kernels.SwiGlu(gate, up);
        return layer.DownProj.Apply(_kernels, inner, residual: h);
    }

    private sealed class Layer(ModelWeights weights, string name)
    {
        public Tensor InputLayernorm { get; } = weights.Vector($"{name}.input_layernorm.weight");

        public Projection QProj { get; } = new(weights, $"{name}.self_attn.q_proj");

        public Projection KProj { get; } = new(weights, $"{name}.self_attn.k_proj");

        public Projection VProj { get; } = new(weights, $"{name}.self_attn.v_proj");

        public Projection OProj { get; } = new(weights, $"{name}.self_attn.o_proj");

        public Tensor PostAttentionLayernorm { get; } = weights.Vector($"{name}.post_attention_layernorm.weight");

        public Projection GateProj { get; } = new(weights, $"{name}.mlp.gate_proj");

        public Projection UpProj { get; } = new(weights, $"{name}.mlp.up_proj");

        public Projection DownProj { get; } = new(weights, $"{name}.mlp.down_proj");
    }
}
