namespace Microsoft.ML.Score.Kernels.Simd;

[TestFixtureSource(typeof(TestedBackends), nameof(TestedBackends.Names))]
public class AttentionKernelTests(string backend)
{
    private readonly IKernels _kernels = TestedBackends.Kernels(backend);

    [Test]
    public void Attention_AllLengthsOfOneSequence_IsTheWeightedMean([Values] bool causal)
    {
        foreach (var length in Enumerable.Range(1, 20).Concat([63, 64, 65, 127, 130, 200]))
            Check([AttentionSegment.Self(0, length)], length, length, heads: 4, keyValueHeads: 2, headDimension: 6, causal);
    }

    [Test]
    public void Attention_HeadShapes_ShareKeysWithinTheGroup([Values(1, 5, 16, 20, 128)] int headDimension, [Values(1, 2, 6)] int keyValueHeads)
    {
        Check([AttentionSegment.Self(0, 70)], 70, 70, heads: 6, keyValueHeads, headDimension, causal: true);
    }

    [Test]
    public void Attention_PackedSegments_SeeOnlyThemselves([Values] bool causal)
    {
        Check([AttentionSegment.Self(0, 3), AttentionSegment.Self(3, 90), AttentionSegment.Self(93, 1)], 94, 94, 4, 4, 8, causal);
    }

    [Test]
    public void Attention_SharedPrefix_IsSeenByAllOfASegment([Values] bool causal)
    {
        Check([AttentionSegment.Self(0, 75), new(75, 40, 75, 40, 0, 75), new(115, 2, 115, 2, 0, 75)], 117, 117, 4, 2, 8, causal);
    }

    [Test]
    public void Attention_FewerQueriesThanKeys_StandAtTheEnd()
    {
        Check([new(0, 1, 0, 150), new(1, 5, 150, 80, 3, 10)], 6, 230, 4, 2, 8, causal: true);
    }

    [Test]
    public void Attention_CacheLongerThanKeys_IgnoresTheRest()
    {
        Check([new(0, 1, 0, 9)], 1, 64, 2, 2, 8, causal: true);
    }

    [Test]
    public void Attention_EqualScores_GivesTheMean()
    {
        using var q = _kernels.Upload(new float[4], 1, 4);
        using var k = _kernels.Random(1, 100, 4);
        using var v = _kernels.Random(2, 100, 4);
        using var y = _kernels.Attention(q, k, v, [new(0, 1, 0, 100)], 4, causal: false);

        var values = _kernels.ToArray(v);
        Assert.That(_kernels.ToArray(y), Is.EqualTo(Enumerable.Range(0, 4).Select(d => Enumerable.Range(0, 100).Average(j => (double)values[j * 4 + d]))).Within(KernelData.ValueTolerance));
    }

    [Test]
    public void Attention_HugeScores_DoesNotOverflow()
    {
        using var q = _kernels.Upload([1e4f, 0], 1, 2);
        using var k = _kernels.Upload([1e4f, 0, -1e4f, 0, 0, 1], 3, 2);
        using var v = _kernels.Upload([1, 2, 3, 4, 5, 6], 3, 2);
        using var y = _kernels.Attention(q, k, v, [new(0, 1, 0, 3)], 2, causal: false);

        Assert.That(_kernels.ToArray(y), Is.EqualTo(new[] { 1f, 2f }));
    }

    private void Check(AttentionSegment[] segments, int queryRows, int keyRows, int heads, int keyValueHeads, int headDimension, bool causal)
    {
        using var q = _kernels.Random(1, queryRows, heads * headDimension);
        using var k = _kernels.Random(2, keyRows, keyValueHeads * headDimension);
        using var v = _kernels.Random(3, keyRows, keyValueHeads * headDimension);
        using var y = _kernels.Attention(q, k, v, segments, headDimension, causal);

        var (qs, ks, vs, actual) = (_kernels.ToArray(q), _kernels.ToArray(k), _kernels.ToArray(v), _kernels.ToArray(y));
        var worst = 0.0;
        foreach (var segment in segments)
            for (var i = 0; i < segment.QueryCount; i++)
            {
                var visible = causal ? segment.KeyCount - segment.QueryCount + i + 1 : segment.KeyCount;
                int[] rows = [.. Enumerable.Range(segment.PrefixStart, segment.PrefixCount), .. Enumerable.Range(segment.KeyStart, visible)];
                for (var head = 0; head < heads; head++)
                {
                    var query = ((segment.QueryStart + i) * heads + head) * headDimension;
                    var keyHead = head / (heads / keyValueHeads);
                    var weights = rows.Select(row => Math.Exp(
                        Enumerable.Range(0, headDimension).Sum(d => (double)qs[query + d] * ks[(row * keyValueHeads + keyHead) * headDimension + d]) / Math.Sqrt(headDimension))).ToArray();
                    for (var d = 0; d < headDimension; d++)
                    {
                        var expected = rows.Select((row, j) => weights[j] * vs[(row * keyValueHeads + keyHead) * headDimension + d]).Sum() / weights.Sum();
                        worst = Math.Max(worst, Math.Abs(actual[query + d] - expected));
                    }
                }
            }

        Assert.That(worst, Is.LessThan(10 * KernelData.ValueTolerance), $"{queryRows} queries, {keyRows} keys");
    }
}
