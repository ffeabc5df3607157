using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.ML.Data;
using Microsoft.ML.Score.Estimators;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Serving;
using Microsoft.ML.Score.Soak;
using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.Saving;

[TestFixture]
internal sealed class PersistenceTests
{
    private readonly MLContext _context = new(1);
    private readonly string _zip = Path.Combine(TestContext.CurrentContext.WorkDirectory, "persistence.zip");

    [TearDown]
    public void DeleteZip() => File.Delete(_zip);

    [Test]
    public void Load_FreshProcessWithNothingButModelLoad_GivesSameMasks()
    {
        var expected = SavePolicyPipeline(FeatureRow.Small(0), FeatureRow.Small(1), FeatureRow.Small(2));
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(FeatureRow).Assembly.Location);
        start.ArgumentList.Add("masks");
        start.ArgumentList.Add(_zip);
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        process.WaitForExit();

        Assert.That(process.ExitCode, Is.Zero, error.Result);
        Assert.That(lines, Is.EqualTo(expected));
    }

    [Test]
    public void Predict_EngineAndPool_AgreeWithTransform()
    {
        var rows = Enumerable.Range(0, 20).Select(FeatureRow.Small).ToArray();
        var expected = SavePolicyPipeline(rows);
        using var engine = _context.Model.CreatePredictionEngine<FeatureRow, MaskPrediction>(_context.Model.Load(_zip, out _));
        Assert.That(rows.Select(row => engine.Predict(row).Text), Is.EqualTo(expected));
        Assert.That(PoolMasks(rows), Is.EqualTo(expected));
    }

    [Test]
    public void Predict_PoolThatIsGivenTheModel_ReloadsAndLeavesItUndisposed()
    {
        using var model = new FakeVideoModel();
        SaveAnswerPipeline(model);
        var loads = 0;
        using (var provider = new ServiceCollection().AddScorePredictionEnginePool<VideoRow, AnswerRow>(options =>
        {
            options.Load = (context, stream, load) =>
            {
                Interlocked.Increment(ref loads);
                return ModelSource.Load(context, stream, load);
            };
            options.FromFile(_zip, new ScoreLoadOptions { Model = model });
        }).BuildServiceProvider())
        {
            var pool = provider.GetRequiredService<ScorePredictionEnginePool<VideoRow, AnswerRow>>();
            var answer = pool.Predict(VideoRow.Several(1)[0]).Answer;
            Assert.That(answer, Does.Contain(" of "));
            SaveAnswerPipeline(model);
            Assert.That(SpinWait.SpinUntil(() => Volatile.Read(ref loads) > 1, TimeSpan.FromSeconds(20)));
            Assert.That(pool.Predict(VideoRow.Several(1)[0]).Answer, Is.EqualTo(answer));
        }

        Assert.That(model.IsDisposed, Is.False);
    }

    [Test]
    public void Predict_PoolThatFindsNoFrozenModel_NamesFileAndWhatToSet()
    {
        SaveAnswerPipeline(new FakeVideoModel());
        using var provider = new ServiceCollection().AddScorePredictionEnginePool<VideoRow, AnswerRow>(_zip).BuildServiceProvider();
        var pool = provider.GetRequiredService<ScorePredictionEnginePool<VideoRow, AnswerRow>>();

        Assert.That(() => pool.Rent(), Throws.InvalidOperationException.With.Message.Contains(_zip).And.Message.Contains(SharedModels.PathVariable));
    }

    [Test]
    public void Load_WholePipelineOfEmbeddedModel_AnswersTheSameWithPlainLoad()
    {
        using var model = VideoModel.Load("tiny");
        var clip = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0);
        var row = new SyntheticRow { Frames = Frames(clip), Caption = clip.Caption, Question = SyntheticQuestions.Of(clip)[0].Text };
        var data = _context.Data.LoadFromEnumerable(new[] { row });
        var options = new ScoreOptions { RetentionRatio = 0.10, Training = new() { WarmUpSteps = 0, MainSteps = 1, Rollouts = 2, BatchSize = 1 } };
        var fitted = _context.Transforms.EncodeVideo("Features", "Frames", model)
            .Append(_context.Transforms.ScoreCompress("Mask", "Features", captionColumnName: "Caption", model, options))
            .Append(_context.Transforms.AnswerVideoQuestion("Answer", "Features", "Mask", "Question", model))
            .Fit(data);
        _context.Model.Save(fitted, data.Schema, _zip);

        var expected = EstimatorWorkout.Read(fitted.Transform(data), "Mask", "Answer");
        var loaded = new MLContext().Model.Load(_zip, out _);
        Assert.That(EstimatorWorkout.Read(loaded.Transform(data), "Mask", "Answer"), Is.EqualTo(expected));
        var rehydrated = new MLContext().Model.LoadScore(_zip, out _);
        Assert.That(EstimatorWorkout.Read(rehydrated.Transform(data), "Mask", "Answer"), Is.EqualTo(expected));
        Assert.That(((TransformerChain<ITransformer>)rehydrated).Select(transformer => transformer.GetType()), Is.EqualTo(new[] { typeof(EncodeVideoTransformer), typeof(ScoreCompressTransformer), typeof(AnswerVideoQuestionTransformer) }));
        Assert.That(new FileInfo(_zip).Length, Is.LessThan(300_000), "the zip holds no frozen weights");
    }

    [Test]
    public void Load_ModelFolderMoved_IsFoundThroughEnvironmentVariable()
    {
        var root = Directory.CreateTempSubdirectory("score-models-").FullName;
        try
        {
            var source = Path.Combine(root, "before", "checkpoint");
            CopyEmbeddedModel(source);
            IDataView data;
            List<object[]> expected;
            using (var model = VideoModel.Load(source))
            {
                var clip = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 1);
                data = _context.Data.LoadFromEnumerable(new[] { new SyntheticRow { Frames = Frames(clip) } });
                var fitted = _context.Transforms.EncodeVideo("Features", "Frames", model).Fit(data);
                expected = EstimatorWorkout.Read(fitted.Transform(data), "Features", "Grid");
                _context.Model.Save(fitted, data.Schema, _zip);
            }

            Directory.Move(Path.Combine(root, "before"), Path.Combine(root, "after"));
            Assert.That(Transform, Throws.Exception.With.Property(nameof(Exception.Message)).Contains(SharedModels.PathVariable).Or.InnerException.Message.Contains(SharedModels.PathVariable));
            Environment.SetEnvironmentVariable(SharedModels.PathVariable, Path.Combine(root, "no-such-folder") + Path.PathSeparator + Path.Combine(root, "after"));
            Assert.That(Transform(), Is.EqualTo(expected));

            List<object[]> Transform() => EstimatorWorkout.Read(new MLContext().Model.Load(_zip, out _).Transform(data), "Features", "Grid");
        }
        finally
        {
            Environment.SetEnvironmentVariable(SharedModels.PathVariable, null);
            Directory.Delete(root, true);
        }
    }

    [Test]
    public void Transform_LoadedModelNowhere_SaysWhatToSet()
    {
        var data = SaveAnswerPipeline(new FakeVideoModel());
        var loaded = _context.Model.Load(_zip, out _);
        var error = Assert.Catch(() => EstimatorWorkout.Read(loaded.Transform(data), "Answer"))!.GetBaseException();

        Assert.That(error, Is.InstanceOf<InvalidOperationException>());
        foreach (var part in new[] { "no-such-folder/fake", "fake-encoder", SharedModels.PathVariable, nameof(ScoreLoadOptions.ModelFolders), nameof(ScoreLoadOptions.Model) })
            Assert.That(error.Message, Does.Contain(part));
    }

    [Test]
    public void Transform_OtherModelInSearchFolder_SaysWhichFingerprint()
    {
        var data = SaveAnswerPipeline(new FakeVideoModel());
        var loaded = _context.Model.LoadScore(_zip, out _, new ScoreLoadOptions { ModelFolders = ["tiny"] });

        using var tiny = VideoModel.Load("tiny");
        Assert.That(
            () => EstimatorWorkout.Read(loaded.Transform(data), "Answer"),
            Throws.InstanceOf<InvalidOperationException>().With.Message.Contains($"another model, of fingerprint {tiny.Info.Fingerprint}"));
    }

    [Test]
    public void Find_FingerprintWithoutOrWithOtherValues_FindsTheModelOrSaysWhy()
    {
        using var tiny = VideoModel.Load("tiny");
        var info = new Tokens.VideoModelInfo("tiny", tiny.Info.Fingerprint[..64], tiny.Info.Dimension);

        Assert.That(SharedModels.Find(info, []).Info.Fingerprint, Is.EqualTo(tiny.Info.Fingerprint), "a zip of an earlier build");
        Assert.That(
            () => SharedModels.Find(info with { Fingerprint = info.Fingerprint + ".0123456789abcdef" }, []),
            Throws.InvalidOperationException.With.Message.Contains($"another model, of fingerprint {tiny.Info.Fingerprint}"));
    }

    [Test]
    public void LoadScore_OtherModelGiven_Throws()
    {
        SaveAnswerPipeline(new FakeVideoModel());
        Assert.That(
            () => _context.Model.LoadScore(_zip, out _, new ScoreLoadOptions { Model = new FakeVideoModel("other") }),
            Throws.ArgumentException.With.Message.Contains("fake-encoder").And.Message.Contains("other"));
    }

    [Test]
    public void Predict_EngineDisposedByAnotherThread_LetsPredictionsEnd()
    {
        var model = new FakeVideoModel();
        var data = SaveAnswerPipeline(model);
        var loaded = _context.Model.LoadScore(_zip, out _, new ScoreLoadOptions { Model = model });
        using var cursor = loaded.Transform(data).GetRowCursor(loaded.GetOutputSchema(data.Schema));
        Assert.That(cursor.MoveNext());
        var answer = cursor.GetGetter<ReadOnlyMemory<char>>(cursor.Schema["Answer"]);
        ((IDisposable)loaded).Dispose();

        ReadOnlyMemory<char> text = default;
        answer(ref text);
        Assert.That(text.ToString(), Does.StartWith("question 0"));
        Assert.That(model.IsDisposed, Is.False);
    }

    [Test]
    public void Load_TruncatedZip_Throws()
    {
        SavePolicyPipeline(FeatureRow.Small(0));
        var bytes = File.ReadAllBytes(_zip);
        foreach (var length in new[] { 0, 10, bytes.Length / 2, bytes.Length - 1 })
        {
            File.WriteAllBytes(_zip, bytes[..length]);
            Assert.That(() => _context.Model.Load(_zip, out _), Throws.InstanceOf<Exception>().And.Not.InstanceOf<IndexOutOfRangeException>().And.Not.InstanceOf<NullReferenceException>(), $"{length} bytes");
            Assert.That(() => _context.Model.LoadScore(_zip, out _), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(_zip), $"{length} bytes");
        }
    }

    [TestCase("not base64!")]
    [TestCase("")]
    [TestCase("BFRlc3Q=")]
    public void Decode_DamagedText_ThrowsInvalidData(string text) =>
        Assert.That(() => SavedTransformer.Decode(text), Throws.InstanceOf<InvalidDataException>());

    [Test]
    public void Restore_UnknownKind_ThrowsInvalidData() =>
        Assert.That(() => new SavedTransformer("Later", "{}", []).Restore(new ScoreLoadOptions()), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("'Later'"));

    [Test]
    public void Restore_SettingsOfAnotherVersion_ThrowsInvalidData(
        [Values("EncodeVideo", "ScoreCompress", "PruneTokens", "MergeTokens", "GatherTokens", "AnswerVideoQuestion")] string kind,
        [Values("", "null", "{}", "[1]", """{"Features":null}""", """{"Kept":{},"Question":"","Output":"","Generation":null,"Model":null}""")] string settings) =>
        Assert.That(
            () => new SavedTransformer(kind, settings, []).Restore(new ScoreLoadOptions()),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains($"saved {kind}"));

    private string[] SavePolicyPipeline(params FeatureRow[] rows)
    {
        var data = _context.Data.LoadFromEnumerable(rows);
        var transformer = _context.Transforms.ApplyScorePolicy("Mask", "Features", PolicyNetwork.Initialize(4, seed: 7), new ScorePolicyOptions { RetentionRatio = 0.25 }).Fit(data);
        _context.Model.Save(transformer, data.Schema, _zip);
        return [.. _context.Data.CreateEnumerable<MaskPrediction>(transformer.Transform(data), reuseRowObject: false).Select(prediction => prediction.Text)];
    }

    private IDataView SaveAnswerPipeline(IVideoLanguageModel model)
    {
        var data = _context.Data.LoadFromEnumerable(VideoRow.Several(2));
        var fitted = _context.Transforms.ApplyScorePolicy("Mask", "Features", PolicyNetwork.Initialize(FakeVideoModel.D))
            .Append(_context.Transforms.AnswerVideoQuestion("Answer", "Features", "Mask", "Question", model)).Fit(data);
        _context.Model.Save(fitted, data.Schema, _zip);
        return data;
    }

    /// <summary>The embedded model as a folder with a fingerprint of its own, so that no other test has loaded it.</summary>
    private static void CopyEmbeddedModel(string folder)
    {
        Directory.CreateDirectory(folder);
        var assembly = typeof(VideoModel).Assembly;
        foreach (var name in assembly.GetManifestResourceNames().Where(name => name.StartsWith("Models/Tiny/", StringComparison.Ordinal)))
        {
            using var resource = assembly.GetManifestResourceStream(name)!;
            using var file = File.Create(Path.Combine(folder, Path.GetFileName(name)));
            resource.CopyTo(file);
        }

        File.AppendAllText(Path.Combine(folder, "config.json"), "\n\n");
    }

    private string[] PoolMasks(FeatureRow[] rows)
    {
        using var provider = new ServiceCollection().AddScorePredictionEnginePool<FeatureRow, MaskPrediction>(_zip).BuildServiceProvider();
        var pool = provider.GetRequiredService<ScorePredictionEnginePool<FeatureRow, MaskPrediction>>();
        return [.. rows.Select(row => pool.Predict(row).Text)];
    }

    private static byte[] Frames(SyntheticVideo video) =>
        [.. video.Clip.ReadFrames([.. Enumerable.Range(0, video.Clip.FrameCount)]).SelectMany(frame => frame.ToArray())];

    private sealed class AnswerRow
    {
        public string Answer { get; set; } = "";
    }

    private sealed class SyntheticRow
    {
        [VectorType(0, 48, 48, 3)]
        public byte[] Frames { get; set; } = [];

        public string Caption { get; set; } = "";

        public string Question { get; set; } = "";
    }
}
