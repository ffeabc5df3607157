using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Estimators;

[TestFixture]
internal sealed class EstimatorWorkoutTests
{
    private readonly MLContext _context = new(1);
    private readonly FakeVideoModel _model = new();
    private readonly string _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, nameof(EstimatorWorkoutTests));

    [TearDown]
    public void DeleteFiles()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, true);
    }

    [Test]
    public void EncodeVideo_FramesToFeatures_PassesWorkout() =>
        EstimatorWorkout.Run(_context.Transforms.EncodeVideo("Tokens", "Frames", _model, new EncodeVideoOptions { Cache = null }), Clips(), ["Frames"], _model);

    [Test]
    public void EncodeVideo_FramesToFeatureFiles_PassesWorkout() =>
        EstimatorWorkout.Run(_context.Transforms.EncodeVideo("Tokens", "Frames", _model, new EncodeVideoOptions { Output = EncodeVideoOutput.FeatureFile, Cache = new() { Folder = _folder } }), Clips(), ["Frames"], _model, new() { Folder = _folder });

    [Test]
    public void ApplyScorePolicy_GridColumn_PassesWorkout() =>
        EstimatorWorkout.Run(_context.Transforms.ApplyScorePolicy("Mask", "Features", Policy(), AllColumns()), Vectors(), ["Features", "Grid"]);

    [Test]
    public void ApplyScorePolicy_Dimensions_PassesWorkout() =>
        EstimatorWorkout.Run(_context.Transforms.ApplyScorePolicy("Mask", "Features", Policy(), AllColumns()), Dimensioned(), ["Features"]);

    [Test]
    public void ApplyScorePolicy_FeatureFiles_PassesWorkout() =>
        EstimatorWorkout.Run(_context.Transforms.ApplyScorePolicy("Mask", "Features", Policy(), AllColumns()), Paths(), ["Features"]);

    [Test]
    public void GatherTokens_GridColumn_PassesWorkout() =>
        EstimatorWorkout.Run(_context.Transforms.GatherTokens("Kept", "Features", "Mask"), WithMask(Vectors()), ["Features", "Grid", "Mask"]);

    [Test]
    public void GatherTokens_FeatureFiles_PassesWorkout() =>
        EstimatorWorkout.Run(_context.Transforms.GatherTokens("Kept", "Features", "Mask"), WithMask(Paths()), ["Features", "Mask"]);

    [Test]
    public void AnswerVideoQuestion_GridColumn_PassesWorkout() =>
        EstimatorWorkout.Run(_context.Transforms.AnswerVideoQuestion("Answer", "Features", "Mask", "Question", _model), WithMask(Vectors()), ["Features", "Grid", "Mask", "Question"], _model);

    [Test]
    public void AnswerVideoQuestion_FeatureFiles_PassesWorkout() =>
        EstimatorWorkout.Run(_context.Transforms.AnswerVideoQuestion("Answer", "Features", "Mask", "Question", _model), WithMask(Paths()), ["Features", "Mask", "Question"], _model);

    [Test]
    public void AnswerVideoQuestion_GatheredTokens_PassesWorkout() =>
        EstimatorWorkout.Run(
            _context.Transforms.AnswerVideoQuestion("Answer", "Kept", "Question", _model),
            Then(WithMask(Vectors()), _context.Transforms.GatherTokens("Kept", "Features", "Mask")),
            ["Kept", "KeptPositions", "Grid", "Question"],
            _model);

    [Test]
    public void AnswerVideoQuestion_TokensMergedFromFeatureFiles_PassesWorkout() =>
        EstimatorWorkout.Run(
            _context.Transforms.AnswerVideoQuestion("Answer", "Merged", "Question", _model),
            Then(Paths(), _context.Transforms.MergeTokens("Merged", "Features", CompressionMethod.HoliTom, Half())),
            ["Merged", "MergedPositions", "Grid", "Question"],
            _model);

    [Test]
    public void GatherTokens_Dimensions_PassesWorkout() =>
        EstimatorWorkout.Run(_context.Transforms.GatherTokens("Kept", "Features", "Mask"), WithMask(Dimensioned()), ["Features", "Mask"]);

    [Test]
    public void PruneTokens_GridColumn_PassesWorkout([ValueSource(nameof(Pruners))] CompressionMethod method) =>
        EstimatorWorkout.Run(_context.Transforms.PruneTokens("Mask", "Features", method, new PruneTokensOptions { RetentionRatio = 0.3, Seed = 5 }), Vectors(), ["Features", "Grid"]);

    [Test]
    public void PruneTokens_Dimensions_PassesWorkout() =>
        EstimatorWorkout.Run(_context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.VidCom2), Dimensioned(), ["Features"]);

    [Test]
    public void PruneTokens_FeatureFiles_PassesWorkout() =>
        EstimatorWorkout.Run(_context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.Evs), Paths(), ["Features"]);

    [Test]
    public void MergeTokens_SalienceColumn_PassesWorkout([ValueSource(nameof(Mergers))] CompressionMethod method) =>
        EstimatorWorkout.Run(
            _context.Transforms.MergeTokens("Merged", "Features", method, new MergeTokensOptions { RetentionRatio = 0.5, SalienceColumnName = "Salience" }),
            Vectors(),
            ["Features", "Grid", "Salience"]);

    [Test]
    public void MergeTokens_Dimensions_PassesWorkout() =>
        EstimatorWorkout.Run(_context.Transforms.MergeTokens("Merged", "Features", CompressionMethod.HoliTomPort, Half()), Dimensioned(), ["Features"]);

    [Test]
    public void MergeTokens_FeatureFiles_PassesWorkout([ValueSource(nameof(Mergers))] CompressionMethod method) =>
        EstimatorWorkout.Run(_context.Transforms.MergeTokens("Merged", "Features", method, Half()), Paths(), ["Features"]);

    private static IEnumerable<CompressionMethod> Pruners() => CompressionMethod.All.Where(method => !method.Merges && (method.Needs & ~CompressionNeeds.Seed) == 0);

    private static IEnumerable<CompressionMethod> Mergers() => CompressionMethod.All.Where(method => method.Merges);

    private static MergeTokensOptions Half() => new() { RetentionRatio = 0.5 };

    private static ScorePolicyOptions AllColumns() => new() { RetentionRatio = 0.3, KeptIndicesColumnName = "Indices", ProbabilitiesColumnName = "Probabilities" };

    private static PolicyNetwork Policy() => PolicyNetwork.Initialize(FakeVideoModel.D, 8, seed: 3, encoderFingerprint: "fake-encoder");

    private IDataView Clips() => _context.Data.LoadFromEnumerable(Enumerable.Range(0, 6).Select(seed => ClipRow.Random(seed, 1 + seed % 3)).ToArray());

    private IDataView Vectors() => _context.Data.LoadFromEnumerable(VideoRow.Several(6));

    private IDataView Dimensioned() =>
        _context.Data.LoadFromEnumerable(VideoRow.Several(6).Select(row => new DimensionedRow { Features = row.Features, Caption = row.Caption, Question = row.Question }).ToArray());

    private IDataView Paths()
    {
        Directory.CreateDirectory(_folder);
        return _context.Data.LoadFromEnumerable(VideoRow.Several(6).Select((row, i) =>
        {
            var path = Path.Combine(_folder, $"{i}.safetensors");
            FeatureFile.Write(path, row.Tokens());
            return new PathRow { Features = path, Caption = row.Caption, Question = row.Question };
        }).ToArray());
    }

    private IDataView WithMask(IDataView data) => Then(data, _context.Transforms.ApplyScorePolicy("Mask", "Features", Policy(), new ScorePolicyOptions { RetentionRatio = 0.3 }));

    private static IDataView Then(IDataView data, IEstimator<ITransformer> estimator) => estimator.Fit(data).Transform(data);
}
