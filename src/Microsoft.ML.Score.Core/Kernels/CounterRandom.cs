namespace Microsoft.ML.Score.Kernels;

/// <summary>
/// A counter-based random source: the n-th number is a pure function of the key and n, so there is no state to save, and any
/// number can be drawn again or out of order. The finaliser is SplitMix64's (Steele, Lea and Flood, 2014).
/// </summary>
internal readonly struct CounterRandom
{
    private const ulong GoldenGamma = 0x9E3779B97F4A7C15;

    private readonly ulong _key;

    /// <param name="key">What the stream belongs to, for example seed, stage, step, video, rollout; the order matters.</param>
    public CounterRandom(params ReadOnlySpan<long> key)
    {
        foreach (var word in key)
            _key = Mix(_key + GoldenGamma + Mix((ulong)word + GoldenGamma));
    }

    /// <summary>64 uniform bits.</summary>
    public ulong Bits(long counter) => Mix(_key + unchecked((ulong)(counter + 1) * GoldenGamma));

    /// <summary>Uniform in [0, 1) with 53 bits.</summary>
    public double Uniform(long counter) => (Bits(counter) >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in 0..<paramref name="limit"/> - 1.</summary>
    public int Below(long counter, int limit) => (int)Math.BigMul(Bits(counter), (ulong)limit, out _);

    /// <summary>Standard normal (Box-Muller); uses the uniforms 2*counter and 2*counter + 1.</summary>
    public double Normal(long counter) =>
        Math.Sqrt(-2 * Math.Log(1 - Uniform(2 * counter))) * Math.Cos(2 * Math.PI * Uniform(2 * counter + 1));

    private static ulong Mix(ulong z)
    {
        z = unchecked((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9);
        z = unchecked((z ^ (z >> 27)) * 0x94D049BB133111EB);
        return z ^ (z >> 31);
    }
}
