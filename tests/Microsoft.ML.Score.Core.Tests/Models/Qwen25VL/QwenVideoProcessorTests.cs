using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen25VL;

[TestFixture]
public class QwenVideoProcessorTests
{
    [Test]
    public void ReadSteps_SmallSizes_PutsEveryPixelWhereTheLayoutSays()
    {
        // Token side 2*2 = 4 pixels, three frames a step, identity normalisation: a value names the pixel it came from.
        const int Frames = 6, Height = 8, Width = 12, Size = 2, Merge = 2, Temporal = 3;
        var rgb = new byte[Frames * Height * Width * 3];
        new Random(1).NextBytes(rgb);
        var config = new QwenProcessorConfig
        {
            PatchSize = Size,
            MergeSize = Merge,
            TemporalPatchSize = Temporal,
            ImageMean = [0, 0, 0],
            ImageStd = [1, 1, 1],
            FrameMinPixels = 1,
            Sampling = new() { Factor = Temporal, FrameCount = Frames },
        };
        var processor = new QwenVideoProcessor(config, new FrameClip(rgb, Frames, Height, Width, 3));

        var steps = processor.ReadSteps().Select(step => step.ToArray()).ToArray();

        var expected = new float[Frames / Temporal][];
        for (var t = 0; t < expected.Length; t++)
        {
            expected[t] = new float[Height / Size * (Width / Size) * 3 * Temporal * Size * Size];
            var place = 0;
            for (var by = 0; by < Height / Size / Merge; by++)
                for (var bx = 0; bx < Width / Size / Merge; bx++)
                    for (var my = 0; my < Merge; my++)
                        for (var mx = 0; mx < Merge; mx++)
                            for (var c = 0; c < 3; c++)
                                for (var f = 0; f < Temporal; f++)
                                    for (var py = 0; py < Size; py++)
                                        for (var px = 0; px < Size; px++)
                                        {
                                            var (y, x) = ((by * Merge + my) * Size + py, (bx * Merge + mx) * Size + px);
                                            expected[t][place++] = (float)(rgb[(((t * Temporal + f) * Height + y) * Width + x) * 3 + c] * (1 / 255.0));
                                        }
        }

        Assert.That(steps, Is.EqualTo(expected));
    }

    [Test]
    public void Ctor_StillImage_IsOneStepOfTheSameFrame()
    {
        var config = new QwenProcessorConfig { PatchSize = 4, FrameMinPixels = 1 };
        var rgb = new byte[16 * 16 * 3];
        new Random(2).NextBytes(rgb);

        var processor = new QwenVideoProcessor(config, new FrameClip(rgb, 1, 16, 16, 25));
        var patches = processor.ReadSteps().Single();

        using (Assert.EnterMultipleScope())
        {
            Assert.That((processor.TimeSteps, processor.GridHeight, processor.GridWidth, processor.SecondsPerStep), Is.EqualTo((1, 4, 4, 1.0)));
            Assert.That(patches[..16].ToArray(), Is.EqualTo(patches[16..32].ToArray()), "both frames of the first patch's first channel");
        }
    }

    [TestCase(480, 640, 12845056, 17, 23)]
    [TestCase(3000, 4000, 1003520, 30, 41)]
    [TestCase(20, 20, 1003520, 2, 2)]
    public void Ctor_StillImage_FollowsTheImageBoundsNotTheBudgetOfVideos(int height, int width, double maxPixels, int tokenRows, int tokenColumns)
    {
        var config = new QwenProcessorConfig { MinPixels = 3136, MaxPixels = maxPixels };

        var processor = new QwenVideoProcessor(config, new FrameClip(new byte[height * width * 3], 1, height, width, 25));

        Assert.That((processor.TimeSteps, processor.GridHeight, processor.GridWidth, processor.SecondsPerStep), Is.EqualTo((1, 2 * tokenRows, 2 * tokenColumns, 1.0)));
    }

    [Test]
    public void ReadSteps_StillImage_IsResizedAsPillowDoes()
    {
        var rgb = new byte[20 * 30 * 3];
        new Random(3).NextBytes(rgb);
        var config = new QwenProcessorConfig { PatchSize = 4, ImageMean = [0, 0, 0], ImageStd = [1, 1, 1], MinPixels = 1024, MaxPixels = 4096 };
        var processor = new QwenVideoProcessor(config, new FrameClip(rgb, 1, 20, 30, 25));
        var (height, width) = processor.BudgetedSize;
        var expected = new byte[height * width * 3];
        new PillowResampler(20, 30, height, width).Resize(rgb, expected);

        var patch = processor.ReadSteps().Single()[..4].ToArray();

        Assert.That(patch.Select(value => (int)MathF.Round(value * 255)), Is.EqualTo(new int[] { expected[0], expected[3], expected[6], expected[9] }));
    }

    [Test]
    public void FrameSize_VeryNarrowFrame_HasATokenOnEverySide()
    {
        var (_, final) = new QwenProcessorConfig { FrameMinPixels = 12544, FrameMaxPixels = 50176 }.FrameSize(30, 5999, 4);

        Assert.That(final, Is.EqualTo((28, 3164)));
    }

    [Test]
    public void With_Options_OverrideTheCheckpoint()
    {
        var config = new QwenProcessorConfig { MinPixels = 3136, MaxPixels = 12845056 }.With(new QwenVideoOptions
        {
            FrameCount = 6,
            MinPixels = 50176,
            MaxPixels = 200704,
            Resampler = FrameResampler.Pillow,
        });

        using (Assert.EnterMultipleScope())
        {
            Assert.That(config.Sampling.Select(100, 25).Indices, Has.Length.EqualTo(6));
            Assert.That(config.FrameBudget(6), Is.EqualTo((50176.0, 200704.0)));
            Assert.That(config.StillSize(4000, 3000), Is.EqualTo((504, 364)));
            Assert.That(config.Resampler, Is.EqualTo(FrameResampler.Pillow));
            Assert.That(new QwenProcessorConfig().With(new QwenVideoOptions { ResizedHeight = 60, ResizedWidth = 100 }).FrameSize(1000, 1000, 4).Final, Is.EqualTo((56, 112)));
        }
    }

    [Test]
    public void ReadSteps_Cancelled_Stops()
    {
        var processor = new QwenVideoProcessor(new QwenProcessorConfig { PatchSize = 4 }, new FrameClip(new byte[16 * 16 * 3 * 4], 4, 16, 16, 2));

        Assert.That(() => processor.ReadSteps(new CancellationToken(canceled: true)).Count(), Throws.InstanceOf<OperationCanceledException>());
    }

    // Sizes worked out by qwen-vl-utils' formula in Python; the second clip is long enough for its frames to share the budget.
    [TestCase(640, 360, 80, 13, 23)]
    [TestCase(1920, 1080, 600, 14, 26)]
    public void FrameSize_ReleasedConfig_FollowsThePixelBudget(int width, int height, int sampledFrames, int tokenRows, int tokenColumns)
    {
        var (_, final) = new QwenProcessorConfig().FrameSize(height, width, sampledFrames);

        Assert.That(final, Is.EqualTo((tokenRows * 28, tokenColumns * 28)));
    }

    [Test]
    public void Load_VideoFile_SetsTheBudgetOfFrames()
    {
        var config = Load(
            ("preprocessor_config.json", """{"patch_size": 4, "min_pixels": 64, "max_pixels": 1000000, "image_mean": [0.5, 0.5, 0.5]}"""),
            ("video_preprocessor_config.json", """{"min_pixels": 1024, "max_pixels": 4096, "fps": 4}"""));

        using (Assert.EnterMultipleScope())
        {
            Assert.That((config.PatchSize, config.MergeSize, config.TemporalPatchSize, config.ImageMean[0]), Is.EqualTo((4, 2, 2, 0.5f)));
            Assert.That((config.MinPixels, config.MaxPixels, config.Sampling.FramesPerSecond), Is.EqualTo((64.0, 1000000.0, 4.0)));
            Assert.That(config.FrameBudget(8), Is.EqualTo((1024.0, 4096.0)));
        }
    }

    [Test]
    public void Load_ImageBoundsInTheVideoFile_AreNoBudget()
    {
        var config = Load(("video_preprocessor_config.json", """{"size": {"shortest_edge": 3136, "longest_edge": 12845056}}"""));

        Assert.That(config.FrameBudget(8), Is.EqualTo((100352.0, 602112.0)));
    }

    [TestCase("""{"patch_size": 0}""")]
    [TestCase("""{"patch_size": "large"}""")]
    [TestCase("""{"image_mean": [0.5]}""")]
    [TestCase("""{"do_normalize": false}""")]
    [TestCase("""{"resample": 2}""")]
    [TestCase("""{"rescale_factor": 1}""")]
    [TestCase("""{"image_std": [1, 0, 1]}""")]
    [TestCase("""{"min_pixels": 100, "max_pixels": 50}""")]
    [TestCase("""{"min_pixels": -1}""")]
    [TestCase("null")]
    [TestCase("{")]
    public void Load_UnusableFile_Throws(string json)
    {
        Assert.That(() => Load(("preprocessor_config.json", json)), Throws.InstanceOf<InvalidDataException>());
    }

    [TestCase("""{"fps": 0}""")]
    [TestCase("""{"max_frames": 1}""")]
    [TestCase("""{"min_pixels": 4096, "max_pixels": 1024}""")]
    public void Load_UnusableVideoFile_Throws(string json)
    {
        Assert.That(() => Load(("video_preprocessor_config.json", json)), Throws.InstanceOf<InvalidDataException>());
    }

    private static QwenProcessorConfig Load(params (string Name, string Json)[] files)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            foreach (var (name, json) in files)
                File.WriteAllText(Path.Combine(folder.FullName, name), json);
            return QwenProcessorConfig.Load(CheckpointFiles.FromFolder(folder.FullName));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
