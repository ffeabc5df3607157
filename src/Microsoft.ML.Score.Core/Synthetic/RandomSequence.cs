using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Synthetic;

/// <summary>
/// <see cref="CounterRandom"/> read in order, for drawing things of varying size. Integer arithmetic only, so the same key gives
/// the same numbers on every machine and runtime, which <see cref="Random"/> does not promise. Not safe for concurrent calls.
/// </summary>
internal sealed class RandomSequence(params ReadOnlySpan<long> key)
{
    private readonly CounterRandom _source = new(key);
    private long _counter;

    /// <summary>64 uniform bits.</summary>
    public ulong Next() => _source.Bits(_counter++);

    /// <summary>A whole number from 0 to <paramref name="limit"/> - 1.</summary>
    public int Below(int limit) => _source.Below(_counter++, limit);

    /// <summary>A whole number from <paramref name="low"/> to <paramref name="high"/>, both included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>True in <paramref name="percent"/> of 100 draws.</summary>
    public bool Chance(int percent) => Below(100) < percent;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    /// <summary>A new list of the items in a drawn order (Fisher-Yates).</summary>
    public List<T> Shuffled<T>(IEnumerable<T> items)
    {
        var shuffled = items.ToList();
        for (var i = shuffled.Count - 1; i > 0; i--)
        {
            var j = Below(i + 1);
            (shuffled[i], shuffled[j]) = (shuffled[j], shuffled[i]);
        }

        return shuffled;
    }
}
