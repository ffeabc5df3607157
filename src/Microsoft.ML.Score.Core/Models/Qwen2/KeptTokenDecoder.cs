using System.Buffers;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// Runs the language model on prompts of which some visual tokens are dropped. Dropped rows leave the sequence; the others keep
/// their order and their original positions.
/// </summary>
internal sealed class KeptTokenDecoder(Qwen2LanguageModel model, IKernels kernels)
{
    public Qwen2Config Config => model.Config;

    public IKernels Kernels => kernels;

    /// <summary>
    /// Cross-entropy in nats of each target token, [sets][targets]. As many sets as fit in memory share a pass; only theirs are asked for
    /// at a time.
    /// </summary>
    public double[][] CrossEntropy(VideoPrompt prompt, IEnumerable<KeptVisuals> sets, ReadOnlySpan<int> target, CancellationToken cancellationToken = default)
    {
        var losses = new List<double[]>();
        var group = new List<KeptVisuals>();
        long rows = 0;
        foreach (var set in sets)
        {
            var setRows = PackedRows.CountOf(prompt, set) + target.Length;
            if (group.Count > 0 && (rows + setRows) * model.Config.IntermediateSize > kernels.Limits.PassValues)
            {
                losses.AddRange(CrossEntropyInOnePass(prompt, group, target, cancellationToken));
                group.Clear();
                rows = 0;
            }

            group.Add(set);
            rows += setRows;
        }

        losses.AddRange(CrossEntropyInOnePass(prompt, group, target, cancellationToken));
        return [.. losses];
    }

    /// <summary>
    /// The tokens after the prompt, up to MaxNewTokens of them; no token stops them, so stop by enumerating no further. Keys and
    /// values are cached in memory taken once.
    /// </summary>
    public IEnumerable<DecodedToken> Decode(VideoPrompt prompt, KeptVisuals kept, GenerationOptions options, CancellationToken cancellationToken = default)
    {
        var sampler = options.IsPlainGreedy ? null : new TokenSampler(options, prompt.TextIds());
        var values = sampler is null ? [] : new float[model.LogitsWidth];
        using var rows = new PackedRows(prompt, PackedRows.CountOf(prompt, kept));
        rows.AddText(0, prompt.PrefixLength);
        rows.AddKept(kept, prompt.PrefixLength);
        using var cache = new KeyValueCache(kernels, model.Config, rows.Count + options.MaxNewTokens);
        var id = 0;
        for (var step = 0; step < options.MaxNewTokens; step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var embeddings = step == 0 ? Embed(rows, [kept]) : model.Embed([id]);
            using var rotary = prompt.Rotary.Gather(kernels, step == 0 ? rows.Positions : [prompt.Length + step - 1]);
            var batch = PackedBatch.Single(embeddings.Rows, cache.Count, lastRowOnly: true);
            var deepStack = step == 0 ? DeepStackRows.Of(kernels, rows, [kept]) : null;
            using var hidden = model.Forward(embeddings, rotary, batch, cache, deepStack, cancellationToken: cancellationToken);
            using var logits = model.Logits(hidden);
            id = Choose(logits, step);
            // A GPU has computed the logits only now that the choice needed them.
            if (step == 0)
                options.Prefilled?.Invoke();
            yield return new DecodedToken(id, logits);
        }

        int Choose(Tensor logits, int step)
        {
            if (sampler is null)
                return kernels.ArgMax(logits)[0];
            kernels.Download(logits, values);
            return sampler.Choose(values, step);
        }
    }

    /// <summary>
    /// First the rows before the video, which all sets share, then for each set its visual tokens, the rest of the prompt and
    /// the target but for its last token.
    /// </summary>
    private double[][] CrossEntropyInOnePass(VideoPrompt prompt, List<KeptVisuals> sets, ReadOnlySpan<int> target, CancellationToken cancellationToken)
    {
        using var rows = new PackedRows(prompt, sets.Sum(set => PackedRows.CountOf(prompt, set)) + sets.Count * target.Length);
        var prefix = prompt.PrefixLength;
        var segments = new List<AttentionSegment>(sets.Count + 1);
        var outputSegments = new AttentionSegment[sets.Count];
        var outputRows = new int[sets.Count * target.Length];
        var targets = new int[outputRows.Length];
        rows.AddText(0, prefix);
        if (prefix > 0)
            segments.Add(AttentionSegment.Self(0, prefix));
        for (var i = 0; i < sets.Count; i++)
        {
            var start = rows.Count;
            rows.AddKept(sets[i], prefix);
            rows.AddContinuation(target[..^1]);
            var count = rows.Count - start;
            segments.Add(new(start, count, start, count, 0, prefix));
            outputSegments[i] = new(i * target.Length, target.Length, start, count, 0, prefix);
            for (var j = 0; j < target.Length; j++)
                outputRows[i * target.Length + j] = rows.Count - target.Length + j;
            target.CopyTo(targets.AsSpan(i * target.Length));
        }

        var batch = new PackedBatch([.. segments], outputRows, outputSegments);
        var deepStack = DeepStackRows.Of(kernels, rows, sets);
        using var hidden = SharesVectors(sets)
            ? ForwardShared(prompt, rows, sets, target, batch, deepStack, cancellationToken)
            : Forward(prompt, rows, sets, batch, deepStack, cancellationToken);
        var losses = model.CrossEntropy(hidden, targets);
        var length = target.Length;
        return [.. Enumerable.Range(0, sets.Count).Select(i => losses[(i * length)..((i + 1) * length)])];
    }

    private static bool SharesVectors(List<KeptVisuals> sets) => sets.Count > 1 && sets[0].Video is { } video && sets.TrueForAll(set => set.Video == video);

    /// <summary>A pass in which what the sets have in common is embedded, and projected for the first layer, once.</summary>
    private Tensor ForwardShared(
        VideoPrompt prompt, PackedRows rows, List<KeptVisuals> sets, ReadOnlySpan<int> target, PackedBatch batch, DeepStackRows? deepStack,
        CancellationToken cancellationToken)
    {
        var union = sets[0] with { Indices = Union(sets, prompt.VisualRows.Length) };
        using var shared = new PackedRows(prompt, PackedRows.CountOf(prompt, union) + target.Length);
        shared.AddText(0, prompt.PrefixLength);
        shared.AddKept(union, prompt.PrefixLength);
        shared.AddContinuation(target[..^1]);
        return Forward(prompt, shared, [union], batch with { SourceRows = shared.Find(rows.Positions) }, deepStack, cancellationToken);
    }

    private Tensor Forward(
        VideoPrompt prompt, PackedRows rows, List<KeptVisuals> sets, PackedBatch batch, DeepStackRows? deepStack, CancellationToken cancellationToken)
    {
        using var embeddings = Embed(rows, sets);
        using var rotary = prompt.Rotary.Gather(kernels, rows.Positions);
        return model.Forward(embeddings, rotary, batch, deepStack: deepStack, cancellationToken: cancellationToken);
    }

    /// <summary>The visual tokens that any set keeps, ascending.</summary>
    private static int[] Union(List<KeptVisuals> sets, int visuals)
    {
        var kept = new bool[visuals];
        foreach (var set in sets)
            foreach (var index in set.Indices.Span)
                kept[index] = true;
        return [.. Enumerable.Range(0, visuals).Where(index => kept[index])];
    }

    private Tensor Embed(PackedRows rows, IReadOnlyList<KeptVisuals> sets)
    {
        var embeddings = model.Embed(rows.Ids);
        var next = 0;
        foreach (var set in sets)
            foreach (var (start, count) in RowChunks.Of(set.Indices.Length, embeddings.Columns, kernels.Limits.ChunkBytes))
            {
                using var visual = Upload(set, start, count, embeddings.Columns);
                kernels.Scatter(visual, rows.VisualRows.Slice(next, count), embeddings);
                next += count;
            }

        return embeddings;
    }

    /// <summary>Vectors [count, dimension] of a set, from its token <paramref name="start"/> on.</summary>
    private Tensor Upload(KeptVisuals set, int start, int count, int dimension)
    {
        if (set.Video is not { } video)
            return kernels.Upload(set.Vectors.Span.Slice(start * dimension, count * dimension), count, dimension);
        if (video.Device is { } device && device.Kernels == kernels)
            return device.Gather(set.Indices.Slice(start, count));

        var vectors = video.Vectors.Span;
        var gathered = ArrayPool<float>.Shared.Rent(count * dimension);
        var indices = set.Indices.Span.Slice(start, count);
        for (var row = 0; row < count; row++)
            vectors.Slice(indices[row] * dimension, dimension).CopyTo(gathered.AsSpan(row * dimension));
        var uploaded = kernels.Upload(gathered.AsSpan(0, count * dimension), count, dimension);
        ArrayPool<float>.Shared.Return(gathered);
        return uploaded;
    }
}
