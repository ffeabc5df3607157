using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

[TestFixture]
public class MappedTokensTests
{
    [Test]
    public void Rows_EveryType_AreTheStoredValues([Values(TensorType.F32, TensorType.BF16, TensorType.F16)] TensorType type)
    {
        using var folder = new TemporaryFolder();
        var values = Enumerable.Range(0, 2 * 3 * 4 * 5).Select(i => i / 4f - 1).ToArray();
        var grid = new TokenGrid(2, 3, 4, 0.25);
        FeatureFile.Write(folder.File("x"), new VideoTokens(grid, 5, values, "abc"), type);

        using var tokens = MappedTokens.Open(folder.File("x"));
        var rows = new float[4 * 5];
        StoredValues.Widen(type, tokens.Rows(7, 4), rows);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((tokens.Grid, tokens.Dimension, tokens.Type, tokens.EncoderFingerprint), Is.EqualTo((grid, 5, type, "abc")));
            Assert.That(rows, Is.EqualTo(values[35..55]));
            Assert.That(tokens.Rows(24, 0).Length, Is.Zero);
        }
    }

    [TestCase(-1, 1)]
    [TestCase(0, 3)]
    [TestCase(3, -1)]
    public void Rows_OutsideTheGrid_Throws(int first, int count)
    {
        using var folder = new TemporaryFolder();
        FeatureFile.Write(folder.File("x"), new VideoTokens(new TokenGrid(1, 1, 2), 1, new float[2]));
        using var tokens = MappedTokens.Open(folder.File("x"));

        Assert.That(() => tokens.Rows(first, count).Length, Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase(new[] { 2 }, "got 2 after -1")]
    [TestCase(new[] { -1 }, "got -1 after -1")]
    [TestCase(new[] { 1, 0 }, "got 0 after 1")]
    public void Gather_PositionsNotOnTheGridInOrder_SaysWhich(int[] positions, string message)
    {
        using var folder = new TemporaryFolder();
        FeatureFile.Write(folder.File("x"), new VideoTokens(new TokenGrid(1, 1, 2), 1, new float[2]));
        using var tokens = FeatureFile.Open(folder.File("x"));

        Assert.That(() => tokens.Gather(positions), Throws.ArgumentException.With.Message.Contains(message));
    }

    [Test]
    public void Read_AfterDispose_Throws()
    {
        using var folder = new TemporaryFolder();
        FeatureFile.Write(folder.File("x"), new VideoTokens(new TokenGrid(1, 1, 2), 1, new float[2]));
        var tokens = FeatureFile.Open(folder.File("x"));
        tokens.Dispose();

        using (Assert.EnterMultipleScope())
        {
            Assert.That(tokens.ToVideoTokens, Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(() => tokens.Gather(new[] { 1 }), Throws.InstanceOf<ObjectDisposedException>());
            Assert.That(() => Policy.PolicyNetwork.Initialize(1).Logits(tokens), Throws.InstanceOf<ObjectDisposedException>());
        }
    }

    [Test]
    public void Rows_AfterDispose_Throws()
    {
        using var folder = new TemporaryFolder();
        FeatureFile.Write(folder.File("x"), new VideoTokens(new TokenGrid(1, 1, 2), 1, new float[2]));
        var tokens = MappedTokens.Open(folder.File("x"));
        tokens.Dispose();

        Assert.That(() => tokens.Rows(0, 1).Length, Throws.InstanceOf<ObjectDisposedException>());
    }
}
