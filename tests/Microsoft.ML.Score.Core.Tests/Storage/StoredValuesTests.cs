namespace Microsoft.ML.Score.Storage;

[TestFixture]
public class StoredValuesTests
{
    [Test]
    public void Widen_EveryBFloat16_IsTheUpperHalfOfASingle()
    {
        var source = new byte[65536 * 2];
        for (var i = 0; i < 65536; i++)
            BitConverter.TryWriteBytes(source.AsSpan(2 * i), (ushort)i);
        // An odd length has a scalar tail.
        foreach (var count in new[] { 65536, 65535, 3, 0 })
        {
            var actual = new float[count];
            StoredValues.Widen(TensorType.BF16, source.AsSpan(0, 2 * count), actual);
            for (var i = 0; i < count; i++)
                Assert.That(BitConverter.SingleToUInt32Bits(actual[i]), Is.EqualTo((uint)i << 16));
        }
    }

    [Test]
    public void Widen_EveryHalf_MatchesTheConversionOperator()
    {
        var source = new byte[65536 * 2];
        for (var i = 0; i < 65536; i++)
            BitConverter.TryWriteBytes(source.AsSpan(2 * i), (ushort)i);
        var actual = new float[65536];
        StoredValues.Widen(TensorType.F16, source, actual);
        for (var i = 0; i < 65536; i++)
            Assert.That(actual[i], Is.EqualTo((float)BitConverter.UInt16BitsToHalf((ushort)i)));
    }

    [TestCase(1f, 0x3F80)]
    [TestCase(1.00390625f, 0x3F80, Description = "a tie goes to the even neighbour below")]
    [TestCase(1.01171875f, 0x3F82, Description = "a tie goes to the even neighbour above")]
    [TestCase(1.0039063692f, 0x3F81, Description = "just above a tie")]
    [TestCase(-0f, 0x8000)]
    [TestCase(float.MaxValue, 0x7F80)]
    [TestCase(float.NegativeInfinity, 0xFF80)]
    public void Narrow_BFloat16_RoundsToNearestEven(float value, int expected)
    {
        Assert.That(BitConverter.ToUInt16(StoredValues.Narrow(TensorType.BF16, [value])), Is.EqualTo(expected));
    }

    [Test]
    public void Narrow_NotANumber_StaysNotANumber([Values(TensorType.F64, TensorType.F32, TensorType.F16, TensorType.BF16)] TensorType type)
    {
        var bytes = StoredValues.Narrow(type, [BitConverter.UInt32BitsToSingle(0x7F800001), float.NaN]);
        var values = new float[2];
        StoredValues.Widen(type, bytes, values);
        Assert.That(values, Is.All.NaN);
    }

    [Test]
    public void NarrowThenWiden_RepresentableValues_AreKept([Values(TensorType.F64, TensorType.F32, TensorType.F16, TensorType.BF16)] TensorType type)
    {
        float[] values = [0, 1, -1.5f, 0.0078125f, 96, float.PositiveInfinity];
        var actual = new float[values.Length];
        StoredValues.Widen(type, StoredValues.Narrow(type, values), actual);
        Assert.That(actual, Is.EqualTo(values));
    }
}
