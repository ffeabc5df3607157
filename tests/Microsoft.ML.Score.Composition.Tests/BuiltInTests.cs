using Microsoft.ML.Data;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Composition;

[TestFixture]
internal sealed class BuiltInTests
{
    private const int H = 2;
    private const int W = 3;
    private const int D = FakeVideoModel.D;

    private readonly MLContext _context = new(1);

    [Test]
    public void PruneTokens_TextLoaderWithFourCursors_GivesEachRowItsMask()
    {
        using var folder = new TemporaryFolder();
        var view = FeatureFiles(folder, 40);
        var masked = Prune().Fit(view).Transform(view);
        var expected = masked.GetColumn<string>("Features").Zip(Rows.Vectors<bool>(masked, "Mask")).ToDictionary();
        var cursors = masked.GetRowCursorSet([masked.Schema["Features"], masked.Schema["Mask"]], 4);
        var rows = cursors.AsParallel().SelectMany(Read).ToDictionary();

        Assert.That(cursors, Has.Length.GreaterThan(1));
        Assert.That(rows, Is.EquivalentTo(expected));

        static List<KeyValuePair<string, bool[]>> Read(DataViewRowCursor cursor)
        {
            using var _ = cursor;
            var path = cursor.GetGetter<ReadOnlyMemory<char>>(cursor.Schema["Features"]);
            var mask = cursor.GetGetter<VBuffer<bool>>(cursor.Schema["Mask"]);
            var rows = new List<KeyValuePair<string, bool[]>>();
            var (text, kept) = (default(ReadOnlyMemory<char>), default(VBuffer<bool>));
            while (cursor.MoveNext())
            {
                path(ref text);
                mask(ref kept);
                rows.Add(new(text.ToString(), [.. kept.DenseValues()]));
            }

            return rows;
        }
    }

    [Test]
    public void GatherTokens_BetweenBuiltIns_ReloadsWithTheSameValues()
    {
        var rows = FeatureRow.Noise(6, H * W * D);
        var view = Rows.View(_context, rows, H * W * D);
        var pipeline = _context.Transforms.CustomMapping(new HalvesFactory().GetMapping(), HalvesFactory.Contract)
            .Append(_context.Transforms.Concatenate("Joined", "First", "Second"))
            .Append(_context.Transforms.CustomMapping(new GridFactory().GetMapping(), GridFactory.Contract))
            .AppendCacheCheckpoint(_context)
            .Append(_context.Transforms.PruneTokens("Mask", "Joined", CompressionMethod.VidCom2, new PruneTokensOptions { RetentionRatio = 0.5 }))
            .Append(_context.Transforms.GatherTokens("Kept", "Joined", "Mask", new GatherTokensOptions { PooledColumnName = "Pooled", PooledDimension = D }))
            .Append(_context.Transforms.Concatenate("Doubled", "Pooled", "Pooled"));
        var fitted = pipeline.Fit(view);
        var doubled = Rows.Vectors<float>(fitted.Transform(view), "Doubled");

        var reference = Rows.View(_context, rows, 0, H, W, D);
        var expected = Rows.Vectors<float>(Prune().Append(_context.Transforms.GatherTokens("Kept", "Features", "Mask", new GatherTokensOptions { PooledColumnName = "Pooled" })).Fit(reference).Transform(reference), "Pooled");
        Assert.That(doubled, Is.EqualTo(expected.Select(pooled => pooled.Concat(pooled))));
        foreach (var (how, loaded) in Rows.Reloaded(_context, fitted, view.Schema))
            Assert.That(Rows.Vectors<float>(loaded.Transform(view), "Doubled"), Is.EqualTo(doubled), how);
    }

    [Test]
    public void SaveAsBinary_Mask_KeepsTypeDimensionsAnnotationsAndValues()
    {
        using var folder = new TemporaryFolder();
        var view = Rows.View(_context, FeatureRow.Noise(3, H * W * D), 0, H, W, D);
        var masked = Prune().Fit(view).Transform(view);
        using (var stream = File.Create(folder.File("rows.idv")))
            _context.Data.SaveAsBinary(masked, stream);
        var loaded = _context.Data.LoadFromBinary(folder.File("rows.idv"));

        var grid = default(VBuffer<int>);
        loaded.Schema["Mask"].Annotations.GetValue("Grid", ref grid);
        var ratio = 0.0;
        loaded.Schema["Mask"].Annotations.GetValue("RetentionRatio", ref ratio);
        Assert.That(loaded.Schema["Mask"].Type.ToString(), Is.EqualTo("Vector<Boolean, *, 2, 3>"));
        Assert.That(grid.DenseValues(), Is.EqualTo(new[] { 0, H, W }));
        Assert.That(ratio, Is.EqualTo(0.5));
        Assert.That(Rows.Vectors<bool>(loaded, "Mask"), Is.EqualTo(Rows.Vectors<bool>(masked, "Mask")));
    }

    [Test]
    public void TrainTestSplitAndPreview_MaskedRows_KeepHalf()
    {
        var view = Rows.View(_context, FeatureRow.Noise(20, H * W * D), 0, H, W, D);
        var split = _context.Data.TrainTestSplit(view, 0.3);
        var fitted = Prune().Fit(split.TrainSet);
        var preview = fitted.Transform(split.TestSet).Preview(3);

        Assert.That(preview.RowView, Has.Length.EqualTo(3));
        Assert.That(preview.RowView.Select(row => ((VBuffer<bool>)row.Values.Single(value => value.Key == "Mask").Value).DenseValues().Count(kept => kept)), Is.All.EqualTo(3));
    }

    [Test]
    public void CrossValidate_PooledColumn_SeparatesEachFold()
    {
        var rows = FeatureRow.Noise(60, H * W * D);
        foreach (var (row, i) in rows.Select((row, i) => (row, i)))
        {
            row.Label = i % 2 == 0;
            for (var first = 0; first < row.Features.Length; first += D)
                row.Features[first] = row.Label ? 1 : -1;
        }

        var pipeline = Prune().Append(_context.Transforms.GatherTokens("Kept", "Features", "Mask", new GatherTokensOptions { PooledColumnName = "Pooled" }))
            .Append(_context.BinaryClassification.Trainers.SdcaLogisticRegression(featureColumnName: "Pooled"));
        var folds = _context.BinaryClassification.CrossValidate(Rows.View(_context, rows, 0, H, W, D), pipeline, numberOfFolds: 3);

        Assert.That(folds.Select(fold => fold.Metrics.Accuracy), Is.EqualTo(new[] { 1.0, 1.0, 1.0 }));
    }

    [Test]
    public void Transform_EmptyView_GivesNoRows()
    {
        var empty = Rows.View(_context, [], 0, H, W, D);

        Assert.That(Rows.Vectors<bool>(Prune().Fit(empty).Transform(empty), "Mask"), Is.Empty);
    }

    [Test]
    public void Fit_NoRows_NamesTheView()
    {
        var full = Rows.View(_context, FeatureRow.Noise(2, 2 * H * W * D), 0, H, W, D);
        var empty = Rows.View(_context, [], 0, H, W, D);

        Assert.That(() => Compress(Options()).Fit(empty), Throws.InvalidOperationException.With.Message.Contains("The data view given to Fit has no rows"));
        Assert.That(() => Compress(Options(validation: empty)).Fit(full), Throws.InvalidOperationException.With.Message.Contains("ScoreOptions.ValidationSet has no rows"));
    }

    [Test]
    public void Fit_Cancelled_Ends()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();

        Assert.That(() => Compress(Options(token: source.Token)).Fit(Rows.View(_context, FeatureRow.Noise(2, 2 * H * W * D), 0, H, W, D)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Fit_WithContext_IsHeardByLog()
    {
        var context = new MLContext(1);
        var messages = new List<string>();
        context.Log += (_, entry) => messages.Add(entry.Message);
        context.Transforms.ScoreCompress(context, "Mask", "Features", "Caption", new FakeVideoModel(), Options()).Fit(Rows.View(context, FeatureRow.Noise(2, 2 * H * W * D), 0, H, W, D));

        Assert.That(messages, Has.Some.Contains("Trained for 2 steps"));
    }

    [Test]
    public void Read_BadRowBehindBuiltIn_IsFoundByGetBaseException()
    {
        var rows = FeatureRow.Noise(5, H * W * D);
        rows[3].Features[7] = float.NaN;
        var view = Rows.View(_context, rows, 0, H, W, D);
        var result = Prune().Append(_context.Transforms.Conversion.ConvertType("Kept", "Mask")).Fit(view).Transform(view);

        var error = Assert.Catch(() => Rows.Vectors<float>(result, "Kept"));
        Assert.That(error!.GetBaseException(), Is.InstanceOf<InvalidDataException>().With.Message.Contains("Row 3, column 'Features'"));
    }

    private IEstimator<VideoTransformer> Prune() => _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.VidCom2, new PruneTokensOptions { RetentionRatio = 0.5 });

    private IEstimator<ScoreCompressTransformer> Compress(ScoreOptions options) => _context.Transforms.ScoreCompress("Mask", "Features", "Caption", new FakeVideoModel(), options);

    private static ScoreOptions Options(IDataView? validation = null, CancellationToken token = default) => new()
    {
        ValidationSet = validation,
        CancellationToken = token,
        Training = new TrainerOptions { WarmUpSteps = 0, MainSteps = 2, Rollouts = 2, BatchSize = 1 },
    };

    private IDataView FeatureFiles(TemporaryFolder folder, int count)
    {
        var rows = FeatureRow.Noise(count, H * W * D);
        for (var i = 0; i < count; i++)
            FeatureFile.Write(folder.File($"{i}.safetensors"), new VideoTokens(new TokenGrid(1, H, W), D, rows[i].Features));
        File.WriteAllLines(folder.File("videos.csv"), Enumerable.Range(0, count).Select(i => folder.File($"{i}.safetensors")));
        return _context.Data.LoadFromTextFile(folder.File("videos.csv"), [new TextLoader.Column("Features", DataKind.String, 0)], separatorChar: ',');
    }

    internal sealed class Halves
    {
        [VectorType(H * W * D / 2)]
        public float[] First { get; set; } = [];

        [VectorType(H * W * D / 2)]
        public float[] Second { get; set; } = [];
    }

    internal sealed class Source
    {
        [VectorType(H * W * D)]
        public float[] Features { get; set; } = [];
    }

    internal sealed class Grids
    {
        [VectorType(4)]
        public float[] Grid { get; set; } = [];
    }

    [Transforms.CustomMappingFactoryAttribute(Contract)]
    internal sealed class HalvesFactory : Transforms.CustomMappingFactory<Source, Halves>
    {
        public const string Contract = "Composition.Halves";

        public override Action<Source, Halves> GetMapping() => static (source, halves) => (halves.First, halves.Second) = (source.Features[..(H * W * D / 2)], source.Features[(H * W * D / 2)..]);
    }

    [Transforms.CustomMappingFactoryAttribute(Contract)]
    internal sealed class GridFactory : Transforms.CustomMappingFactory<Source, Grids>
    {
        public const string Contract = "Composition.Grid";

        public override Action<Source, Grids> GetMapping() => static (_, grids) => grids.Grid = [1, H, W, 1];
    }
}
