using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// The K rollouts of one video: masks drawn from the policy, and the positions that they keep. The memory serves the next video again,
/// so that training does not allocate: what is given out here is valid until then.
/// </summary>
internal sealed class Rollouts(int count)
{
    private readonly bool[][] _masks = [.. Enumerable.Repeat<bool[]>([], count)];
    private readonly int[][] _positions = [.. Enumerable.Repeat<int[]>([], count)];
    private double[] _probabilities = [];

    /// <summary>Tokens that each mask keeps, [K].</summary>
    public int[] KeptCounts { get; } = new int[count];

    /// <summary>The K masks; only their first T*N values count.</summary>
    public IReadOnlyList<bool[]> Masks => _masks;

    /// <summary>The flat grid indices that each mask keeps, ascending.</summary>
    public ReadOnlyMemory<int>[] Kept => [.. _positions.Select((positions, k) => positions.AsMemory(0, KeptCounts[k]))];

    /// <param name="logits">z [T*N].</param>
    /// <param name="random">The random numbers of each rollout.</param>
    public void Sample(ReadOnlySpan<float> logits, Func<int, CounterRandom> random)
    {
        var tokens = logits.Length;
        if (_probabilities.Length < tokens)
            _probabilities = new double[tokens];
        for (var i = 0; i < tokens; i++)
            _probabilities[i] = BernoulliMask.Probability(logits[i]);
        for (var k = 0; k < count; k++)
        {
            if (_masks[k].Length < tokens)
                _masks[k] = new bool[tokens];
            var mask = _masks[k].AsSpan(0, tokens);
            BernoulliMask.Sample(_probabilities.AsSpan(0, tokens), random(k), mask);
            KeptCounts[k] = mask.Count(true);
            if (_positions[k].Length < KeptCounts[k])
                _positions[k] = new int[tokens];
            var next = 0;
            for (var i = 0; i < tokens; i++)
                if (mask[i])
                    _positions[k][next++] = i;
        }
    }
}
