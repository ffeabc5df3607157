using Microsoft.ML.Data;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;

namespace Microsoft.ML.Score.Composition;

[TestFixture]
internal sealed class FeatureOrderTests
{
    private const int T = 3;
    private const int H = 2;
    private const int W = 5;
    private const int D = FakeVideoModel.D;

    private readonly MLContext _context = new(1);
    private readonly FeatureRow[] _rows = FeatureRow.Noise(6, T * H * W * D);

    private IDataView Last => Rows.View(_context, _rows, 0, H, W, D);

    private IDataView First => Rows.View(_context, Rows.ChannelsFirst(_rows, H, W, D), 0, D, H, W);

    [Test]
    public void ApplyScorePolicy_ChannelsFirst_ScoresAsChannelsLast()
    {
        var policy = PolicyNetwork.Initialize(D, 8, seed: 3);
        var expected = _rows.Select(row => policy.Probabilities(new VideoTokens(new TokenGrid(T, H, W), D, row.Features)));

        var scored = _context.Transforms
            .ApplyScorePolicy("Mask", "Features", policy, new ScorePolicyOptions { FeatureOrder = FeatureOrder.ChannelsFirst, ProbabilitiesColumnName = "Probabilities" })
            .Fit(First).Transform(First);

        Assert.That(Rows.Vectors<float>(scored, "Probabilities"), Is.EqualTo(expected).Within(1e-6f));
        Assert.That(scored.Schema["Mask"].Type.ToString(), Is.EqualTo("Vector<Boolean, *, 2, 5>"));
    }

    [Test]
    public void PruneAndGather_ChannelsFirst_KeepTheSameTokens([Values("vidcom2", "residual")] string word)
    {
        var method = CompressionMethod.Find(word)!;
        var last = Pipeline(FeatureOrder.ChannelsLast).Fit(Last).Transform(Last);
        var first = Pipeline(FeatureOrder.ChannelsFirst).Fit(First).Transform(First);

        Assert.That(Rows.Vectors<bool>(first, "Mask"), Is.EqualTo(Rows.Vectors<bool>(last, "Mask")));
        Assert.That(Rows.Vectors<float>(first, "Kept"), Is.EqualTo(Rows.Vectors<float>(last, "Kept")));
        var positions = Rows.Vectors<int>(first, "KeptPositions")[0];
        Assert.That(Rows.Vectors<float>(first, "Kept")[0].Take(D), Is.EqualTo(_rows[0].Features.Skip(positions[0] * D).Take(D)));

        IEstimator<ITransformer> Pipeline(FeatureOrder order) => _context.Transforms.PruneTokens("Mask", "Features", method, new PruneTokensOptions { FeatureOrder = order, RetentionRatio = 0.3 })
            .Append(_context.Transforms.GatherTokens("Kept", "Features", "Mask", new GatherTokensOptions { FeatureOrder = order }));
    }

    [Test]
    public void MergeTokens_ChannelsFirst_MergesTheSame()
    {
        Assert.That(Merged(First, FeatureOrder.ChannelsFirst), Is.EqualTo(Merged(Last, FeatureOrder.ChannelsLast)));

        float[][] Merged(IDataView view, FeatureOrder order) => Rows.Vectors<float>(
            _context.Transforms.MergeTokens("Merged", "Features", CompressionMethod.HoliTomPort, new MergeTokensOptions { FeatureOrder = order, RetentionRatio = 0.3 }).Fit(view).Transform(view),
            "Merged");
    }

    [Test]
    public void ScoreCompress_ChannelsFirst_TrainsTheSamePolicy()
    {
        Assert.That(Trained(First, FeatureOrder.ChannelsFirst), Is.EqualTo(Trained(Last, FeatureOrder.ChannelsLast)));

        byte[] Trained(IDataView view, FeatureOrder order)
        {
            var options = new ScoreOptions { FeatureOrder = order, Training = new TrainerOptions { WarmUpSteps = 0, MainSteps = 3, Rollouts = 2, BatchSize = 2 } };
            return _context.Transforms.ScoreCompress("Mask", "Features", "Caption", new FakeVideoModel(), options).Fit(view).Policy.ToBytes();
        }
    }

    [Test]
    public void AnswerVideoQuestion_ChannelsFirst_AnswersTheSame()
    {
        _rows[0].Features[4 * D] = 1; // the fake model counts the kept tokens that start with 1
        Assert.That(Answers(First, FeatureOrder.ChannelsFirst), Is.EqualTo(Answers(Last, FeatureOrder.ChannelsLast)));
        Assert.That(Answers(First, FeatureOrder.ChannelsFirst)[0], Is.EqualTo("a question 1 of 30"));

        string[] Answers(IDataView view, FeatureOrder order)
        {
            var pipeline = _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.Uniform, new PruneTokensOptions { FeatureOrder = order, RetentionRatio = 1 })
                .Append(_context.Transforms.AnswerVideoQuestion("Answer", "Features", "Mask", "Question", new FakeVideoModel(), new AnswerVideoQuestionOptions { FeatureOrder = order }));
            return [.. pipeline.Fit(view).Transform(view).GetColumn<string>("Answer")];
        }
    }

    [Test]
    public void Fit_OrderNotGivenAndSecondDimensionIsThePolicys_IsRefusedByName()
    {
        var view = Rows.View(_context, FeatureRow.Noise(1, 32), 1, 8, 2, 2);
        var policy = PolicyNetwork.Initialize(8, 4, seed: 1);

        Assert.That(
            () => _context.Transforms.ApplyScorePolicy("Mask", "Features", policy).Fit(view),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("'Features'").And.Message.Contains("Vector<Single, 1, 8, 2, 2>")
                .And.Message.Contains("FeatureOrder").And.Message.Contains("ChannelsFirst"));
    }

    [Test]
    public void ScoreCompress_OrderNotGivenAndSecondDimensionIsTheModels_IsRefusedByName() => Assert.That(
        () => _context.Transforms.ScoreCompress("Mask", "Features", "Caption", new FakeVideoModel()).Fit(First),
        Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("FeatureOrder"));

    [TestCase(8, 2, 2)]
    [TestCase(4, 7, 7)]
    [TestCase(512, 1, 1)]
    public void PruneTokens_OrderNotGivenAndDimensionsOfAnImageModel_IsRefusedByName(int second, int third, int last)
    {
        var view = Rows.View(_context, FeatureRow.Noise(1, second * third * last), 1, second, third, last);

        Assert.That(
            () => _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.VidCom2).Fit(view),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("FeatureOrder"));
    }

    [Test]
    public void ApplyScorePolicy_WrongOrderGiven_NamesOrderBesideDimensions()
    {
        var policy = PolicyNetwork.Initialize(D, 4, seed: 1);

        Assert.That(
            () => _context.Transforms.ApplyScorePolicy("Mask", "Features", policy, new ScorePolicyOptions { FeatureOrder = FeatureOrder.ChannelsLast }).Fit(First),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("dimension 4, got 5").And.Message.Contains("[T, H, W, D]; FeatureOrder says otherwise"));
    }

    [Test]
    public void ApplyScorePolicy_PooledImageFeatures_KeepsTheOneToken()
    {
        var view = Rows.View(_context, FeatureRow.Noise(2, 512), 1, 512, 1, 1);
        var options = new ScorePolicyOptions { FeatureOrder = FeatureOrder.ChannelsFirst };
        var masked = _context.Transforms.ApplyScorePolicy("Mask", "Features", PolicyNetwork.Initialize(512, 4, seed: 1), options).Fit(view).Transform(view);

        Assert.That(masked.Schema["Mask"].Type.ToString(), Is.EqualTo("Vector<Boolean, 1, 1, 1>"));
        Assert.That(Rows.Vectors<bool>(masked, "Mask"), Is.EqualTo(new[] { new[] { true }, [true] }));
    }

    [Test]
    public void PruneTokens_ChannelsFirstWithGridColumn_UsesTheGrid()
    {
        var first = WithGrid(Rows.ChannelsFirst(_rows, H, W, D));
        var last = WithGrid(_rows);

        Assert.That(Mask(first, FeatureOrder.ChannelsFirst), Is.EqualTo(Mask(last, null)));

        IDataView WithGrid(FeatureRow[] rows) => _context.Transforms.CustomMapping<FeatureRow, GridRow>((_, row) => row.Grid = [T, H, W, 1], null!)
            .Fit(Rows.View(_context, rows, 0)).Transform(Rows.View(_context, rows, 0));

        bool[][] Mask(IDataView view, FeatureOrder? order) =>
            Rows.Vectors<bool>(_context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.VidCom2, new PruneTokensOptions { FeatureOrder = order }).Fit(view).Transform(view), "Mask");
    }

    [Test]
    public void PruneTokens_ChannelsFirstOverPaths_IsRefused()
    {
        var paths = _context.Transforms.CopyColumns("Features", "Caption").Fit(Last).Transform(Last);

        Assert.That(
            () => _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.VidCom2, new PruneTokensOptions { FeatureOrder = FeatureOrder.ChannelsFirst }).Fit(paths),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("feature files"));
    }

    [Test]
    public void AnswerVideoQuestion_OrderForKeptTokens_IsRefused() => Assert.That(
        () => _context.Transforms.AnswerVideoQuestion("Answer", "Kept", "Question", new FakeVideoModel(), new AnswerVideoQuestionOptions { FeatureOrder = FeatureOrder.ChannelsFirst }),
        Throws.ArgumentException.With.Message.Contains("FeatureOrder"));

    [Test]
    public void Transform_RowOfOtherLengthThanKnownSize_NamesRowAndType()
    {
        var view = Rows.View(_context, FeatureRow.Noise(1, 2 * H * W * D), 1, H, W, D);
        var masked = _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.VidCom2).Fit(view).Transform(view);

        Assert.That(() => Rows.Vectors<bool>(masked, "Mask"), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 0, column 'Features'").And.Message.Contains("Vector<Single, 1, 2, 5, 4>"));
    }

    [Test]
    public void Load_ChannelsFirst_IsKept()
    {
        var options = new ScorePolicyOptions { FeatureOrder = FeatureOrder.ChannelsFirst };
        var fitted = _context.Transforms.ApplyScorePolicy("Mask", "Features", PolicyNetwork.Initialize(D, 8, seed: 3), options).Fit(First);
        var expected = Rows.Vectors<bool>(fitted.Transform(First), "Mask");

        foreach (var (how, loaded) in Rows.Reloaded(_context, fitted, First.Schema))
            Assert.That(Rows.Vectors<bool>(loaded.Transform(First), "Mask"), Is.EqualTo(expected), how);
    }

    private sealed class GridRow
    {
        [VectorType(4)]
        public float[] Grid { get; set; } = [];
    }
}
