using Microsoft.ML.Data;
using Microsoft.ML.Score.Compression;

namespace Microsoft.ML.Score.Composition;

[TestFixture]
internal sealed class TrainerTests
{
    private const int H = 2;
    private const int W = 3;
    private const int D = 4;

    private readonly MLContext _context = new(1);

    [Test]
    public void GatherTokens_PooledColumn_IsTheMeanOfTheKept()
    {
        var view = Videos(5);
        var pooled = Pipeline().Fit(view).Transform(view);

        var means = Rows.Vectors<float>(pooled, "Pooled");
        var kept = Rows.Vectors<float>(pooled, "Kept");
        Assert.That(pooled.Schema["Pooled"].Type.ToString(), Is.EqualTo("Vector<Single, 4>"));
        for (var row = 0; row < kept.Length; row++)
            for (var d = 0; d < D; d++)
                Assert.That(means[row][d], Is.EqualTo(kept[row].Where((_, i) => i % D == d).Average()).Within(1e-6), $"row {row}, value {d}");
    }

    [Test]
    public void Sdca_AfterPooledColumn_LearnsAndReloads()
    {
        var view = Videos(80);
        var fitted = Pipeline().Append(_context.BinaryClassification.Trainers.SdcaLogisticRegression(featureColumnName: "Pooled")).Fit(view);
        var predicted = fitted.Transform(view);
        var metrics = _context.BinaryClassification.Evaluate(predicted);
        var scores = predicted.GetColumn<float>("Score").ToArray();
        var model = fitted.LastTransformer.Model.SubModel;
        var expected = Rows.Vectors<float>(predicted, "Pooled").Select(mean => model.Bias + mean.Zip(model.Weights, (value, weight) => value * weight).Sum());

        Assert.That(metrics.Accuracy, Is.EqualTo(1));
        Assert.That(scores, Is.EqualTo(expected).Within(1e-4));
        foreach (var (how, loaded) in Rows.Reloaded(_context, fitted, view.Schema))
        {
            Assert.That(loaded.Transform(view).GetColumn<float>("Score"), Is.EqualTo(scores), how);
            using var engine = _context.Model.CreatePredictionEngine<FeatureRow, Prediction>(loaded, new PredictionEngineOptions { OwnsTransformer = false });
            Assert.That(engine.Predict(Videos()[3]).Score, Is.EqualTo(scores[3]), how);
        }
    }

    [Test]
    public void Sdca_AfterMaskOfKnownSize_Trains()
    {
        var rows = Videos();
        var view = Rows.View(_context, rows, 1, H, W, D);
        var options = new PruneTokensOptions { RetentionRatio = 0.5 };
        var fitted = _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.Residual, options)
            .Append(_context.Transforms.Conversion.ConvertType("Kept", "Mask"))
            .Append(_context.BinaryClassification.Trainers.SdcaLogisticRegression(featureColumnName: "Kept"))
            .Fit(view);

        var mask = fitted.Transform(view).Schema["Mask"].Type;
        Assert.That(mask.ToString(), Is.EqualTo("Vector<Boolean, 1, 2, 3>"));
        Assert.That(fitted.LastTransformer.Model.SubModel.Weights, Has.Count.EqualTo(H * W));
    }

    [Test]
    public void ApplyScorePolicy_KnownSize_KeptIndicesAndProbabilitiesHaveKnownSize()
    {
        var view = Rows.View(_context, Videos(), 1, H, W, D);
        var options = new ScorePolicyOptions { RetentionRatio = 0.5, KeptIndicesColumnName = "Indices", ProbabilitiesColumnName = "Probabilities" };
        var schema = _context.Transforms.ApplyScorePolicy("Mask", "Features", Policy.PolicyNetwork.Initialize(D, 4, seed: 1), options).Fit(view).GetOutputSchema(view.Schema);

        Assert.That(schema["Indices"].Type.ToString(), Is.EqualTo("Vector<Int32, 3>"));
        Assert.That(schema["Probabilities"].Type.ToString(), Is.EqualTo("Vector<Single, 1, 2, 3>"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void GetOutputSchema_SizesPromised_AreThoseOfTheFittedSchema(bool oneSize)
    {
        var view = Rows.View(_context, Videos(), oneSize ? 1 : 0, H, W, D);
        SchemaShape? promised = null;
        var pipeline = Pipeline();
        var fitted = pipeline.Append(new ShapeRecorder(shape => promised = shape)).Fit(view).GetOutputSchema(view.Schema);

        foreach (var name in new[] { "Mask", "Kept", "KeptPositions", "Grid", "Pooled" })
            Assert.That(
                promised!.Single(column => column.Name == name).Kind,
                Is.EqualTo(((VectorDataViewType)fitted[name].Type).IsKnownSize ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.VariableVector),
                name);
    }

    [Test]
    public void GatherTokens_PooledColumnOverPaths_AsksForDimension()
    {
        using var folder = new TemporaryFolder();
        var paths = Paths(folder);
        var given = new GatherTokensOptions { PooledColumnName = "Pooled", PooledDimension = D };

        Assert.That(
            () => Pooled(new GatherTokensOptions { PooledColumnName = "Pooled" }),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("'Features'").And.Message.Contains("PooledDimension"));
        Assert.That(Rows.Vectors<float>(Pooled(given), "Pooled")[0], Is.EqualTo(Rows.Vectors<float>(Pipeline().Fit(Videos(1)).Transform(Videos(1)), "Pooled")[0]));
        Assert.That(
            () => Rows.Vectors<float>(Pooled(new GatherTokensOptions { PooledColumnName = "Pooled", PooledDimension = 5 }), "Pooled"),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("'Pooled'").And.Message.Contains("dimension 5, got 4"));

        IDataView Pooled(GatherTokensOptions options) => _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.VidCom2, new PruneTokensOptions { RetentionRatio = 0.5 })
            .Append(_context.Transforms.GatherTokens("Kept", "Features", "Mask", options)).Fit(paths).Transform(paths);
    }

    [Test]
    public void GatherTokens_FaultyOptions_NamesAll() => Assert.That(
        () => _context.Transforms.GatherTokens("Kept", "Features", "Mask", new GatherTokensOptions { PooledDimension = 0, GridColumnName = "" }),
        Throws.ArgumentException.With.Message.Contains("PooledDimension must lie in 1..65535").And.Message.Contains("without PooledColumnName").And.Message.Contains("GridColumnName"));

    private IDataView Paths(TemporaryFolder folder)
    {
        var path = folder.File("video.safetensors");
        Tokens.FeatureFile.Write(path, new(new Tokens.TokenGrid(1, H, W), D, Videos()[0].Features));
        return _context.Data.LoadFromEnumerable([new PathRow { Features = path }]);
    }

    private EstimatorChain<VideoTransformer> Pipeline() =>
        _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.VidCom2, new PruneTokensOptions { RetentionRatio = 0.5 })
            .Append(_context.Transforms.GatherTokens("Kept", "Features", "Mask", new GatherTokensOptions { PooledColumnName = "Pooled" }));

    private IDataView Videos(int count) => Rows.View(_context, Videos().Take(count), 0, H, W, D);

    /// <summary>80 videos of one step; the label is the sign of every token's first value.</summary>
    private static FeatureRow[] Videos() => [.. Enumerable.Range(0, 80).Select(i =>
    {
        var row = FeatureRow.Noise(1, H * W * D, seed: i)[0];
        row.Label = i % 2 == 0;
        for (var first = 0; first < row.Features.Length; first += D)
            row.Features[first] = row.Label ? 1 : -1;
        return row;
    })];

    private sealed class PathRow
    {
        public string Features { get; set; } = "";
    }

    private sealed class Prediction
    {
        public float Score { get; set; }
    }

    private sealed class ShapeRecorder(Action<SchemaShape> record) : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input) => new TransformerChain<ITransformer>();

        public SchemaShape GetOutputSchema(SchemaShape inputSchema)
        {
            record(inputSchema);
            return inputSchema;
        }
    }
}
