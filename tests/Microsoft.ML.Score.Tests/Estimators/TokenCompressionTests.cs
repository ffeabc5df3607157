using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Data;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Estimators;

/// <summary>PruneTokens and MergeTokens: what they add is what the library's compressors give, and answers over it are the model's.</summary>
[TestFixture]
internal sealed class TokenCompressionTests
{
    private static readonly CompressionMethod[] s_pruners = [.. CompressionMethod.All.Where(method => !method.Merges && (method.Needs & ~CompressionNeeds.Seed) == 0)];

    private static readonly CompressionMethod[] s_mergers = [.. CompressionMethod.All.Where(method => method.Merges)];

    private readonly MLContext _context = new(1);
    private readonly FakeVideoModel _model = new();
    private readonly string _folder = Directory.CreateTempSubdirectory(nameof(TokenCompressionTests)).FullName;

    [OneTimeTearDown]
    public void DeleteFiles() => Directory.Delete(_folder, true);

    [Test]
    public void PruneTokens_AnyMethod_KeepsWhatTheCompressorKeeps([Values(0.1, 0.25, 0.7)] double ratio)
    {
        var rows = Rows();
        foreach (var method in s_pruners)
        {
            var compressor = method.Create(new CompressionOptions { Seed = 3 });
            var estimator = _context.Transforms.PruneTokens("Mask", "Features", method, new PruneTokensOptions { RetentionRatio = ratio, Seed = 3 });

            var masks = EstimatorWorkout.Read(Transform(estimator, rows), "Mask").Select(row => row[0]);

            Assert.That(masks, Is.EqualTo(rows.Select(row => compressor.Compress(row.Tokens(), ratio).ToMask())), method.ToString());
        }
    }

    [Test]
    public void PruneTokens_Mask_CarriesTheAnnotationsOfScoreCompress()
    {
        var data = _context.Data.LoadFromEnumerable(Rows());
        var column = _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.Uniform, new PruneTokensOptions { RetentionRatio = 0.4 }).Fit(data).GetOutputSchema(data.Schema)["Mask"];
        double ratio = 0;
        column.Annotations.GetValue("RetentionRatio", ref ratio);

        Assert.That(column.Annotations.Schema.Select(annotation => annotation.Name), Is.EqualTo(new[] { "Grid", "GridColumn", "RetentionRatio" }));
        Assert.That(ratio, Is.EqualTo(0.4));
    }

    [Test]
    public void MergeTokens_SalienceColumn_GivesWhatTheCompressorGives([Values(0.1, 0.5)] double ratio)
    {
        var rows = Rows();
        foreach (var method in s_mergers)
        {
            var compressor = method.Create();
            var estimator = _context.Transforms.MergeTokens("Merged", "Features", method, new MergeTokensOptions { RetentionRatio = ratio, SalienceColumnName = "Salience" });

            var merged = Transform(estimator, rows);

            Assert.That(merged.Schema.Count(column => column.Name == "Grid"), Is.EqualTo(1), "the rows have a grid column");
            AssertSame(merged, rows.Select(row => compressor.Compress(row.Tokens(), ratio)), method);
        }
    }

    [Test]
    public void MergeTokens_FeatureFiles_GivesWhatTheCompressorGivesAndTheGrid()
    {
        var paths = Rows().Select(row => Write(WithAllStatistics(row.Tokens()))).ToArray();
        foreach (var method in s_mergers)
        {
            var compressor = method.Create();
            var estimator = _context.Transforms.MergeTokens("Merged", "Features", method, new MergeTokensOptions { RetentionRatio = 0.5 });

            var merged = Transform(estimator, paths);

            AssertSame(merged, paths.Select(row => compressor.Compress(FeatureFile.Read(row.Features), 0.5)), method);
            Assert.That(EstimatorWorkout.Read(merged, "Grid").Select(row => row[0]), Is.EqualTo(Rows().Select(row => row.Grid)));
        }
    }

    [Test]
    public void MergeTokens_SalienceColumnBesideFeatureFiles_GoesFirst()
    {
        var row = Rows()[5];
        var path = Write(WithAllStatistics(row.Tokens())).Features;
        var data = _context.Data.LoadFromEnumerable(new[] { new SalientPathRow { Features = path, Salience = row.Salience } });

        var merged = _context.Transforms.MergeTokens("Merged", "Features", CompressionMethod.HoliTom, new MergeTokensOptions { SalienceColumnName = "Salience", RetentionRatio = 0.5 }).Fit(data).Transform(data);

        AssertSame(merged, [CompressionMethod.HoliTom.Create().Compress(row.Tokens(), 0.5)], CompressionMethod.HoliTom);
    }

    [Test]
    public void MergeTokens_VectorsWithoutSalience_IsRefusedByNameOfColumn([ValueSource(nameof(s_mergers))] CompressionMethod method)
    {
        var data = _context.Data.LoadFromEnumerable(Rows());
        var estimator = _context.Transforms.MergeTokens("Merged", "Features", method);
        if (!method.NeedsEncoderAttention)
        {
            Assert.That(estimator.Fit(data).ToSaved().Settings, Does.Contain($"\"Method\":\"{method.Word}\""));
            return;
        }

        foreach (var fit in new Action[] { () => estimator.Fit(data), () => new EstimatorChain<ITransformer>().Append(estimator).Append(_context.Transforms.DropColumns("Caption")).Fit(data) })
            Assert.That(fit, Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains(method.Name).And.Message.Contains("'Features'").And.Message.Contains("SalienceColumnName"));
    }

    [Test]
    public void MergeTokens_FeatureFileWithoutStatistics_NamesRowColumnAndFile()
    {
        var with = Write(Rows()[3].Tokens());
        var without = Write(new VideoTokens(new TokenGrid(1, 1, 2), 4, new float[8]));
        var merged = Transform(_context.Transforms.MergeTokens("Merged", "Features", CompressionMethod.FastVid), with, without);

        Assert.That(
            () => EstimatorWorkout.Read(merged, "Merged"),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 1, column 'Features'").And.Message.Contains(without.Features).And.Message.Contains("EncoderStatistics"));
    }

    [TestCase(5, 0f, "5 saliences, the video's grid of 1x2x3 has 6 tokens")]
    [TestCase(6, float.NaN, "value 0 of 6 is NaN")]
    public void MergeTokens_BadSalience_NamesRowAndColumn(int count, float first, string message)
    {
        var rows = Rows();
        rows[8].Salience = new float[count];
        rows[8].Salience[0] = first;
        var merged = Transform(_context.Transforms.MergeTokens("Merged", "Features", CompressionMethod.HoliTom, new MergeTokensOptions { SalienceColumnName = "Salience" }), rows);

        Assert.That(() => EstimatorWorkout.Read(merged, "Merged"), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 8, column 'Salience'").And.Message.Contains(message));
    }

    [Test]
    public void AnswerVideoQuestion_GatheredTokens_AnswersAsOverTheMask()
    {
        var pipeline = _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.Residual)
            .Append(_context.Transforms.GatherTokens("Kept", "Features", "Mask"))
            .Append(_context.Transforms.AnswerVideoQuestion("OverMask", "Features", "Mask", "Question", _model))
            .Append(_context.Transforms.AnswerVideoQuestion("OverTokens", "Kept", "Question", _model));
        foreach (var rows in new[] { EstimatorWorkout.Read(Transform(pipeline, Rows()), "OverMask", "OverTokens"), EstimatorWorkout.Read(Transform(pipeline, [.. Rows().Select(row => Write(row.Tokens()))]), "OverMask", "OverTokens") })
            Assert.That(rows.Select(row => row[1]), Is.EqualTo(rows.Select(row => row[0])));
    }

    [Test]
    public void AnswerVideoQuestion_MergedTokensOfEmbeddedModel_AnswersAsTheModelAfterLoadingToo()
    {
        using var model = VideoModel.Load("tiny", new VideoModelOptions { EncoderStatistics = true });
        var rows = Enumerable.Range(0, 2).Select(i => SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, i)).Select(SyntheticRow.Of).ToArray();
        var pipeline = _context.Transforms.EncodeVideo("Features", "Frames", model, new EncodeVideoOptions { Output = EncodeVideoOutput.FeatureFile, Cache = new() { Folder = _folder } })
            .Append(_context.Transforms.MergeTokens("Merged", "Features", CompressionMethod.HoliTom, new MergeTokensOptions { RetentionRatio = 0.25 }))
            .Append(_context.Transforms.AnswerVideoQuestion("Answer", "Merged", "Question", model));
        var data = _context.Data.LoadFromEnumerable(rows);
        var fitted = pipeline.Fit(data);
        var zip = Path.Combine(_folder, "merged.zip");
        _context.Model.Save(fitted, data.Schema, zip);

        string[] files = [.. EstimatorWorkout.Read(fitted.Transform(data), "Features").Select(row => (string)row[0])];
        string[] expected = [.. files.Zip(rows, (file, row) => model.Generate(CompressionMethod.HoliTom.Create().Compress(FeatureFile.Read(file), 0.25), row.Question))];
        Array.ForEach(files, File.Delete); // so that what is loaded must encode with statistics itself
        Assert.That(EstimatorWorkout.Read(new MLContext().Model.Load(zip, out _).Transform(data), "Answer").Select(row => row[0]), Is.EqualTo(expected), "plain load");
        Assert.That(EstimatorWorkout.Read(fitted.Transform(data), "Answer").Select(row => row[0]), Is.EqualTo(expected));
        Assert.That(EstimatorWorkout.Read(new MLContext().Model.LoadScore(zip, out _).Transform(data), "Answer").Select(row => row[0]), Is.EqualTo(expected), "rehydrated");
        using var engine = _context.Model.CreatePredictionEngine<SyntheticRow, AnswerRow>(fitted);
        Assert.That(rows.Select(row => engine.Predict(row).Answer), Is.EqualTo(expected), "engine");
        using var provider = new ServiceCollection().AddScorePredictionEnginePool<SyntheticRow, AnswerRow>(zip).BuildServiceProvider();
        var pool = provider.GetRequiredService<ScorePredictionEnginePool<SyntheticRow, AnswerRow>>();
        Assert.That(rows.Select(row => pool.Predict(row).Answer), Is.EqualTo(expected), "pool");
    }

    [Test]
    public void EncodeVideo_ModelWithStatistics_WritesThemToFilesOfTheirOwn()
    {
        var data = _context.Data.LoadFromEnumerable(new[] { SyntheticRow.Of(SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0)) });
        string[] paths = [Encode(statistics: false), Encode(statistics: true)];

        Assert.That(paths, Is.Unique);
        Assert.That(FeatureFile.Read(paths[0]).Statistics, Is.Null);
        Assert.That(FeatureFile.Read(paths[1]).Statistics!.PooledAttention.Length, Is.EqualTo(FeatureFile.Read(paths[1]).Grid.Count));

        string Encode(bool statistics)
        {
            using var model = VideoModel.Load("tiny", new VideoModelOptions { EncoderStatistics = statistics });
            return (string)EstimatorWorkout.Read(_context.Transforms.EncodeVideo("Features", "Frames", model, new EncodeVideoOptions { Output = EncodeVideoOutput.FeatureFile, Cache = new() { Folder = _folder } }).Fit(data).Transform(data), "Features").Single()[0];
        }
    }

    [TestCase(new[] { 0f, 0, 0, 0, 0, 0, 0, 0 }, new[] { 0, 1 }, new float[] { 1, 2, 3 }, "column 'Grid': expected the 4 values")]
    [TestCase(new[] { 0f, 0, 0, 0, 0, 0, 0 }, new[] { 0, 1 }, new float[] { 1, 2, 3, 1 }, "column 'Tokens': 7 values do not divide into the 2 tokens that column 'TokensPositions'")]
    [TestCase(new float[0], new int[0], new float[] { 1, 2, 3, 1 }, "column 'Tokens': 0 values")]
    [TestCase(new[] { 0f, 0, 0, float.NaN }, new[] { 0 }, new float[] { 1, 2, 3, 1 }, "column 'Tokens': value 3 of 4 is NaN")]
    [TestCase(new[] { 0f, 0, 0 }, new[] { 0 }, new float[] { 1, 2, 3, 1 }, "column 'Tokens': The model 'no-such-folder/fake' takes tokens of dimension 4, got 3")]
    [TestCase(new[] { 0f, 0, 0, 0 }, new[] { 6 }, new float[] { 1, 2, 3, 1 }, "column 'TokensPositions': Positions must ascend strictly within 0..5")]
    [TestCase(new[] { 0f, 0, 0, 0, 0, 0, 0, 0 }, new[] { 1, 1 }, new float[] { 1, 2, 3, 1 }, "column 'TokensPositions': Positions must ascend strictly")]
    public void AnswerVideoQuestion_BadTokens_NamesRowAndColumn(float[] tokens, int[] positions, float[] grid, string message)
    {
        var good = new TokenRow { Tokens = new float[4], TokensPositions = [2], Grid = [1, 2, 3, 1] };
        var data = _context.Data.LoadFromEnumerable(new[] { good, new TokenRow { Tokens = tokens, TokensPositions = positions, Grid = grid } });
        var answered = _context.Transforms.AnswerVideoQuestion("Answer", "Tokens", "Question", _model).Fit(data).Transform(data);

        Assert.That(() => EstimatorWorkout.Read(answered, "Answer"), Throws.InstanceOf<InvalidDataException>().With.Message.Contains($"Row 1, {message}"));
    }

    [Test]
    public void AnswerVideoQuestion_TokensOfOtherEncoder_IsRefused()
    {
        var clips = _context.Data.LoadFromEnumerable(new[] { ClipRow.Random(1, 2) });
        var pipeline = _context.Transforms.EncodeVideo("Features", "Frames", new FakeVideoModel("other-encoder"))
            .Append(_context.Transforms.MergeTokens("Merged", "Features", CompressionMethod.FastVidPort))
            .Append(_context.Transforms.AnswerVideoQuestion("Answer", "Merged", "Question", _model));

        Assert.That(() => pipeline.Fit(clips), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("'Merged'").And.Message.Contains("other-encoder"));
    }

    [TestCase("holitom", "MergeTokens")]
    [TestCase("score", "ApplyScorePolicy")]
    [TestCase("untrained", "ApplyScorePolicy")]
    public void PruneTokens_MethodThatItCannotRun_SaysWhatCan(string word, string instead) =>
        Assert.That(
            () => _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.Find(word)!),
            Throws.ArgumentException.With.Message.Contains($"got {word}: use {instead}"));

    [TestCase("evs", "PruneTokens")]
    [TestCase("score", "ApplyScorePolicy")]
    public void MergeTokens_MethodThatKeepsTokens_SaysWhatRunsIt(string word, string instead) =>
        Assert.That(
            () => _context.Transforms.MergeTokens("Merged", "Features", CompressionMethod.Find(word)!),
            Throws.ArgumentException.With.Message.Contains($"got {word}: use {instead}"));

    [Test]
    public void Save_PruneTokens_StoresTheWordOfTheMethod()
    {
        var data = _context.Data.LoadFromEnumerable(Rows());
        var saved = _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.DyCokeOfficial).Fit(data).ToSaved();

        Assert.That(saved.Settings, Does.Contain("\"Method\":\"dycoke-official\""));
        Assert.That(saved.Restore(new ScoreLoadOptions()).ToSaved().Settings, Is.EqualTo(saved.Settings));
        Assert.That(
            () => (saved with { Settings = saved.Settings.Replace("dycoke-official", "magic", StringComparison.Ordinal) }).Restore(new ScoreLoadOptions()),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("PruneTokens").And.Message.Contains("vidcom2"));
    }

    [Test]
    public void AnswerVideoQuestion_FaultyOptions_ReportsAllAtOnce() =>
        Assert.That(
            () => _context.Transforms.AnswerVideoQuestion("Answer", "Tokens", "Question", _model, new AnswerVideoQuestionOptions
            {
                Generation = new GenerationOptions { MaxNewTokens = 0 },
                GridColumnName = "",
                PositionsColumnName = "",
                FeatureOrder = FeatureOrder.ChannelsFirst,
            }),
            Throws.ArgumentException.With.Message.Contains("Generation: MaxNewTokens must lie in 1..").And.Message.Contains("GridColumnName must not be empty, got an empty string")
                .And.Message.Contains("PositionsColumnName must be null or a name, got an empty string").And.Message.Contains("FeatureOrder must be null over kept tokens"));

    [Test]
    public void Methods_FaultyOptions_ReportsAllAtOnce()
    {
        Assert.That(
            () => _context.Transforms.PruneTokens("Mask", "Features", CompressionMethod.Evs, new PruneTokensOptions { RetentionRatio = double.NaN, GridColumnName = "" }),
            Throws.ArgumentException.With.Message.Contains("RetentionRatio").And.Message.Contains("GridColumnName"));
        Assert.That(
            () => _context.Transforms.MergeTokens("Merged", "Features", CompressionMethod.HoliTom, new MergeTokensOptions { RetentionRatio = 0, SalienceColumnName = "", PositionsColumnName = "" }),
            Throws.ArgumentException.With.Message.Contains("RetentionRatio").And.Message.Contains("SalienceColumnName").And.Message.Contains("PositionsColumnName"));
    }

    private static VideoRow[] Rows() => [.. Enumerable.Range(0, 12).Select(seed => VideoRow.Random(seed, 1 + seed * 3 % 8))];

    private static VideoTokens WithAllStatistics(VideoTokens video)
    {
        var random = new Random(7);
        float[] Values(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle())];
        return new VideoTokens(video.Grid, video.Dimension, video.Vectors, video.EncoderFingerprint)
        {
            Statistics = new EncoderStatistics { ReceivedAttention = Values(video.Grid.Count), PooledAttention = Values(video.Grid.Count), StepFeatures = Values(video.Grid.TimeSteps * 3) },
        };
    }

    private PathRow Write(VideoTokens video)
    {
        var path = Path.Combine(_folder, $"{Guid.NewGuid()}.safetensors");
        FeatureFile.Write(path, video);
        return new PathRow { Features = path, Question = "what?" };
    }

    private IDataView Transform<TRow>(IEstimator<ITransformer> estimator, params TRow[] rows)
        where TRow : class
    {
        var data = _context.Data.LoadFromEnumerable(rows);
        return estimator.Fit(data).Transform(data);
    }

    private static void AssertSame(IDataView merged, IEnumerable<KeptTokens> expected, CompressionMethod method)
    {
        var rows = EstimatorWorkout.Read(merged, "Merged", "MergedPositions");
        Assert.That(rows.Select(row => row[0]), Is.EqualTo(expected.Select(kept => kept.Vectors.ToArray())), method.ToString());
        Assert.That(rows.Select(row => row[1]), Is.EqualTo(expected.Select(kept => kept.Positions.ToArray())), method.ToString());
    }

    private sealed class SalientPathRow
    {
        public string Features { get; set; } = "";

        public float[] Salience { get; set; } = [];
    }

    private sealed class TokenRow
    {
        public float[] Tokens { get; set; } = [];

        public int[] TokensPositions { get; set; } = [];

        public float[] Grid { get; set; } = [];

        public string Question { get; set; } = "what?";
    }

    private sealed class SyntheticRow
    {
        [VectorType(0, 48, 48, 3)]
        public byte[] Frames { get; set; } = [];

        public string Question { get; set; } = "";

        public static SyntheticRow Of(SyntheticVideo video) => new()
        {
            Frames = [.. video.Clip.ReadFrames([.. Enumerable.Range(0, video.Clip.FrameCount)]).SelectMany(frame => frame.ToArray())],
            Question = SyntheticQuestions.Of(video)[0].Text,
        };
    }

    private sealed class AnswerRow
    {
        public string Answer { get; set; } = "";
    }
}
