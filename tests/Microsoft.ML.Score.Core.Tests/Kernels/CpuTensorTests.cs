namespace Microsoft.ML.Score.Kernels;

[TestFixture]
internal sealed class CpuTensorTests
{
    // The second is beyond what is rented from the pool.
    [TestCase(3, 5)]
    [TestCase(1025, 1024)]
    public void RowRange_OfAViewOfAView_SharesTheValues(int rows, int columns)
    {
        using var tensor = new CpuTensor(rows, columns);
        using var view = (CpuTensor)tensor.RowRange(1, rows - 1).RowRange(1, 1).Reshape(columns, 1);
        tensor.Row(2)[3] = 7;
        view.Row(4)[0] = 8;

        Assert.That(view.Span[3], Is.EqualTo(7));
        Assert.That(tensor.Span[2 * columns + 4], Is.EqualTo(8));
        Assert.That(() => tensor.RowRange(rows - 1, 2), Throws.ArgumentException.With.Message.Contains($"[{rows}, {columns}]"));
        Assert.That(() => _ = tensor.Row(rows).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase(3, 5)]
    [TestCase(1025, 1024)]
    public void Span_AfterDispose_Throws(int rows, int columns)
    {
        var tensor = new CpuTensor(rows, columns);
        tensor.Dispose();
        tensor.Dispose();

        Assert.That(() => _ = tensor.Span.Length, Throws.InstanceOf<ObjectDisposedException>());
    }
}
