using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>The settings of frames in files of their own, in the one file of transformers 5, and in both.</summary>
[TestFixture]
internal sealed class ProcessorJsonTests
{
    private const string Image = """{"patch_size":4,"size":{"shortest_edge":2304,"longest_edge":9216},"image_mean":[0.5,0.4,0.3],"resample":3}""";
    private const string Video = """{"patch_size":4,"temporal_patch_size":2,"min_pixels":2304,"max_pixels":9216,"fps":4}""";

    [Test]
    public void Load_SharedFile_IsAsTheTwoFiles()
    {
        var two = Load((ProcessorJson.ImageFile, Image), (ProcessorJson.VideoFile, Video));
        var shared = Load((ProcessorJson.SharedFile, $$"""{"image_processor":{{Image}},"video_processor":{{Video}},"processor_class":"Qwen2_5_VLProcessor"}"""));
        var both = Load((ProcessorJson.ImageFile, Image), (ProcessorJson.VideoFile, Video), (ProcessorJson.SharedFile, $$"""{"image_processor":{{Image}},"video_processor":{{Video}}}"""));

        Assert.That((two.PatchSize, two.MinPixels, two.FrameMaxPixels, two.Sampling.FramesPerSecond, two.ImageMean[2]), Is.EqualTo((4, 2304.0, 9216.0, 4.0, 0.3f)));
        Assert.That(shared.Fingerprint(), Is.EqualTo(two.Fingerprint()));
        Assert.That(both.Fingerprint(), Is.EqualTo(two.Fingerprint()));
        Assert.That(Load((ProcessorJson.ImageFile, Image), (ProcessorJson.SharedFile, $$"""{"video_processor":{{Video}}}""")).Fingerprint(), Is.EqualTo(two.Fingerprint()));
        Assert.That(Load((ProcessorJson.SharedFile, """{"image_processor":null,"processor_class":"Qwen2_5_VLProcessor"}""")).Fingerprint(), Is.EqualTo(Load().Fingerprint()));
    }

    // 1280x720 within 2304 to 9216 pixels and sides that are multiples of 8: by qwen-vl-utils' formula 72x128, so 9x16 tokens.
    [Test]
    public void Load_SharedFile_BoundsTheFrames() => Assert.That(
        Load((ProcessorJson.SharedFile, $$"""{"video_processor":{{Video}}}""")).FrameSize(720, 1280, 20).Final, Is.EqualTo((72, 128)));

    [TestCase("""{"patch_size":8}""", "patch_size is 4 in preprocessor_config.json and 8 in image_processor of processor_config.json")]
    [TestCase("""{"min_pixels":2305}""", "min_pixels is 2304 in preprocessor_config.json and 2305 in image_processor")]
    [TestCase("""{"image_mean":[0.5,0.4,0.4]}""", "image_mean is [0.5,0.4,0.3] in preprocessor_config.json and [0.5,0.4,0.4]")]
    public void Load_FilesThatContradictEachOther_NamesKeyAndBoth(string part, string expected) => Assert.That(
        () => Load((ProcessorJson.ImageFile, Image), (ProcessorJson.SharedFile, $$"""{"image_processor":{{part}}}""")),
        Throws.TypeOf<InvalidDataException>().With.Message.Contains(expected));

    [TestCase("{")]
    [TestCase("[]")]
    [TestCase("""{"image_processor":[]}""")]
    [TestCase("""{"video_processor":"Qwen2VLVideoProcessor"}""")]
    [TestCase("""{"image_processor":{"patch_size":"4"}}""")]
    public void Load_SharedFileThatCannotBeRead_NamesIt(string json) => Assert.That(
        () => Load((ProcessorJson.SharedFile, json)), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("processor_config.json in folder"));

    [TestCase("""{"min_pixels":1e999}""", "min_pixels")]
    [TestCase("""{"max_pixels":1e999}""", "max_pixels")]
    [TestCase("""{"size":{"shortest_edge":1,"longest_edge":1e999}}""", "longest_edge")]
    [TestCase("""{"size":{"height":24,"width":24}}""", "shortest_edge")]
    [TestCase("""{"fps":1e999}""", "fps")]
    [TestCase("""{"image_std":[1,1,1e999]}""", "image_std")]
    [TestCase("""{"image_std":[0,0,0]}""", "image_std")]
    [TestCase("""{"image_mean":[1,1,1e999]}""", "image_mean")]
    [TestCase("""{"rescale_factor":1e999}""", "rescale_factor")]
    [TestCase("""{"do_rescale":false}""", "do_rescale")]
    public void Load_ValueThatCannotBe_NamesKeyAndFile(string json, string key)
    {
        Assert.That(() => Load((ProcessorJson.ImageFile, json)), Throws.TypeOf<InvalidDataException>().With.Message.Contains(key).And.Message.Contains(ProcessorJson.ImageFile));
        Assert.That(
            () => Load((ProcessorJson.SharedFile, $$"""{"video_processor":{{json}}}""")),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains(key).And.Message.Contains("video_processor of processor_config.json"));
    }

    private static QwenProcessorConfig Load(params (string Name, string Json)[] files)
    {
        using var folder = new TemporaryFolder();
        foreach (var (name, json) in files)
            File.WriteAllText(folder.File(name), json);
        return QwenProcessorConfig.Load(CheckpointFiles.FromFolder(folder.Path));
    }
}
