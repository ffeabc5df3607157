using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// The K rollouts of one video: masks drawn from the policy, and the tokens that they keep. The memory serves the next video again,
/// so that training does not allocate: what is given out here is valid until then.
/// </summary>
internal sealed class Rollouts(int count)
{
    private const long GatheredValues = 1 << 27; // 512 MiB: what the kept tokens of one call to the model may copy

    private readonly bool[][] _masks = [.. Enumerable.Repeat<bool[]>([], count)];
    private double[] _probabilities = [];
    private int _tokens;
    private int[] _positions = [];

    /// <summary>Tokens that each mask keeps, [K].</summary>
    public int[] KeptCounts { get; } = new int[count];

    /// <summary>The K masks; only their first T*N values count.</summary>
    public IReadOnlyList<bool[]> Masks => _masks;

    /// <param name="logits">z [T*N].</param>
    /// <param name="random">The random numbers of each rollout.</param>
    public void Sample(ReadOnlySpan<float> logits, Func<int, CounterRandom> random)
    {
        _tokens = logits.Length;
        if (_probabilities.Length < _tokens)
            _probabilities = new double[_tokens];
        for (var i = 0; i < _tokens; i++)
            _probabilities[i] = BernoulliMask.Probability(logits[i]);
        for (var k = 0; k < count; k++)
        {
            if (_masks[k].Length < _tokens)
                _masks[k] = new bool[_tokens];
            var mask = _masks[k].AsSpan(0, _tokens);
            BernoulliMask.Sample(_probabilities.AsSpan(0, _tokens), random(k), mask);
            KeptCounts[k] = mask.Count(true);
        }
    }

    /// <summary>
    /// The kept-token sets of the masks, in order, as many at a time as memory is meant for; each group is valid until the next is asked
    /// for.
    /// </summary>
    public IEnumerable<IReadOnlyList<KeptTokens>> Gather(VideoTokens video)
    {
        for (int from = 0, to; from < count; from = to)
        {
            var tokens = 0L;
            for (to = from; to < count && tokens * video.Dimension < GatheredValues; to++)
                tokens += KeptCounts[to];
            yield return Gather(video, from, to, checked((int)tokens));
        }
    }

    private KeptTokens[] Gather(VideoTokens video, int from, int to, int tokens)
    {
        if (_positions.Length < tokens)
            _positions = new int[tokens];

        var sets = new KeptTokens[to - from];
        var next = 0;
        for (var k = from; k < to; k++)
        {
            var start = next;
            for (var i = 0; i < _tokens; i++)
                if (_masks[k][i])
                    _positions[next++] = i;
            sets[k - from] = KeptTokens.Gather(video, _positions.AsMemory(start..next));
        }

        return sets;
    }
}
