using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Data;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Estimators;

[TestFixture]
internal sealed class ScoreCompressTransformerTests
{
    private readonly MLContext _context = new(1);

    [Test]
    public void Transform_AnyVideoAndRatio_KeepsWhatTheCompressorKeeps()
    {
        var policy = PolicyNetwork.Initialize(FakeVideoModel.D, 8, seed: 2);
        Prop.ForAll(Gen.Choose(0, 10_000).ToArbitrary(), Gen.Choose(1, 9).ToArbitrary(), Gen.Choose(1, 1000).ToArbitrary(), (seed, timeSteps, permille) =>
        {
            var row = VideoRow.Random(seed, timeSteps);
            var data = _context.Data.LoadFromEnumerable(new[] { row });
            var options = new ScorePolicyOptions { RetentionRatio = permille / 1000.0, KeptIndicesColumnName = "Indices" };
            var values = EstimatorWorkout.Read(_context.Transforms.ApplyScorePolicy("Mask", "Features", policy, options).Fit(data).Transform(data), "Mask", "Indices").Single();
            var expected = new ScoreCompressor(policy).Compress(new VideoTokens(new TokenGrid(timeSteps, VideoRow.H, VideoRow.W), VideoRow.D, row.Features), options.RetentionRatio);

            Assert.That(values[0], Is.EqualTo(expected.ToMask()));
            Assert.That(values[1], Is.EqualTo(expected.Positions.ToArray()));
        }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Schema_DimensionedFeatures_MaskCarriesGrid()
    {
        var mask = MaskColumn(_context.Data.LoadFromEnumerable(new[] { new DimensionedRow() }));

        Assert.That(mask.Type.ToString(), Is.EqualTo("Vector<Boolean, *, 2, 3>"));
        Assert.That(Grid(mask), Is.EqualTo(new[] { 0, 2, 3 }));
        Assert.That(mask.Annotations.Schema.GetColumnOrNull("GridColumn"), Is.Null);
        double ratio = 0;
        mask.Annotations.GetValue("RetentionRatio", ref ratio);
        Assert.That(ratio, Is.EqualTo(0.10));
    }

    [Test]
    public void Schema_GridColumn_MaskNamesIt()
    {
        var mask = MaskColumn(_context.Data.LoadFromEnumerable(new[] { new VideoRow() }));
        ReadOnlyMemory<char> name = default;
        mask.Annotations.GetValue("GridColumn", ref name);

        Assert.That(name.ToString(), Is.EqualTo("Grid"));
        Assert.That(Grid(mask), Is.EqualTo(new[] { 0, 0, 0 }));
    }

    [Test]
    public void Transform_UnreadColumns_AreNotComputed()
    {
        var rows = VideoRow.Several(2);
        rows[1].Features[0] = float.NaN;
        var data = _context.Data.LoadFromEnumerable(rows);
        var view = _context.Transforms.ApplyScorePolicy("Mask", "Features", PolicyNetwork.Initialize(FakeVideoModel.D)).Fit(data).Transform(data);

        Assert.That(EstimatorWorkout.Read(view, "Caption"), Has.Count.EqualTo(2));
    }

    [Test]
    public void LoadScorePolicy_File_WorksWithoutFitAndSaves()
    {
        var path = Path.Combine(TestContext.CurrentContext.WorkDirectory, "ready-policy.safetensors");
        var policy = PolicyNetwork.Initialize(FakeVideoModel.D, seed: 4);
        policy.Save(path);
        var data = _context.Data.LoadFromEnumerable(VideoRow.Several(5));

        var ready = _context.Model.LoadScorePolicy(path, data.Schema, "Mask", "Features");
        File.Delete(path);
        using var zip = new MemoryStream();
        _context.Model.Save(ready, data.Schema, zip);
        zip.Position = 0;

        var expected = EstimatorWorkout.Read(_context.Transforms.ApplyScorePolicy("Mask", "Features", policy).Fit(data).Transform(data), "Mask");
        Assert.That(EstimatorWorkout.Read(ready.Transform(data), "Mask"), Is.EqualTo(expected));
        Assert.That(EstimatorWorkout.Read(new MLContext().Model.Load(zip, out _).Transform(data), "Mask"), Is.EqualTo(expected));
    }

    private DataViewSchema.Column MaskColumn(IDataView data) =>
        _context.Transforms.ApplyScorePolicy("Mask", "Features", PolicyNetwork.Initialize(FakeVideoModel.D)).Fit(data).GetOutputSchema(data.Schema)["Mask"];

    private static int[] Grid(DataViewSchema.Column mask)
    {
        VBuffer<int> grid = default;
        mask.Annotations.GetValue("Grid", ref grid);
        return [.. grid.DenseValues()];
    }
}
