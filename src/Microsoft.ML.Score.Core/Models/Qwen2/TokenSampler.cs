using System.Numerics.Tensors;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// Chooses the tokens of one answer from logits, in the order of steps that transformers has: repetition penalty, temperature,
/// top-k, top-p, then a draw. Of equal logits the lower id ranks first. Not safe for concurrent use.
/// </summary>
internal sealed class TokenSampler(GenerationOptions options, IEnumerable<int> promptText)
{
    private readonly CounterRandom _random = new(options.Seed);
    private readonly HashSet<int> _seen = [.. promptText];

    /// <param name="logits">One for each token of the vocabulary; changed by the repetition penalty.</param>
    /// <param name="step">Number of tokens chosen before; with the seed it determines the draw.</param>
    public int Choose(Span<float> logits, int step)
    {
        foreach (var seen in _seen)
            if (seen < logits.Length)
                logits[seen] = (float)(logits[seen] > 0 ? logits[seen] / options.RepetitionPenalty : logits[seen] * options.RepetitionPenalty);
        var id = options.Temperature == 0 ? TensorPrimitives.IndexOfMax<float>(logits) : Draw(logits, _random.Uniform(step));
        _seen.Add(id);
        return id;
    }

    private int Draw(ReadOnlySpan<float> logits, double uniform)
    {
        var candidates = Candidates(logits);
        var total = 0.0;
        foreach (var (weight, _) in candidates)
            total += weight;
        var (next, sum) = (0, candidates[0].Weight);
        while (sum <= uniform * total)
            sum += candidates[++next].Weight;
        return candidates[next].Id;
    }

    /// <summary>The tokens that may be drawn, each with its probability but for a common factor.</summary>
    private ReadOnlySpan<(double Weight, int Id)> Candidates(ReadOnlySpan<float> logits)
    {
        var ids = options.TopK is { } k && k < logits.Length ? TopK.Select(logits, k) : [.. Enumerable.Range(0, logits.Length)];
        var largest = TensorPrimitives.Max(logits);
        var candidates = new (double Weight, int Id)[ids.Length];
        var total = 0.0;
        for (var i = 0; i < ids.Length; i++)
        {
            candidates[i] = (Math.Exp((logits[ids[i]] - largest) / options.Temperature), ids[i]);
            total += candidates[i].Weight;
        }

        if (options.TopP == 1)
            return candidates;
        Array.Sort(candidates, (a, b) => a.Weight != b.Weight ? b.Weight.CompareTo(a.Weight) : a.Id.CompareTo(b.Id));
        var (count, sum) = (1, candidates[0].Weight);
        while (count < candidates.Length && sum < options.TopP * total)
            sum += candidates[count++].Weight;
        return candidates.AsSpan(0, count);
    }
}
