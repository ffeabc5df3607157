using System.Text;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen3VL;

[TestFixture]
internal sealed class Qwen3ProcessorConfigTests
{
    private const string Image = """{"patch_size":16,"size":{"shortest_edge":65536,"longest_edge":16777216},"image_mean":[0.5,0.5,0.5],"merge_size":2}""";
    private const string Video = """{"patch_size":16,"temporal_patch_size":2,"size":{"shortest_edge":4096,"longest_edge":25165824},"fps":2,"min_frames":4}""";

    [Test]
    public void Load_NoFile_HasTheDefaultsOfTheClass()
    {
        var config = Load();

        Assert.That((config.Frames.PatchSize, config.Frames.Factor, config.Frames.TemporalPatchSize, config.Frames.ImageMean[0], config.Frames.ImageStd[2]), Is.EqualTo((16, 32, 2, 0.5f, 0.5f)));
        Assert.That((config.VideoMinPixels, config.VideoMaxPixels, config.StillMinPixels, config.StillMaxPixels), Is.EqualTo((131072.0, 786432.0, 65536.0, 16777216.0)));
        Assert.That((config.Frames.Sampling.FramesPerSecond, config.Frames.Sampling.MinFrames, config.Frames.Sampling.MaxFrames), Is.EqualTo((2.0, 4, 768)));
    }

    [Test]
    public void Load_ReleasedFiles_BoundTheWholeClip()
    {
        var config = Load((ProcessorJson.ImageFile, Image), (ProcessorJson.VideoFile, Video));

        Assert.That((config.VideoMinPixels, config.VideoMaxPixels, config.StillMinPixels, config.StillMaxPixels), Is.EqualTo((4096.0, 25165824.0, 65536.0, 16777216.0)));
        // The long clip of the specification: 768 frames of 720x1280 share 12,288 tokens.
        var plan = config.ProcessorOf(new LongClip(9000, 720, 1280, 12));
        Assert.That((plan.FrameIndices.Count, plan.BudgetedSize), Is.EqualTo((768, (128, 224))));
    }

    /// <summary>The example of the specification: 48 frames at 24 a second, 240x320. The rules give other sizes.</summary>
    [Test]
    public void ProcessorOf_EitherRule_GivesItsOwnSize()
    {
        var clip = new LongClip(48, 240, 320, 24);
        var config = Load((ProcessorJson.VideoFile, Video));

        var (own, utils) = (config.ProcessorOf(clip), config.With(new(), Qwen3VLFrameRules.QwenVLUtils).ProcessorOf(clip));

        Assert.That((own.FrameIndices, own.BudgetedSize), Is.EqualTo((new[] { 0, 16, 31, 47 }, (256, 320))));
        Assert.That((utils.FrameIndices, utils.BudgetedSize), Is.EqualTo((new[] { 0, 16, 31, 47 }, (320, 448))));
        Assert.That((own.SecondsPerStep, utils.SecondsPerStep), Is.EqualTo((1.0, 1.0)));
    }

    [Test]
    public void ProcessorOf_OddNumberOfFrames_RepeatsTheLast()
    {
        var processor = Load().With(new QwenVideoOptions { FrameCount = 5 }, Qwen3VLFrameRules.HuggingFace).ProcessorOf(new LongClip(9, 64, 64, 3));

        Assert.That(processor.FrameIndices, Is.EqualTo(new[] { 0, 2, 4, 6, 8, 8 }));
        Assert.That(processor.TimeSteps, Is.EqualTo(3));
    }

    [TestCase(10, 20)]
    [TestCase(64, 300)]
    public void ProcessorOf_Still_IsOneStepWithinTheBoundsOfImages(int height, int width)
    {
        var processor = Load().ProcessorOf(new FrameClip(new byte[height * width * 3], 1, height, width, 1));

        Assert.That((processor.TimeSteps, processor.FrameIndices), Is.EqualTo((1, new[] { 0, 0 })));
        Assert.That(processor.BudgetedSize.Height * processor.BudgetedSize.Width, Is.GreaterThanOrEqualTo(65536));
        Assert.That((processor.BudgetedSize.Height % 32, processor.BudgetedSize.Width % 32), Is.EqualTo((0, 0)));
    }

    [TestCase(31, 100, "too small")]
    [TestCase(40, 8100, "too narrow")]
    public void ProcessorOf_FrameThatTheModelDoesNotTake_SaysWhy(int height, int width, string expected) =>
        Assert.That(() => Load().ProcessorOf(new LongClip(8, height, width, 2)), Throws.ArgumentException.With.Message.Contains(expected));

    [Test]
    public void ProcessorOf_WantedSize_IsRoundedToTokens() => Assert.That(
        Load().With(new QwenVideoOptions { ResizedHeight = 100, ResizedWidth = 180 }, Qwen3VLFrameRules.HuggingFace).ProcessorOf(new LongClip(8, 64, 64, 2)).BudgetedSize, Is.EqualTo((96, 192)));

    [Test]
    public void Fingerprint_OtherBounds_IsAnother() =>
        Assert.That(Load((ProcessorJson.VideoFile, Video)).Fingerprint(), Is.Not.EqualTo(Load().Fingerprint()).And.EqualTo(Load((ProcessorJson.VideoFile, Video)).Fingerprint()));

    [TestCase("""{"size":{"shortest_edge":0,"longest_edge":4}}""")]
    [TestCase("""{"size":{"shortest_edge":10,"longest_edge":4}}""")]
    [TestCase("""{"min_frames":0}""")]
    public void Load_NumbersThatCannotBe_Refuses(string video) => Assert.That(() => Load((ProcessorJson.VideoFile, video)), Throws.TypeOf<InvalidDataException>());

    [Test]
    public void Load_EveryByteChangedAndEveryTruncation_IsAProcessorOrAnInvalidDataException()
    {
        byte[] replacements = [0, (byte)'"', (byte)'9', (byte)'-', (byte)'}', 0xFF];
        using var folder = new TemporaryFolder();
        var (file, original) = (folder.File(ProcessorJson.VideoFile), Encoding.UTF8.GetBytes(Video));
        var refused = 0;
        for (var i = 0; i < original.Length; i++)
            foreach (var value in replacements)
            {
                var changed = value == 0 ? original[..i] : original.ToArray();
                if (value != 0)
                    changed[i] = value;
                File.WriteAllBytes(file, changed);
                try
                {
                    Assert.That(Qwen3ProcessorConfig.Load(CheckpointFiles.FromFolder(folder.Path)).VideoMaxPixels, Is.Positive);
                }
                catch (InvalidDataException)
                {
                    refused++;
                }
            }

        Assert.That(refused, Is.GreaterThan(original.Length));
    }

    private static Qwen3ProcessorConfig Load(params (string Name, string Json)[] files)
    {
        using var folder = new TemporaryFolder();
        foreach (var (name, json) in files)
            File.WriteAllText(folder.File(name), json);
        return Qwen3ProcessorConfig.Load(CheckpointFiles.FromFolder(folder.Path));
    }

    /// <summary>A clip whose frames nobody reads.</summary>
    private sealed class LongClip(int frames, int height, int width, double framesPerSecond) : VideoClip
    {
        public override int FrameCount => frames;

        public override int Height => height;

        public override int Width => width;

        public override double FramesPerSecond => framesPerSecond;

        public override IEnumerable<ReadOnlyMemory<byte>> ReadFrames(IReadOnlyList<int> frameIndices, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
