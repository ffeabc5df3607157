using Microsoft.ML.Data;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Estimators;

[TestFixture]
internal sealed class EncodeVideoEstimatorTests
{
    private readonly MLContext _context = new(1);
    private readonly string _folder = Path.Combine(TestContext.CurrentContext.WorkDirectory, nameof(EncodeVideoEstimatorTests));

    [TearDown]
    public void DeleteFiles()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, true);
    }

    [Test]
    public void Transform_NothingRead_EncodesNothing()
    {
        var model = new FakeVideoModel();
        var data = Clips(3);
        var view = _context.Transforms.EncodeVideo("Features", "Frames", model).Fit(data).Transform(data);
        EstimatorWorkout.Read(view, "Caption");

        Assert.That(model.Encodings, Is.Zero);
    }

    [Test]
    public void Transform_FeaturesAndGridOfOneRow_EncodeOnce()
    {
        var model = new FakeVideoModel();
        var data = Clips(3);
        var rows = EstimatorWorkout.Read(_context.Transforms.EncodeVideo("Features", "Frames", model, new EncodeVideoOptions { Cache = null }).Fit(data).Transform(data), "Features", "Grid");

        Assert.That(model.Encodings, Is.EqualTo(3));
        Assert.That(rows[2][0], Has.Length.EqualTo(3 * 6 * FakeVideoModel.D));
        Assert.That(rows[2][1], Is.EqualTo(new[] { 3, 1, 6, 0.5f }));
    }

    [Test]
    public void Schema_Features_CarryEncoderFingerprintAndDimension()
    {
        var data = Clips(1);
        var column = _context.Transforms.EncodeVideo("Features", "Frames", new FakeVideoModel()).Fit(data).GetOutputSchema(data.Schema)["Features"];
        ReadOnlyMemory<char> fingerprint = default;
        column.Annotations.GetValue("EncoderFingerprint", ref fingerprint);

        Assert.That(fingerprint.ToString(), Is.EqualTo("fake-encoder"));
        Assert.That(((VectorDataViewType)column.Type).Dimensions, Is.EqualTo(new[] { 0, 0, 0, FakeVideoModel.D }));
    }

    [Test]
    public void Transform_FeatureFiles_WritesOneFilePerContentAndReusesIt()
    {
        var model = new FakeVideoModel();
        var same = ClipRow.Random(1, 2);
        var data = _context.Data.LoadFromEnumerable(new[] { same, same, ClipRow.Random(2, 2) });
        var view = _context.Transforms.EncodeVideo("Features", "Frames", model, Files()).Fit(data).Transform(data);
        var paths = EstimatorWorkout.Read(view, "Features").Select(row => (string)row[0]).ToArray();
        EstimatorWorkout.Read(view, "Features");

        Assert.That(model.Encodings, Is.EqualTo(2));
        Assert.That(paths[0], Is.EqualTo(paths[1]));
        Assert.That(Directory.GetFiles(_folder), Is.EquivalentTo(paths.Distinct()));
        Assert.That(FeatureFile.Read(paths[2]).EncoderFingerprint, Is.EqualTo("fake-encoder"));
        Assert.That(EstimatorWorkout.Read(view, "Grid").Select(row => ((float[])row[0])[0]), Is.EqualTo(paths.Select(path => (float)FeatureFile.Read(path).Grid.TimeSteps)));
    }

    [Test]
    public void Transform_CutVideo_TellsOnceWhatIsMissing([Values] bool reloaded)
    {
        Directory.CreateDirectory(_folder);
        var path = WriteCutVideo();
        var told = new List<string>();
        var reading = new VideoReadOptions { Warn = told.Add };
        var model = new FakeVideoModel();
        var data = _context.Data.LoadFromEnumerable(new[] { new { Path = path } });
        ITransformer fitted = _context.Transforms.EncodeVideo("Features", "Path", model, new EncodeVideoOptions { Cache = null, ReadOptions = reloaded ? new() : reading }).Fit(data);
        if (reloaded)
        {
            _context.Model.Save(fitted, data.Schema, Path.Combine(_folder, "pipeline.zip"));
            fitted = _context.Model.LoadScore(Path.Combine(_folder, "pipeline.zip"), out _, new ScoreLoadOptions { Model = model, ReadOptions = reading });
        }

        EstimatorWorkout.Read(fitted.Transform(data), "Features");

        Assert.That(told, Has.Count.EqualTo(1));
        Assert.That(told[0], Does.Match(@"^\d+ of 40 frames of '.*cut\.mp4' cannot be decoded"));
    }

    [Test]
    public void Transform_CutVideoWithAContext_WarnsInItsLog()
    {
        Directory.CreateDirectory(_folder);
        var path = WriteCutVideo();
        var warnings = new List<string>();
        var context = new MLContext(1);
        context.Log += (_, entry) =>
        {
            if (entry.Kind == Runtime.ChannelMessageKind.Warning)
                warnings.Add(entry.RawMessage);
        };
        var data = context.Data.LoadFromEnumerable(new[] { new { Path = path } });

        EstimatorWorkout.Read(context.Transforms.EncodeVideo(context, "Features", "Path", new FakeVideoModel(), new EncodeVideoOptions { Cache = null }).Fit(data).Transform(data), "Features");

        Assert.That(warnings, Has.Exactly(1).Match(@"^\d+ of 40 frames of '.*cut\.mp4' cannot be decoded"));
    }

    private string WriteCutVideo()
    {
        var path = Path.Combine(_folder, "cut.mp4");
        FFmpegProgram.Run("-f", "lavfi", "-i", "testsrc=size=64x32:rate=10:duration=4", "-c:v", "mpeg4", "-movflags", "faststart", path);
        using var file = File.OpenWrite(path);
        file.SetLength(file.Length * 2 / 3);
        return path;
    }

    [Test]
    [Platform("Linux", Reason = "/dev/zero, and devices are told on Linux only.")]
    [CancelAfter(20_000)]
    public void Transform_CacheAndALinkToADevice_IsRefusedUnread()
    {
        Directory.CreateDirectory(_folder);
        var path = Path.Combine(_folder, "endless.mp4");
        File.CreateSymbolicLink(path, "/dev/zero");
        var data = _context.Data.LoadFromEnumerable(new[] { new { Path = path } });
        var fitted = _context.Transforms.EncodeVideo("Features", "Path", new FakeVideoModel(), Files()).Fit(data);

        Assert.That(() => EstimatorWorkout.Read(fitted.Transform(data), "Features"), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("is a device, pipe or socket"));
    }

    [Test]
    public void EncodeVideo_FaultyReadOptions_NamesThem()
    {
        Assert.That(
            () => _context.Transforms.EncodeVideo("Features", "Path", new FakeVideoModel(), new EncodeVideoOptions { ReadOptions = new() { MaxPixels = 0, ProgressTimeout = TimeSpan.Zero } }),
            Throws.ArgumentException.With.Message.Contains("MaxPixels must be from 1").And.Message.Contains("ProgressTimeout must be above 0"));
    }

    [Test]
    public void Transform_CacheHit_NeitherRunsTheEncoderNorOpensTheVideo()
    {
        var path = Path.Combine(_folder, "video.mp4");
        Directory.CreateDirectory(_folder);
        File.WriteAllText(path, "no video, but its content is known");
        var content = System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path));
        var tokens = new VideoTokens(new TokenGrid(1, 1, 1), FakeVideoModel.D, new float[FakeVideoModel.D], "fake-encoder");
        var model = new FakeVideoModel();
        var cached = new FeatureCache(new FeatureCacheOptions { Folder = _folder }, model.Info, TensorType.BF16).GetOrAddFile(content, () => tokens);
        var data = _context.Data.LoadFromEnumerable(new[] { new PathRow { Features = path } });
        var view = _context.Transforms.EncodeVideo("Tokens", "Features", model, Files()).Fit(data).Transform(data);

        Assert.That(EstimatorWorkout.Read(view, "Tokens").Single()[0], Is.EqualTo(cached));
        Assert.That(model.Encodings, Is.Zero);
    }

    [TestCase(TensorType.BF16)]
    [TestCase(TensorType.F16)]
    [TestCase(TensorType.F32)]
    public void Transform_FeatureType_IsTheTypeOfTheFile(TensorType type)
    {
        var data = Clips(1);
        var view = _context.Transforms.EncodeVideo("Features", "Frames", new FakeVideoModel(), Files() with { FeatureType = type }).Fit(data).Transform(data);
        using var file = FeatureFile.Open((string)EstimatorWorkout.Read(view, "Features").Single()[0]);

        Assert.That(file.Type, Is.EqualTo(type));
    }

    [Test]
    public void Transform_DamagedCacheFile_IsWrittenAnew([Values(0, 5, 100)] int length)
    {
        var model = new FakeVideoModel();
        var data = Clips(1);
        var view = _context.Transforms.EncodeVideo("Features", "Frames", model, Files()).Fit(data).Transform(data);
        var path = (string)EstimatorWorkout.Read(view, "Features").Single()[0];
        var whole = File.ReadAllBytes(path);
        File.WriteAllBytes(path, whole[..length]);

        EstimatorWorkout.Read(view, "Features");

        Assert.That(model.Encodings, Is.EqualTo(2));
        Assert.That(File.ReadAllBytes(path), Is.EqualTo(whole));
    }

    [Test]
    public void Transform_CocoPhotographs_GiveOneTimeStepEach()
    {
        var photographs = Path.Combine(RepositoryFolder.RequireShared("data", "coco"), "images");
        var rows = Directory.GetFiles(photographs, "*.jpg", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(3).Select(path => new PathRow { Features = path }).ToArray();
        using var model = VideoModel.Load("tiny");
        var data = _context.Data.LoadFromEnumerable(rows);
        var view = _context.Transforms.EncodeVideo("Tokens", "Features", model).Fit(data).Transform(data);

        var grids = EstimatorWorkout.Read(view, "Grid").Select(row => (float[])row[0]).ToArray();

        Assert.That(grids, Has.Length.EqualTo(3));
        Assert.That(grids.Select(grid => (grid[0], grid[3])), Is.All.EqualTo((1f, 1f)));
        Assert.That(grids.Select(grid => grid[1] * grid[2]), Is.All.InRange(36, 144), "tokens of 64 pixels in 2304 to 9216 pixels");
    }

    [Test]
    public void Transform_FileThatIsNoVideo_NamesRowColumnAndFile()
    {
        Directory.CreateDirectory(_folder);
        var path = Path.Combine(_folder, "broken.jpg");
        File.WriteAllText(path, "");
        var data = _context.Data.LoadFromEnumerable(new[] { new PathRow { Features = path } });
        var view = _context.Transforms.EncodeVideo("Tokens", "Features", new FakeVideoModel()).Fit(data).Transform(data);

        Assert.That(() => EstimatorWorkout.Read(view, "Tokens"), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 0, column 'Features'").And.Message.Contains(path));
    }

    [Test]
    public void Transform_FeatureFiles_GiveTheSameMasksAsVectors()
    {
        var model = new FakeVideoModel();
        var policy = Policy.PolicyNetwork.Initialize(FakeVideoModel.D, encoderFingerprint: "fake-encoder");
        var data = Clips(5);
        Assert.That(Masks(Files() with { FeatureType = TensorType.F32 }), Is.EqualTo(Masks(new EncodeVideoOptions())));

        List<object[]> Masks(EncodeVideoOptions options) => EstimatorWorkout.Read(
            _context.Transforms.EncodeVideo("Features", "Frames", model, options).Append(_context.Transforms.ApplyScorePolicy("Mask", "Features", policy)).Fit(data).Transform(data), "Mask");
    }

    [Test]
    public void Transform_BytesNotWholeFrames_NamesRow()
    {
        var data = _context.Data.LoadFromEnumerable(new[] { ClipRow.Random(1, 1), new ClipRow { Frames = new byte[17] } });
        var view = _context.Transforms.EncodeVideo("Features", "Frames", new FakeVideoModel()).Fit(data).Transform(data);
        Assert.That(() => EstimatorWorkout.Read(view, "Features"), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 1, column 'Frames': 17 bytes"));
    }

    [Test]
    public void Fit_BytesWithoutDimensions_AsksForThem()
    {
        var data = _context.Data.LoadFromEnumerable(new[] { new PlainBytesRow() });
        Assert.That(
            () => _context.Transforms.EncodeVideo("Features", "Frames", new FakeVideoModel()).Fit(data),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("expected Text, Vector<Byte, *, height, width, 3> or Vector<Byte, height, width, 3>"));
    }

    [Test]
    public void Transform_MissingVideoFile_ThrowsFileNotFound()
    {
        var data = _context.Data.LoadFromEnumerable(new[] { new PathRow { Features = "no-such-video.mp4" } });
        var view = _context.Transforms.EncodeVideo("Tokens", "Features", new FakeVideoModel()).Fit(data).Transform(data);
        Assert.That(() => EstimatorWorkout.Read(view, "Tokens"), Throws.InstanceOf<FileNotFoundException>().With.Message.Contains("no-such-video.mp4"));
    }

    [Test]
    public void Transform_RealVideoFile_GivesMaskOfItsTokens()
    {
        var path = RepositoryFolder.RequireShared("data", "videos", "mdn_flower.webm");
        using var model = VideoModel.Load("tiny");
        var data = _context.Data.LoadFromEnumerable(new[] { new PathRow { Features = path } });
        var policy = Policy.PolicyNetwork.Initialize(model.Info.Dimension, encoderFingerprint: model.Info.Fingerprint);
        var view = _context.Transforms.EncodeVideo("Tokens", "Features", model)
            .Append(_context.Transforms.ApplyScorePolicy("Mask", "Tokens", policy)).Fit(data).Transform(data);
        var row = EstimatorWorkout.Read(view, "Grid", "Mask").Single();

        var grid = (float[])row[0];
        var tokens = (int)(grid[0] * grid[1] * grid[2]);
        Assert.That(row[1], Has.Length.EqualTo(tokens));
        Assert.That(((bool[])row[1]).Count(kept => kept), Is.EqualTo(TopK.RetainedCount(0.10, tokens)));
    }

    [Test]
    public void EncodeVideo_FaultyOptions_ReportsAllAtOnce() =>
        Assert.That(
            () => _context.Transforms.EncodeVideo("Features", "Frames", new FakeVideoModel(), new EncodeVideoOptions { Output = EncodeVideoOutput.FeatureFile, Cache = null, FramesPerSecond = -1 }),
            Throws.ArgumentException.With.Message.Contains("Cache must not be null where Output is FeatureFile").And.Message.Contains("FramesPerSecond"));

    [Test]
    public void Transform_Vectors_AreTheSameWithACacheAndWithout()
    {
        var data = Clips(3);
        var (with, without) = (new FakeVideoModel(), new FakeVideoModel());
        var cached = Columns(with, new EncodeVideoOptions { Cache = new() { Folder = _folder } });

        Assert.That(cached, Is.EqualTo(Columns(without, new EncodeVideoOptions { Cache = null })));
        Assert.That((with.Encodings, without.Encodings), Is.EqualTo((3, 6)), "each view is read twice");
        Assert.That(Directory.GetFiles(_folder), Has.Length.EqualTo(3));

        List<object[]> Columns(FakeVideoModel model, EncodeVideoOptions options)
        {
            var view = _context.Transforms.EncodeVideo("Features", "Frames", model, options).Fit(data).Transform(data);
            EstimatorWorkout.Read(view, "Features");
            return EstimatorWorkout.Read(view, "Features", "Grid", "IsStill");
        }
    }

    [Test]
    public void Transform_IsStill_IsKnownWithoutEncodingOrOpening()
    {
        Directory.CreateDirectory(_folder);
        var (video, picture) = (Path.Combine(_folder, "a.mp4"), Path.Combine(_folder, "b.mp4"));
        File.WriteAllText(video, "what is no picture by its signature is a video");
        File.WriteAllBytes(picture, [(byte)'B', (byte)'M', 1, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6]); // of a bitmap, whatever its name
        var model = new FakeVideoModel();
        var paths = _context.Data.LoadFromEnumerable(new[] { new PathRow { Features = video }, new PathRow { Features = picture } });
        var files = _context.Transforms.EncodeVideo("Tokens", "Features", model).Fit(paths).Transform(paths);
        var frames = _context.Data.LoadFromEnumerable(new[] { ClipRow.Random(1, 1), ClipRow.Random(2, 2) });
        var clips = _context.Transforms.EncodeVideo("Tokens", "Frames", model).Fit(frames).Transform(frames);

        Assert.That(EstimatorWorkout.Read(files, "IsStill").Select(row => row[0]), Is.EqualTo(new[] { false, true }));
        Assert.That(EstimatorWorkout.Read(clips, "IsStill").Select(row => row[0]), Is.EqualTo(new[] { true, false }));
        Assert.That(model.Encodings, Is.Zero);
    }

    [Test]
    public void Predict_FittedPipeline_KeepsNothing()
    {
        var data = Clips(1);
        var fitted = _context.Transforms.EncodeVideo("Features", "Frames", new FakeVideoModel(), new EncodeVideoOptions { Cache = new() { Folder = _folder } }).Fit(data);
        using var engine = _context.Model.CreatePredictionEngine<ClipRow, GridRow>(fitted, data.Schema);

        Assert.That(engine.Predict(ClipRow.Random(1, 3)).Grid[0], Is.EqualTo(3));
        Assert.That(Directory.Exists(_folder), Is.False);
    }

    private EncodeVideoOptions Files() => new() { Output = EncodeVideoOutput.FeatureFile, Cache = new() { Folder = _folder } };

    private sealed class GridRow
    {
        public float[] Grid { get; set; } = [];
    }

    private IDataView Clips(int count) => _context.Data.LoadFromEnumerable(Enumerable.Range(1, count).Select(i => ClipRow.Random(i, i)).ToArray());

    private sealed class PlainBytesRow
    {
        public byte[] Frames { get; set; } = [];
    }
}
