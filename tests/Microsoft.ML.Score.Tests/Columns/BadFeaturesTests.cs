using Microsoft.ML.Score.Estimators;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Columns;

/// <summary>Rows and schemas whose features a policy must refuse.</summary>
[TestFixture]
internal sealed class BadFeaturesTests
{
    private readonly MLContext _context = new(1);

    [TestCase(new float[] { 2, 2, 3 }, "expected the 4 values")]
    [TestCase(new float[] { 2, 2, 5, 1 }, "do not divide into a grid of 2x2x5")]
    [TestCase(new float[] { 0, 2, 3, 1 }, "T must be a whole number of at least 1, got 0")]
    [TestCase(new float[] { 2, 1.5f, 3, 1 }, "H must be a whole number")]
    [TestCase(new float[] { 2, 2, float.NaN, 1 }, "W must be a whole number")]
    [TestCase(new float[] { 2, 2, 3, 0 }, "positive and finite")]
    [TestCase(new float[] { 2e9f, 2e9f, 3, 1 }, "exceeds the limit")]
    public void Transform_BadGrid_NamesRowAndColumn(float[] grid, string message)
    {
        var rows = VideoRow.Several(3);
        rows[1].Grid = grid;
        Assert.That(() => Masks(rows), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 1, column '").And.Message.Contains(message));
    }

    [TestCase(float.NaN)]
    [TestCase(float.PositiveInfinity)]
    [TestCase(float.NegativeInfinity)]
    public void Transform_ValueNotFinite_NamesRowAndValue(float value)
    {
        var rows = VideoRow.Several(3);
        rows[2].Features[7] = value;
        Assert.That(() => Masks(rows), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 2, column 'Features': value 7 of 72"));
    }

    [Test]
    public void Transform_DimensionedRowsNotDivisible_NamesRow()
    {
        var rows = new[] { new DimensionedRow { Features = new float[24] }, new DimensionedRow { Features = new float[25] } };
        Assert.That(() => Masks(rows), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 1, column 'Features': 25 values do not divide into time steps of 2x3x4"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Transform_NoTimeStep_NamesRow(bool isNull)
    {
        var rows = new[] { new DimensionedRow { Features = isNull ? null! : [] } };
        Assert.That(() => Masks(rows), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 0, column 'Features': the video has no time step (T = 0)"));
    }

    [Test]
    public void Transform_OtherDimensionThanPolicy_NamesBoth()
    {
        var rows = new[] { new VideoRow { Features = new float[10], Grid = [1, 1, 2, 1] } };
        Assert.That(() => Masks(rows), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("dimension 4, got 5"));
    }

    [Test]
    public void Fit_OtherDimensionInColumnType_Refuses()
    {
        var data = _context.Data.LoadFromEnumerable(new[] { new DimensionedRow() });
        var estimator = _context.Transforms.ApplyScorePolicy("Mask", "Features", PolicyNetwork.Initialize(5));
        Assert.That(() => estimator.Fit(data), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("dimension 5, got 4"));
    }

    [Test]
    public void Fit_FeaturesOfOtherEncoder_RefusesUnlessAllowed()
    {
        var clips = _context.Data.LoadFromEnumerable(new[] { ClipRow.Random(1, 2) });
        var encoded = _context.Transforms.EncodeVideo("Features", "Frames", new FakeVideoModel()).Fit(clips).Transform(clips);
        var other = PolicyNetwork.Initialize(FakeVideoModel.D, encoderFingerprint: "other-encoder");

        Assert.That(
            () => _context.Transforms.ApplyScorePolicy("Mask", "Features", other).Fit(encoded),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("other-encoder").And.Message.Contains("fake-encoder"));
        var allowed = _context.Transforms.ApplyScorePolicy("Mask", "Features", other, new ScorePolicyOptions { AllowOtherEncoder = true }).Fit(encoded).Transform(encoded);
        Assert.That(EstimatorWorkout.Read(allowed, "Mask"), Has.Count.EqualTo(1));
    }

    [Test]
    public void Transform_FeatureFileOfOtherEncoder_NamesRow()
    {
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, "other-encoder.safetensors");
        FeatureFile.Write(path, new VideoTokens(new TokenGrid(1, 1, 2), 4, new float[8], "other-encoder"));
        Assert.That(
            () => Masks(new[] { new PathRow { Features = path } }),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 0").And.Message.Contains("other-encoder"));
        File.Delete(path);
    }

    [TestCase("")]
    [TestCase(null)]
    public void Transform_EmptyPath_NamesRow(string? path) =>
        Assert.That(() => Masks(new[] { new PathRow { Features = path! } }), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 0, column 'Features'"));

    [Test]
    public void Transform_MissingFile_NamesRowAndFile() =>
        Assert.That(
            () => Masks(new[] { new PathRow { Features = "no-such-file.safetensors" } }),
            Throws.InstanceOf<FileNotFoundException>().With.Message.Contains("Row 0, column 'Features'").And.Message.Contains("no-such-file.safetensors"));

    [TestCase(true)]
    [TestCase(false)]
    public void Transform_DamagedFile_NamesRowAndFile(bool isCutOff)
    {
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, "damaged.safetensors");
        FeatureFile.Write(path, new VideoTokens(new TokenGrid(1, 1, 2), FakeVideoModel.D, new float[2 * FakeVideoModel.D]));
        var bytes = File.ReadAllBytes(path);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), float.NaN);
        File.WriteAllBytes(path, isCutOff ? bytes[..^4] : bytes);

        Assert.That(
            () => Masks(new[] { new PathRow { Features = path } }),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 0, column 'Features'").And.Message.Contains(path));
        File.Delete(path);
    }

    [Test]
    public void Transform_MaskThatKeepsNothing_NamesRowAndColumn()
    {
        var data = _context.Data.LoadFromEnumerable(new[] { new MaskedRow { Features = new float[4], Grid = [1, 1, 1, 1], Mask = [true] }, new MaskedRow { Features = new float[8], Grid = [1, 1, 2, 1], Mask = [false, false] } });
        var gathered = _context.Transforms.GatherTokens("Kept", "Features", "Mask").Fit(data).Transform(data);
        Assert.That(() => EstimatorWorkout.Read(gathered, "Kept"), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 1, column 'Mask': the mask keeps none of the video's 2 tokens"));
    }

    [TestCase(0)]
    [TestCase(-0.1)]
    [TestCase(1.01)]
    [TestCase(double.NaN)]
    public void ApplyScorePolicy_RetentionRatioOutside_Throws(double ratio) =>
        Assert.That(
            () => _context.Transforms.ApplyScorePolicy("Mask", "Features", PolicyNetwork.Initialize(4), new ScorePolicyOptions { RetentionRatio = ratio }),
            Throws.ArgumentException.With.Message.Contains("RetentionRatio must lie in (0, 1]"));

    private List<object[]> Masks<TRow>(TRow[] rows)
        where TRow : class
    {
        var data = _context.Data.LoadFromEnumerable(rows);
        var policy = PolicyNetwork.Initialize(FakeVideoModel.D, encoderFingerprint: "fake-encoder");
        return EstimatorWorkout.Read(_context.Transforms.ApplyScorePolicy("Mask", "Features", policy).Fit(data).Transform(data), "Mask");
    }

    private sealed class MaskedRow
    {
        public float[] Features { get; set; } = [];

        public float[] Grid { get; set; } = [];

        public bool[] Mask { get; set; } = [];
    }
}
