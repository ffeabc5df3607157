using Microsoft.ML.Score.Numerics;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// Runs the language model on prompts of which some visual tokens are dropped. Dropped rows leave the sequence; the others keep
/// their order and their original positions.
/// </summary>
internal sealed class KeptTokenDecoder(Qwen2LanguageModel model, IKernels kernels)
{
    // Values that one packed pass holds in the widest place of a layer; a few times this many stand in memory.
    private const long PassLimit = 1 << 26;

    public Qwen2Config Config => model.Config;

    /// <summary>Cross-entropy in nats of each target token, [sets][targets]. As many sets as fit in memory share a pass; only theirs are asked for at a time.</summary>
    public double[][] CrossEntropy(VideoPrompt prompt, IEnumerable<KeptVisuals> sets, ReadOnlySpan<int> target, CancellationToken cancellationToken = default)
    {
        var losses = new List<double[]>();
        var group = new List<KeptVisuals>();
        long rows = 0;
        foreach (var set in sets)
        {
            var setRows = prompt.Length - prompt.VisualRows.Length + set.Indices.Length + target.Length;
            if (group.Count > 0 && (rows + setRows) * model.Config.IntermediateSize > PassLimit)
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
        var rows = new PackedRows(prompt);
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
            using var hidden = model.Forward(embeddings, rotary, batch, cache, cancellationToken: cancellationToken);
            using var logits = model.Logits(hidden);
            id = Choose(logits, step);
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
        var rows = new PackedRows(prompt);
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

        using var embeddings = Embed(rows, sets);
        using var rotary = prompt.Rotary.Gather(kernels, rows.Positions);
        using var hidden = model.Forward(embeddings, rotary, new PackedBatch([.. segments], outputRows, outputSegments), cancellationToken: cancellationToken);
        var losses = model.CrossEntropy(hidden, targets);
        var length = target.Length;
        return [.. Enumerable.Range(0, sets.Count).Select(i => losses[(i * length)..((i + 1) * length)])];
    }

    private Tensor Embed(PackedRows rows, IReadOnlyList<KeptVisuals> sets)
    {
        var embeddings = model.Embed(rows.Ids);
        var next = 0;
        foreach (var set in sets)
            foreach (var (start, count) in RowChunks.Of(set.Indices.Length, embeddings.Columns))
            {
                using var visual = kernels.Upload(set.Vectors.Span.Slice(start * embeddings.Columns, count * embeddings.Columns), count, embeddings.Columns);
                kernels.Scatter(visual, rows.VisualRows.Slice(next, count), embeddings);
                next += count;
            }

        return embeddings;
    }
}
