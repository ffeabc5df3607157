using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// The Qwen2 decoder: pre-norm layers of grouped-query attention (q, k and v with bias) and SwiGLU, a final norm and the output
/// head; and Qwen3's, which normalises q and k in each head and has no bias. It takes rotary tables, so one class serves M-RoPE and plain
/// positions. Dimension letters: n rows, d hidden_size.
/// </summary>
internal sealed class Qwen2LanguageModel
{
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
        ChunkBytes = kernels.Limits.ChunkBytes;
        _embedTokens = weights.Matrix("model.embed_tokens.weight");
        _layers = [.. Enumerable.Range(0, config.NumHiddenLayers).Select(i => new Layer(weights, $"model.layers.{i}"))];
        _norm = weights.Vector("model.norm.weight");
        var lmHead = weights.Has(Qwen2Config.Head) ? Qwen2Config.Head : "model.embed_tokens.weight";
        _lmHead = lmHead != Qwen2Config.Head && logitsWidth is null ? _embedTokens : weights.MatrixRows(lmHead, 0, logitsWidth ?? config.VocabSize);
    }

    public Qwen2Config Config { get; }

    /// <summary>Columns of the logits.</summary>
    public int LogitsWidth => _lmHead.Rows;

    /// <summary>Token embeddings [ids.Length, d].</summary>
    public Tensor Embed(ReadOnlySpan<int> ids) => _kernels.Embedding(_embedTokens, ids);

    /// <summary>Bytes of activations that a layer holds beside its input, keys and values.</summary>
    public long ChunkBytes { get; init; }

    /// <summary>
    /// Hidden states after the final norm. Beside the embeddings, which it works in, and the keys and values it needs memory for
    /// <see cref="ChunkBytes"/> of activations.
    /// </summary>
    /// <param name="embeddings">[n, d]; overwritten.</param>
    /// <param name="rotary">Angles of the n rows.</param>
    /// <param name="batch">What each row sees and which rows to return.</param>
    /// <param name="cache">Where keys and values of earlier rows are and those of these go; the batch's key rows count from its start.</param>
    /// <param name="deepStack">What the first layers add to visual rows; null for nothing.</param>
    /// <param name="observe">Sees intermediate tensors by name; for verification.</param>
    /// <param name="cancellationToken">Stops between chunks of a layer.</param>
    /// <returns>[output rows, d].</returns>
    public Tensor Forward(
        Tensor embeddings, RotaryTable rotary, PackedBatch batch, KeyValueCache? cache = null, DeepStackRows? deepStack = null,
        Action<string, Tensor>? observe = null, CancellationToken cancellationToken = default)
    {
        if (batch.SourceRows is { } sourceRows)
            return ForwardShared(embeddings, rotary, batch, sourceRows, deepStack, cancellationToken);

        using var ownCache = cache is null ? KeyValueCache.ForOnePass(_kernels, Config, embeddings.Rows) : null;
        var hidden = ForwardFrom(0, embeddings, rotary, batch, cache ?? ownCache!, deepStack, observe, cancellationToken);
        cache?.Advance(embeddings.Rows);
        return hidden;
    }

    /// <summary>The layers from the first one named, and the final norm.</summary>
    private Tensor ForwardFrom(
        int first, Tensor embeddings, RotaryTable rotary, PackedBatch batch, KeyValueCache cache, DeepStackRows? deepStack, Action<string, Tensor>? observe,
        CancellationToken cancellationToken)
    {
        for (var i = first; i < _layers.Length - 1; i++)
        {
            WriteKeysAndValues(i, embeddings, rotary, cache, cancellationToken);
            ForwardRows(i, embeddings, rotary, cache, batch.Segments, cancellationToken);
            observe?.Invoke($"llm.layer{i}_out", embeddings);
            deepStack?.AddTo(embeddings, i);
            observe?.Invoke($"llm.layer{i}_plus_deepstack", embeddings);
        }

        // Only keys and values of the other rows are needed in the last layer.
        var last = _layers.Length - 1;
        WriteKeysAndValues(last, embeddings, rotary, cache, cancellationToken);
        using var gathered = batch.OutputRows is null ? null : _kernels.Gather(embeddings, batch.OutputRows);
        using var gatheredRotary = batch.OutputRows is null ? null : rotary.Gather(_kernels, batch.OutputRows);
        var output = gathered ?? embeddings;
        ForwardRows(last, output, gatheredRotary ?? rotary, cache, batch.OutputSegments, cancellationToken);
        observe?.Invoke($"llm.layer{last}_out", output);
        deepStack?.AddTo(output, last, batch.OutputRows);
        return _kernels.RmsNorm(output, _norm, Config.RmsNormEps);
    }

    /// <summary>Logits [n, vocab_size or fewer] of hidden states [n, d].</summary>
    public Tensor Logits(Tensor hidden) => _kernels.Linear(hidden, _lmHead);

    /// <summary>Cross-entropy in nats of each target after the hidden state of the same row.</summary>
    public double[] CrossEntropy(Tensor hidden, ReadOnlySpan<int> targets)
    {
        var losses = new double[targets.Length];
        var chunk = Math.Max(1, _kernels.Limits.LogitValues / Config.VocabSize);
        for (var start = 0; start < losses.Length; start += chunk)
        {
            var count = Math.Min(chunk, losses.Length - start);
            using var rows = _kernels.Gather(hidden, RowChunks.Indices(start, count));
            using var logits = Logits(rows);
            _kernels.CrossEntropy(logits, targets.Slice(start, count)).CopyTo(losses, start);
        }

        return losses;
    }

    /// <summary>
    /// Bytes of the tensors that stand in memory at a time in a pass over so many rows of which one is returned: hidden states, rotary
    /// angles, one chunk of a layer, logits.
    /// </summary>
    public static long WorkingBytes(Qwen2Config config, int rows) =>
        sizeof(float) * (rows * (config.HiddenSize + 2L * config.HeadDim) + config.VocabSize) + RowChunks.BytesOfLargest(rows, ValuesPerRow(config));

    // Alive together at the most: after attention y, the sum before it and the result, [n, d]; gate, up and their product.
    private static int ValuesPerRow(Qwen2Config config) => 3 * (config.HiddenSize + config.IntermediateSize);

    private void WriteKeysAndValues(int index, Tensor x, RotaryTable rotary, KeyValueCache cache, CancellationToken cancellationToken)
    {
        var layer = _layers[index];
        foreach (var (start, count) in RowChunks.Of(x.Rows, 2 * x.Columns, ChunkBytes))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var rows = x.RowRange(start, count);
            using var rowsRotary = rotary.RowRange(start, count);
            using var normed = _kernels.RmsNorm(rows, layer.InputLayernorm, Config.RmsNormEps);
            using var k = layer.KProj.Apply(_kernels, normed);
            using var v = layer.VProj.Apply(_kernels, normed);
            NormalizeHeads(k, layer.KNorm);
            _kernels.Rotary(k, rowsRotary.Cos, rowsRotary.Sin);
            cache.Write(index, start, k, v);
        }
    }

    /// <summary>Projects shared rows for the first layer once, and goes on with the rows of the pass.</summary>
    private Tensor ForwardShared(
        Tensor embeddings, RotaryTable rotary, PackedBatch batch, int[] sourceRows, DeepStackRows? deepStack, CancellationToken cancellationToken)
    {
        using var cache = KeyValueCache.ForOnePass(_kernels, Config, sourceRows.Length);
        using var x = _kernels.Gather(embeddings, sourceRows);
        using var packedRotary = rotary.Gather(_kernels, sourceRows);
        if (_layers.Length == 1)
            return ForwardFrom(0, x, packedRotary, batch, cache, deepStack, observe: null, cancellationToken);

        using (var shared = KeyValueCache.ForOnePass(_kernels, Config, embeddings.Rows))
        {
            WriteKeysAndValues(0, embeddings, rotary, shared, cancellationToken);
            using var keys = _kernels.Gather(shared.Layer(0).Keys, sourceRows);
            using var values = _kernels.Gather(shared.Layer(0).Values, sourceRows);
            cache.Write(0, 0, keys, values);
        }

        using var q = Queries(_layers[0], embeddings, rotary);
        ForwardRows(0, x, (start, count) => _kernels.Gather(q, sourceRows.AsSpan(start, count)), cache, batch.Segments, cancellationToken);
        deepStack?.AddTo(x, 0);
        return ForwardFrom(1, x, packedRotary, batch, cache, deepStack, observe: null, cancellationToken);
    }

    private void ForwardRows(int index, Tensor x, RotaryTable rotary, KeyValueCache cache, AttentionSegment[] segments, CancellationToken cancellationToken)
    {
        ForwardRows(index, x, QueriesOf, cache, segments, cancellationToken);

        Tensor QueriesOf(int start, int count)
        {
            using var rows = x.RowRange(start, count);
            using var rowsRotary = rotary.RowRange(start, count);
            return Queries(_layers[index], rows, rowsRotary);
        }
    }

    /// <summary>Puts rows through a layer in place, once the keys and values of all rows are written.</summary>
    private void ForwardRows(int index, Tensor x, Func<int, int, Tensor> queries, KeyValueCache cache, AttentionSegment[] segments, CancellationToken cancellationToken)
    {
        var layer = _layers[index];
        foreach (var (start, count) in RowChunks.Of(x.Rows, ValuesPerRow(Config), ChunkBytes))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var rows = x.RowRange(start, count);
            using var q = queries(start, count);
            AttentionSegment[] ofChunk = [.. segments.Select(segment => segment.AmongRows(start, count)).Where(segment => segment.QueryCount > 0)];
            using var h = Attend(layer, rows, q, cache.Layer(index), ofChunk);
            using var y = Mlp(layer, h);
            _kernels.Scatter(y, RowChunks.Indices(start, count), x);
        }
    }

    private Tensor Queries(Layer layer, Tensor x, RotaryTable rotary)
    {
        using var normed = _kernels.RmsNorm(x, layer.InputLayernorm, Config.RmsNormEps);
        var q = layer.QProj.Apply(_kernels, normed);
        NormalizeHeads(q, layer.QNorm);
        _kernels.Rotary(q, rotary.Cos, rotary.Sin);
        return q;
    }

    /// <summary>Normalises each head of x [n, heads * head dimension] in place, where the model does.</summary>
    private void NormalizeHeads(Tensor x, Tensor? weight)
    {
        if (weight is null)
            return;
        using var heads = x.Reshape(x.Rows * (x.Columns / Config.HeadDim), Config.HeadDim);
        using var normed = _kernels.RmsNorm(heads, weight, Config.RmsNormEps);
        _kernels.Scatter(normed, RowChunks.Indices(0, heads.Rows), heads);
    }

    private Tensor Attend(Layer layer, Tensor x, Tensor q, (Tensor Keys, Tensor Values) cached, AttentionSegment[] segments)
    {
        using var attended = _kernels.Attention(q, cached.Keys, cached.Values, segments, Config.HeadDim, causal: true);
        return layer.OProj.Apply(_kernels, attended, residual: x);
    }

    private Tensor Mlp(Layer layer, Tensor h)
    {
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

        public Tensor? QNorm { get; } = weights.Has($"{name}.self_attn.q_norm.weight") ? weights.Vector($"{name}.self_attn.q_norm.weight") : null;

        public Tensor? KNorm { get; } = weights.Has($"{name}.self_attn.k_norm.weight") ? weights.Vector($"{name}.self_attn.k_norm.weight") : null;

        public Projection OProj { get; } = new(weights, $"{name}.self_attn.o_proj");

        public Tensor PostAttentionLayernorm { get; } = weights.Vector($"{name}.post_attention_layernorm.weight");

        public Projection GateProj { get; } = new(weights, $"{name}.mlp.gate_proj");

        public Projection UpProj { get; } = new(weights, $"{name}.mlp.up_proj");

        public Projection DownProj { get; } = new(weights, $"{name}.mlp.down_proj");
    }
}
