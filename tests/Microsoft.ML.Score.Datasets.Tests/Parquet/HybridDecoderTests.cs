namespace Microsoft.ML.Score.Datasets.Parquet;

[TestFixture]
public class HybridDecoderTests
{
    /// <summary>The example of the format's description: 0 to 7 in three bits.</summary>
    [Test]
    public void Decode_BitPackedGroup_IsThatOfTheDescription()
    {
        var values = new int[8];

        HybridDecoder.Decode([0b11, 0b10001000, 0b11000110, 0b11111010], 3, values);

        Assert.That(values, Is.EqualTo(new[] { 0, 1, 2, 3, 4, 5, 6, 7 }));
    }

    [Test]
    public void Decode_RunsAndGroups_FollowEachOther()
    {
        var values = new int[14];

        HybridDecoder.Decode([4 << 1, 0x12, 0x01, 0b11, 0xFF, 0x01, 0, 0, 0, 0, 0, 0, 0, 200 << 1 & 0x7F | 0x80, 200 >> 6, 0x01, 0], 9, values);

        Assert.That(values, Is.EqualTo(new[] { 0x112, 0x112, 0x112, 0x112, 511, 0, 0, 0, 0, 0, 0, 0, 1, 1 }));
    }

    [Test]
    public void Decode_WidthZero_NeedsNoBits()
    {
        int[] values = [7, 7, 7];

        HybridDecoder.Decode([3 << 1], 0, values);

        Assert.That(values, Is.All.Zero);
    }

    [TestCase(new byte[] { })]
    [TestCase(new byte[] { 8 })]
    [TestCase(new byte[] { 3, 1 })]
    [TestCase(new byte[] { 0 })]
    [TestCase(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1 })]
    public void Decode_DamagedRuns_Throw(byte[] bytes) => Assert.That(() => HybridDecoder.Decode(bytes, 3, new int[8]), Throws.TypeOf<InvalidDataException>());
}
