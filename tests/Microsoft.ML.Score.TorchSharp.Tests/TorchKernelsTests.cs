using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;
using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp;

[TestFixture]
public class TorchKernelsTests
{
    private readonly IKernels _kernels = TorchSharpBackend.Cpu.Kernels;
    private readonly IKernels _half = TorchSharpBackend.CpuBFloat16.Kernels;
    private readonly IKernels _reference = ComputeBackend.Scalar.Kernels;

    [Test]
    public void UploadWeight_StoredBFloat16_KeepsItsBits()
    {
        var values = KernelData.Values(1, 6 * 5);
        var stored = new WeightValues(values, TensorType.BF16);
        using var weight = (TorchWeight)_kernels.UploadWeight(stored, firstRow: 2, rows: 3, columns: 5);

        Assert.That(weight.Values.dtype, Is.EqualTo(torch.ScalarType.BFloat16));
        Assert.That(weight.Values.bytes.ToArray(), Is.EqualTo(StoredValues.Narrow(TensorType.BF16, values.AsSpan(10, 15))));
    }

    [Test]
    public void UploadWeight_StoredSingleForBFloat16_RoundsToNearest()
    {
        var values = KernelData.Values(1, 40);
        using var weight = (TorchWeight)_half.UploadWeight(new WeightValues(values), 0, 8, 5);

        Assert.That(weight.Values.bytes.ToArray(), Is.EqualTo(StoredValues.Narrow(TensorType.BF16, values)));
    }

    [Test]
    public void UploadThenDownload_MoreThanOneRange_GivesTheValues()
    {
        const int rows = 70, columns = 1 << 20; // 280 MiB: two ranges
        var values = new float[rows * columns];
        for (var i = 0; i < values.Length; i++)
            values[i] = i % 9973;
        using var x = _kernels.Upload(values, rows, columns);
        var back = new float[values.Length];
        _kernels.Download(x, back);

        Assert.That(back.AsSpan().SequenceEqual(values), Is.True);
    }

    [Test]
    public void RowRange_UnsharedView_SeesAndChangesTheOwner()
    {
        using var x = _kernels.Upload([1, 2, 3, 4, 5, 6], 3, 2);
        var view = x.RowRange(1, 2).RowRange(1, 1);
        using var row = _kernels.Upload([7, 8], 1, 2);
        _kernels.Scatter(row, [0], view);

        Assert.That(_kernels.ToArray(x), Is.EqualTo(new[] { 1f, 2, 3, 4, 7, 8 }));
        x.Dispose();
        Assert.That(() => _kernels.ToArray(view), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void ScatterAdd_UnsharedView_AddsToTheOwnersRows()
    {
        using var x = _kernels.Upload([1, 2, 3, 4, 5, 6], 3, 2);
        using var more = _kernels.Upload([10, 20, 30, 40], 2, 2);
        _kernels.ScatterAdd(more, [1, 0], x.RowRange(1, 2));

        Assert.That(_kernels.ToArray(x), Is.EqualTo(new[] { 1f, 2, 33, 44, 15, 26 }));
    }

    [Test]
    public void Attention_WindowsOfTwoSizesMixed_EqualsTheReference() =>
        CompareAttention([AttentionSegment.Self(0, 9), AttentionSegment.Self(9, 4), AttentionSegment.Self(13, 9), AttentionSegment.Self(22, 4), AttentionSegment.Self(26, 9)], 35, 4, 4, causal: false);

    [Test]
    public void Attention_QueriesFarBehindTheirKeys_EqualsTheReference([Values(2, 4)] int keyValueHeads) =>
        CompareAttention([new(0, 30, 5, 400, 405, 12)], 417, 4, keyValueHeads, causal: true);

    [Test]
    public void Attention_PackedRolloutsBehindAPrefix_EqualsTheReference() =>
        CompareAttention([AttentionSegment.Self(0, 11), new(11, 70, 11, 70, 0, 11), new(81, 50, 81, 50, 0, 11)], 131, 6, 2, causal: true);

    [Test]
    public void Kernels_ManyCalls_LeaveNoTensorBehind()
    {
        using var weight = _kernels.UploadWeight(new WeightValues(KernelData.Values(1, 64)), 0, 8, 8);
        Pass();
        var before = torch.Tensor.TotalCount;
        for (var i = 0; i < 100; i++)
            Pass();

        Assert.That(torch.Tensor.TotalCount, Is.EqualTo(before));

        void Pass()
        {
            using var x = _kernels.Random(2, 20, 8);
            using var scale = _kernels.Random(3, 1, 8);
            using var angles = _kernels.Random(4, 20, 2);
            using var normed = _kernels.RmsNorm(x.RowRange(2, 10), scale, 1e-6f);
            using var y = _kernels.Linear(x, weight, scale, Activation.Gelu, x);
            _kernels.Rotary(y, angles, angles);
            using var attended = _kernels.Attention(y, y, y, [new(0, 3, 0, 20), new(3, 17, 3, 17)], 4, causal: true);
            using var gate = _kernels.SwiGlu(attended, y);
            _kernels.CrossEntropy(gate, new int[20]);
            _kernels.ArgMax(gate.Reshape(10, 16));
        }
    }

    private void CompareAttention(AttentionSegment[] segments, int rows, int heads, int keyValueHeads, bool causal)
    {
        const int headDimension = 8;
        Assert.That(Compute(_kernels), Is.EqualTo(Compute(_reference)).Within(10 * KernelData.ValueTolerance));

        float[] Compute(IKernels kernels)
        {
            using var q = kernels.Random(1, segments.Max(segment => segment.QueryStart + segment.QueryCount), heads * headDimension);
            using var k = kernels.Random(2, rows, keyValueHeads * headDimension);
            using var v = kernels.Random(3, rows, keyValueHeads * headDimension);
            using var y = kernels.Attention(q, k, v, segments, headDimension, causal);
            return kernels.ToArray(y);
        }
    }
}
