using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Loading;

[TestFixture]
public class ModelDescriptionTests
{
    private RandomCheckpoint _checkpoint = null!;

    [SetUp]
    public void Create() => _checkpoint = new RandomCheckpoint();

    [TearDown]
    public void Delete() => _checkpoint.Dispose();

    [Test]
    public void Describe_Checkpoint_CountsWhatTheFileHolds()
    {
        using var file = SafetensorsFile.Open(Path.Combine(_checkpoint.Folder, "model.safetensors"));

        var description = VideoModel.Describe(_checkpoint.Folder);

        Assert.That(description.Architecture, Is.EqualTo("Qwen2.5-VL"));
        Assert.That(description.Parameters, Is.EqualTo(file.Tensors.Values.Sum(tensor => tensor.Count)));
        Assert.That(description.Bytes, Is.EqualTo(4 * description.Parameters));
        Assert.That(description.StoredTypes, Is.EqualTo(new[] { TensorType.F32 }));
        Assert.That(description.Parts.Select(part => part.Name), Is.EqualTo(new[] { "vision tower", "merger", "token embeddings", "decoder layers" }));
        Assert.That(description.Parts.Sum(part => part.Tensors), Is.EqualTo(file.Tensors.Count));
        Assert.That(description.UnusedTensors, Is.Zero);
    }

    [Test]
    public void Describe_FewerLayersThanStored_CountsTheRestAsUnused()
    {
        _checkpoint.Config["num_hidden_layers"] = 2;
        _checkpoint.WriteConfig();

        Assert.That(VideoModel.Describe(_checkpoint.Folder).UnusedTensors, Is.EqualTo(12));
    }

    [Test]
    public void TokenizerFault_FileGoneOrMalformed_IsWhatLoadingSays()
    {
        Assert.That(VideoModel.Describe(_checkpoint.Folder).TokenizerFault(), Is.Null);
        var file = Path.Combine(_checkpoint.Folder, "merges.txt");

        File.WriteAllText(file, "a b c\n");
        Assert.That(VideoModel.Describe(_checkpoint.Folder).TokenizerFault(), Does.Contain("'a b c' is not a pair"));
        File.Delete(file);
        var fault = VideoModel.Describe(_checkpoint.Folder).TokenizerFault();

        Assert.That(fault, Does.Contain("no tokenizer").And.Contain(_checkpoint.Folder));
        Assert.That(() => VideoModel.Load(_checkpoint.Folder), Throws.TypeOf<FileNotFoundException>().With.Message.EqualTo(fault));
    }

    [TestCase(6, 2.0)]
    [TestCase(1, 25.0)]
    [TestCase(301, 29.97)]
    public void GridOf_Clip_IsTheGridOfItsTokens(int frames, double rate)
    {
        var clip = new FrameClip(new byte[frames * 48 * 40 * 3], frames, 48, 40, rate);
        using var model = VideoModel.Load(_checkpoint.Folder);

        Assert.That(VideoModel.Describe(_checkpoint.Folder).GridOf(clip), Is.EqualTo(model.Encode(clip).Grid));
    }

    /// <summary>Frames are sampled and sized for a description as they are for tokens.</summary>
    [Test]
    public void GridOf_OptionsOfFrames_IsTheGridOfTokensMadeWithThem()
    {
        var clip = new FrameClip(new byte[60 * 48 * 40 * 3], 60, 48, 40, 10);
        var options = new VideoModelOptions { QwenVideo = new() { MaxFrames = 6, MaxPixels = 400 } };
        using var model = VideoModel.Load(_checkpoint.Folder, options);

        var description = VideoModel.Describe(_checkpoint.Folder);

        Assert.That(description.GridOf(clip, options), Is.EqualTo(model.Encode(clip).Grid).And.Not.EqualTo(description.GridOf(clip)));
        Assert.That(description.Dimension, Is.EqualTo(model.Info.Dimension));
    }

    [TestCase(31, 5, 1)]
    [TestCase(-1, 5, 1)]
    [TestCase(3, 0, 1)]
    [TestCase(3, 5, 0)]
    [TestCase(3, 5, 6)]
    public void PassFlops_NumberOutOfRange_IsRefused(int kept, int text, int outputs) =>
        Assert.That(() => VideoModel.Describe(_checkpoint.Folder).PassFlops(new TokenGrid(1, 6, 5), kept, text, outputs), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Estimate_FewerTokens_TakesLessOfTheLanguageModelAndAsMuchOfTheEncoder()
    {
        var description = VideoModel.Describe(_checkpoint.Folder);
        var grid = new TokenGrid(100, 6, 5);

        var (all, tenth) = (description.Estimate(grid, 3000), description.Estimate(grid, 300));

        // 2 caches x 4 bytes x 3 layers x 64 values x (kept + 128 tokens of text + 64 of answer).
        Assert.That((all.KeyValueCache, tenth.KeyValueCache), Is.EqualTo((2 * 4 * 3 * 64 * 3192L, 2 * 4 * 3 * 64 * 492L)));
        Assert.That(all.VisualTokens, Is.EqualTo(3000 * 64 * 4));
        Assert.That((tenth.Encoder, tenth.VisualTokens, tenth.Weights), Is.EqualTo((all.Encoder, all.VisualTokens, all.Weights)));
        Assert.That(tenth.Prefill, Is.LessThan(all.Prefill));
        Assert.That(all.Total, Is.EqualTo(all.Weights + all.VisualTokens + Math.Max(all.Encoder, all.Prefill + all.KeyValueCache)));
    }

    [TestCase(0)]
    [TestCase(31)]
    public void Estimate_MoreTokensThanThereAreOrNone_IsRefused(int keptTokens) =>
        Assert.That(() => VideoModel.Describe(_checkpoint.Folder).Estimate(new TokenGrid(1, 6, 5), keptTokens), Throws.TypeOf<ArgumentOutOfRangeException>());

    /// <summary>What loading refuses is not described as if it could be run.</summary>
    [TestCase("processor_config.json", """{"min_pixels":2304,"patch_size":4}""")]
    [TestCase("processor_config.json", """{"video_processor":{"patch_size":14}}""")]
    public void GridOf_ProcessorOfOtherPatches_IsRefusedAsOnLoading(string file, string json)
    {
        using var checkpoint = new RandomCheckpoint();
        File.Delete(Path.Combine(checkpoint.Folder, "video_preprocessor_config.json"));
        File.WriteAllText(Path.Combine(checkpoint.Folder, file), json);
        var description = VideoModel.Describe(checkpoint.Folder);

        var loading = Assert.Throws<InvalidDataException>(() => VideoModel.Load(checkpoint.Folder))!.Message;
        Assert.That(() => description.GridOf(new FrameClip(new byte[4 * 64 * 64 * 3], 4, 64, 64, 2)), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo(loading));
        Assert.That(loading, Does.Contain("patch, temporal patch and merge size 14, 2, 2").And.Contain("config.json has 4, 2, 2"));
    }

    [Test]
    public void Load_BeyondTheMemoryLimit_SaysTheNumbers()
    {
        var bytes = VideoModel.Describe(_checkpoint.Folder).Bytes;

        Assert.That(
            () => VideoModel.Load(_checkpoint.Folder, new VideoModelOptions { MemoryLimit = bytes }),
            Throws.TypeOf<InsufficientMemoryException>().With.Message.Contains($"{ByteCount.Format(bytes)} for its weights").And.Message.Contains($"the limit is {ByteCount.Format(bytes)}"));
        Assert.That(() => VideoModel.Load(_checkpoint.Folder, new VideoModelOptions { MemoryLimit = 0 }), Throws.ArgumentException.With.Message.Contains("MemoryLimit"));
        Assert.That(() => VideoModel.Load(_checkpoint.Folder, new VideoModelOptions { MemoryLimit = long.MaxValue }).Dispose(), Throws.Nothing);
    }

    [TestCase(0, "0 B")]
    [TestCase(1023, "1023 B")]
    [TestCase(1536, "1.5 KiB")]
    [TestCase(5L << 20, "5.0 MiB")]
    [TestCase(16584333312, "15.4 GiB")]
    public void ByteCount_Number_IsRoundedToItsUnit(long bytes, string expected) => Assert.That(ByteCount.Format(bytes), Is.EqualTo(expected));
}
