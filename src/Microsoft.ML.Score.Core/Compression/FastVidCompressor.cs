using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>
/// FastVID (NeurIPS 2025), as its official code runs: the video is cut where steps differ; in each segment the most salient
/// tokens are kept, and the others are merged into anchors that stand at density peaks of every fourth step. A merger.
/// </summary>
/// <remarks>
/// Needs <see cref="EncoderStatistics.PooledAttention"/> (the VidCom2 port takes norms instead). Steps are compared by
/// <see cref="EncoderStatistics.StepFeatures"/> in the LLaVA forms; in the Qwen forms, and where there are none, by the mean of a step's tokens. Where code and paper differ we follow the code: an anchor weighs max(1/(n+1), beta), anchors of
/// other steps are merged too, densities count the token itself, Qwen2.5-VL skips near-duplicate steps. Where the code fails (fewer steps than segments, a segment without
/// context or salient tokens) that part is left out. The count is T max(1, floor(rho N)) before the caps of Qwen2.5-VL, which keeps fewer; it is not
/// <see cref="TopK.RetainedCount"/>. A merged token keeps its anchor's position. Ties go to the lower index.
/// </remarks>
/// <param name="variant">Which form.</param>
internal sealed class FastVidCompressor(FastVidVariant variant) : ITokenCompressor
{
    /// <inheritdoc/>
    public string Name => (variant switch
    {
        FastVidVariant.LlavaVideo => CompressionMethod.FastVidLlavaVideo,
        FastVidVariant.LlavaOneVision => CompressionMethod.FastVidOneVision,
        FastVidVariant.VidCom2Port => CompressionMethod.FastVidPort,
        _ => CompressionMethod.FastVid,
    }).Name;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The tokens come without the statistics that the variant needs.</exception>
    public KeptTokens Compress(VideoTokens video, double retentionRatio)
    {
        ArgumentNullException.ThrowIfNull(video);
        TopK.ThrowIfNotRetentionRatio(retentionRatio);

        var salience = variant == FastVidVariant.VidCom2Port ? Salience.OfNorms(video) : Salience.Pooled(video, Name);
        return Run(video, salience, variant, FastVidSettings.Of(variant), retentionRatio, DensityNoise.None).ToKept(video);
    }

    /// <param name="video">The tokens.</param>
    /// <param name="salience">One value a token, [T*N].</param>
    /// <param name="variant">Which form.</param>
    /// <param name="settings">Its constants.</param>
    /// <param name="retentionRatio">rho.</param>
    /// <param name="noise">Noise of the densities.</param>
    internal static CompressedSequence Run(
        VideoTokens video, ReadOnlyMemory<float> salience, FastVidVariant variant, FastVidSettings settings, double retentionRatio, DensityNoise noise)
    {
        var sequence = new CompressedSequence();
        if (variant == FastVidVariant.VidCom2Port && retentionRatio >= 1)
        {
            sequence.Keep(0, video.Grid.Count);
            return sequence;
        }

        var similarities = StepSimilarities(video, variant);
        var cuts = Ranking.Lowest(similarities, settings.C - 1).ToHashSet();
        cuts.UnionWith(Enumerable.Range(0, similarities.Length).Where(step => similarities[step] < settings.Tau));
        var first = 0;
        foreach (var last in cuts.Order().Append(similarities.Length))
        {
            var budget = FastVidBudget.Of(variant, settings, video.Grid.TokensPerStep, retentionRatio, similarities.AsSpan(first, last - first));
            new FastVidSegment(video, salience, first, budget, variant == FastVidVariant.LlavaOneVision).Compress(settings.Beta, noise, sequence);
            first = last + 1;
        }

        return sequence;
    }

    /// <summary>Cosine similarity of each step's features to the next step's, [T - 1].</summary>
    private static double[] StepSimilarities(VideoTokens video, FastVidVariant variant)
    {
        var t = video.Grid.TimeSteps;
        var known = variant is FastVidVariant.LlavaVideo or FastVidVariant.LlavaOneVision ? video.Statistics?.StepFeatures ?? default : default;
        var features = new ReadOnlyMemory<float>[t];
        Parallel.For(0, t, step =>
        {
            features[step] = known.IsEmpty ? MeanToken(video, step) : known.Slice(step * (known.Length / t), known.Length / t);
        });
        var similarities = new double[t - 1];
        for (var step = 0; step < similarities.Length; step++)
            similarities[step] = Cosine.Similarity(features[step].Span, features[step + 1].Span);
        return similarities;
    }

    private static float[] MeanToken(VideoTokens video, int step)
    {
        var mean = new MeanVector(video.Dimension);
        for (var i = 0; i < video.Grid.TokensPerStep; i++)
            mean.Add(video.Token(step * video.Grid.TokensPerStep + i));
        return mean.Value();
    }
}

/// <summary>The forms of FastVID that published numbers come from.</summary>
internal enum FastVidVariant
{
    /// <summary>The official code for LLaVA-Video (LunarShen/FastVID at a40a109).</summary>
    LlavaVideo,

    /// <summary>The official code for Qwen2.5-VL: near-duplicate steps get no tokens, and a step's shares are capped.</summary>
    Qwen25VL,

    /// <summary>The official code for LLaVA-OneVision, which runs all steps in parallel.</summary>
    LlavaOneVision,

    /// <summary>As ported to Qwen models in VidCom2's repository (branch qwen at a85d485), with settings of its own and the norm of a token as its salience.</summary>
    VidCom2Port,
}

/// <summary>The constants of FastVID, in the paper's symbols.</summary>
/// <param name="C">c, the least number of segments.</param>
/// <param name="Tau">tau, similarity of steps below which a segment ends.</param>
/// <param name="Ignore">Similarity of steps from which a step adds nothing to the next one; infinite where all steps count.</param>
/// <param name="D">d, the share of context tokens.</param>
/// <param name="P">p, steps from one anchor step to the next.</param>
/// <param name="Beta">beta, the least weight of an anchor in its cluster.</param>
internal sealed record FastVidSettings(int C, double Tau, double Ignore, double D, int P, double Beta)
{
    public static FastVidSettings Of(FastVidVariant variant) => variant switch
    {
        FastVidVariant.Qwen25VL => new(8, 0.84, 0.95, 0.4, 4, 0.6),
        FastVidVariant.VidCom2Port => new(8, 0.84, 0.99, 0.5, 4, 0.5),
        _ => new(8, 0.9, double.PositiveInfinity, 0.4, 4, 0.6),
    };
}

/// <summary>How many salient and how many context tokens each step of one FastVID segment gets, [P] each.</summary>
internal sealed record FastVidBudget(int[] Salient, int[] Context)
{
    /// <param name="variant">Which form of FastVID.</param>
    /// <param name="settings">Its constants.</param>
    /// <param name="tokensPerStep">N.</param>
    /// <param name="retentionRatio">rho.</param>
    /// <param name="similarities">Of each step of the segment to the next, [P - 1].</param>
    public static FastVidBudget Of(FastVidVariant variant, FastVidSettings settings, int tokensPerStep, double retentionRatio, ReadOnlySpan<double> similarities)
    {
        var steps = similarities.Length + 1;
        // The official code fails where this is 0.
        var perStep = Math.Max(1, (int)(tokensPerStep * retentionRatio));
        if (variant == FastVidVariant.LlavaOneVision)
            return OneVision(settings, perStep, steps);

        var total = perStep * steps;
        var context = (int)(total * settings.D);
        if (variant != FastVidVariant.LlavaVideo)
            context = variant == FastVidVariant.VidCom2Port && total <= 1 ? 0 : Math.Max(context, 1);
        var salient = Math.Max(0, total - context);
        if (steps == 1)
            return new([salient], [context]);

        var counted = CountedSteps(similarities, settings.Ignore);
        var salientShares = Split(salient, counted.Length);
        var anchorShares = Split(context, (counted.Length + settings.P - 1) / settings.P);
        var capped = variant != FastVidVariant.LlavaVideo;
        var budget = new FastVidBudget(new int[steps], new int[steps]);
        for (var i = 0; i < counted.Length; i++)
        {
            // Anchors stand p apart, counted from the last step backwards.
            var fromLast = counted.Length - 1 - i;
            var anchors = fromLast % settings.P == 0 ? anchorShares[fromLast / settings.P] : 0;
            anchors = capped ? Math.Min(anchors, tokensPerStep / 2) : anchors;
            budget.Context[counted[i]] = anchors;
            budget.Salient[counted[i]] = capped ? Math.Min(salientShares[i], tokensPerStep - anchors) : salientShares[i];
        }

        return budget;
    }

    private static FastVidBudget OneVision(FastVidSettings settings, int perStep, int steps)
    {
        var context = (int)(perStep * settings.D);
        var anchorSteps = (steps + settings.P - 1) / settings.P;
        var budget = new FastVidBudget(new int[steps], new int[steps]);
        Array.Fill(budget.Salient, perStep - context);
        for (var step = steps - 1; step >= 0; step -= settings.P)
            budget.Context[step] = context * steps / anchorSteps;
        return budget;
    }

    /// <summary>The last step of every run of near duplicates; all steps where nothing is ignored.</summary>
    private static int[] CountedSteps(ReadOnlySpan<double> similarities, double ignore)
    {
        var counted = new List<int>();
        for (var step = 0; step < similarities.Length; step++)
            if (similarities[step] < ignore)
                counted.Add(step);
        return [.. counted, similarities.Length];
    }

    /// <summary>As even as whole numbers allow, the first parts the larger.</summary>
    private static int[] Split(int total, int parts) =>
        [.. Enumerable.Range(0, parts).Select(part => total / parts + (part < total % parts ? 1 : 0))];
}
