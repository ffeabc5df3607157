namespace Microsoft.ML.Score.Datasets.Parquet;

[TestFixture]
public class SnappyTests
{
    /// <summary>Written by hand from the description: a literal of "ab", then copies with offsets of one, two and four bytes that overlap what they write.</summary>
    [TestCase(new byte[] { 2, 1 << 2, (byte)'a', (byte)'b' }, "ab")]
    [TestCase(new byte[] { 6, 1 << 2, (byte)'a', (byte)'b', 0 << 2 | 1, 2 }, "ababab")]
    [TestCase(new byte[] { 5, 1 << 2, (byte)'a', (byte)'b', 2 << 2 | 2, 1, 0 }, "abbbb")]
    [TestCase(new byte[] { 3, 1 << 2, (byte)'a', (byte)'b', 0 << 2 | 3, 2, 0, 0, 0 }, "aba")]
    [TestCase(new byte[] { 2, 60 << 2, 1, (byte)'a', (byte)'b' }, "ab")]
    [TestCase(new byte[] { 2, 61 << 2, 1, 0, (byte)'a', (byte)'b' }, "ab")]
    [TestCase(new byte[] { 0 }, "")]
    public void Decompress_Stream_GivesItsText(byte[] stream, string expected) => Assert.That(System.Text.Encoding.ASCII.GetString(Snappy.Decompress(stream)), Is.EqualTo(expected));

    [TestCase(new byte[] { })]
    [TestCase(new byte[] { 2, 1 << 2, (byte)'a' })]
    [TestCase(new byte[] { 1, 1 << 2, (byte)'a', (byte)'b' })]
    [TestCase(new byte[] { 3, 1 << 2, (byte)'a', (byte)'b' })]
    [TestCase(new byte[] { 6, 1 << 2, (byte)'a', (byte)'b', 0 << 2 | 1, 3 })]
    [TestCase(new byte[] { 6, 1 << 2, (byte)'a', (byte)'b', 0 << 2 | 1, 0 })]
    [TestCase(new byte[] { 6, 1 << 2, (byte)'a', (byte)'b', 0 << 2 | 3, 2, 0, 0, 0x80 })]
    [TestCase(new byte[] { 6, 63 << 2, 0xFF, 0xFF, 0xFF, 0xFF, (byte)'a' })]
    [TestCase(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0 })]
    [TestCase(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    public void Decompress_DamagedStream_Throws(byte[] stream) => Assert.That(() => Snappy.Decompress(stream), Throws.TypeOf<InvalidDataException>());
}
