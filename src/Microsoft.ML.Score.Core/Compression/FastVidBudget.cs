namespace Microsoft.ML.Score.Compression;

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
