namespace Microsoft.ML.Score.Compression;

/// <summary>
/// The uniform noise that the originals add to densities, replayed in the order of their draws. Ours add none, which
/// makes the lower index win where densities are equal.
/// </summary>
internal sealed class DensityNoise(ReadOnlyMemory<float> values)
{
    public static readonly DensityNoise None = new(default);

    private int _next;

    /// <summary>The next <paramref name="count"/> values; empty where there is no noise.</summary>
    public ReadOnlySpan<float> Draw(int count)
    {
        if (values.IsEmpty)
            return default;
        _next += count;
        return values.Span.Slice(_next - count, count);
    }
}
