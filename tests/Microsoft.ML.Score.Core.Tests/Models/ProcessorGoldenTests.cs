using System.Security.Cryptography;
using Microsoft.ML.Score.Models.Qwen25VL;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models;

/// <summary>Resizing and patches against what the original processors made of the same frames.</summary>
[TestFixture]
public class ProcessorGoldenTests
{
    [TestCase("pil_a_50x70_T3", 3136, 12845056)]
    [TestCase("pil_b_42x98_T2_bankers", 3136, 12845056)]
    [TestCase("pil_c_90x130_down_T4", 3136, 4704)]
    [TestCase("pil_d_30x33_up_T1", 7056, 12845056)]
    public void PillowResampler_GoldenFrames_AreBitExact(string name, int minPixels, int maxPixels)
    {
        using var golden = Open("qwen_image_processor_pil.safetensors", name);
        var frames = golden.Tensors[$"{name}.frames"].Shape;
        var expected = golden.Bytes($"{name}.resized_u8_THWC");
        var (height, width) = SmartResize.Fit((int)frames[1], (int)frames[2], 28, minPixels, maxPixels);
        var resampler = new PillowResampler((int)frames[1], (int)frames[2], height, width);
        var actual = new byte[expected.Length];
        for (var i = 0; i < frames[0]; i++)
            resampler.Resize(Frame(golden, name, i), actual.AsSpan(i * height * width * 3, height * width * 3));

        Assert.That(actual, Is.EqualTo(expected.ToArray()));
    }

    [Test]
    public void PillowResampler_SiglipFrame_IsBitExact()
    {
        using var golden = SafetensorsFile.Open(RepositoryFolder.Golden("models", "processor", "siglip.safetensors"));
        var actual = new byte[384 * 384 * 3];

        new PillowResampler(45, 80, 384, 384).Resize(golden.Bytes("frames")[..(45 * 80 * 3)], actual);

        // The original's 442368 bytes are not part of the repository; this is their hash.
        Assert.That(Convert.ToHexStringLower(SHA256.HashData(actual)), Is.EqualTo("fb519c8939c9cff7319a29677369c381764ee3433d6db8a190d3ea6efa3595f7"));
    }

    [TestCase("fetch_a_50x70_up", 0, 1, 2, 3)]
    [TestCase("fetch_b_100x61_down", 0, 1, 3, 4)]
    [TestCase("fetch_c_resized_hw", 0, 2, 3, 5)]
    public void TorchvisionResampler_GoldenFrames_DifferByOneLevelOnThreePixelsAtMost(string name, params int[] frameIndices)
    {
        using var golden = Open("qwen_fetch_video.safetensors", name);
        var source = golden.Tensors[$"{name}.frames"].Shape;
        var resized = golden.Tensors[$"{name}.resized_u8"].Shape;
        var (height, width) = ((int)resized[2], (int)resized[3]);
        var expected = golden.Bytes($"{name}.resized_u8");
        var resampler = new TorchvisionResampler((int)source[1], (int)source[2], height, width);
        var frame = new byte[height * width * 3];
        var differences = new List<int>();
        for (var i = 0; i < frameIndices.Length; i++)
        {
            resampler.Resize(Frame(golden, name, frameIndices[i]), frame);
            for (var channel = 0; channel < 3; channel++)
                for (var pixel = 0; pixel < height * width; pixel++)
                    if (frame[pixel * 3 + channel] - expected[(i * 3 + channel) * height * width + pixel] is not 0 and var difference)
                        differences.Add(difference);
        }

        TestContext.Out.WriteLine($"{differences.Count} of {expected.Length} values differ.");
        Assert.That(differences, Has.Count.LessThanOrEqualTo(3).And.All.InRange(-1, 1));
    }

    [TestCase("pil_a_50x70_T3")]
    [TestCase("pil_b_42x98_T2_bankers")]
    [TestCase("pil_c_90x130_down_T4")]
    [TestCase("pil_d_30x33_up_T1")]
    public void ReadSteps_FramesOfTheFinalSize_GivesTheGoldenPatches(string name)
    {
        using var golden = Open("qwen_image_processor_pil.safetensors", name);
        var shape = golden.Tensors[$"{name}.resized_u8_THWC"].Shape;
        var clip = new FrameClip(golden.Bytes($"{name}.resized_u8_THWC").ToArray(), (int)shape[0], (int)shape[1], (int)shape[2], 2);
        var config = new QwenProcessorConfig { FrameMinPixels = 1 };

        // The image processor pads an odd number of frames, the sampler of qwen-vl-utils never chooses one but for a still image.
        var expected = golden.ReadSingle($"{name}.pixel_values_videos");
        var actual = clip.FrameCount == 3 ? ExtractPadded(config, clip) : ReadAll(new QwenVideoProcessor(config, clip));

        Assert.That(actual, Is.EqualTo(expected).Within(1e-6));
    }

    [Test]
    public void ReadSteps_FrameBelowTheImageProcessorsBounds_IsResizedTwiceAsInTheOriginal()
    {
        using var golden = Open("qwen_fetch_video.safetensors", "fetch_b_100x61_down");
        var clip = Clip(golden, "fetch_b_100x61_down", 25);
        var config = new QwenProcessorConfig
        {
            FrameMinPixels = 3136,
            FrameMaxPixels = 3920,
            MinPixels = 3136,
            MaxPixels = 12845056,
            Sampling = new() { FrameCount = 4 },
        };

        var processor = new QwenVideoProcessor(config, clip);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((processor.TimeSteps, processor.GridHeight, processor.GridWidth, processor.SecondsPerStep), Is.EqualTo((2, 6, 4, 0.1)));

            // One level of a byte is 0.015; a pixel on a rounding tie reaches a few of its neighbours in the second resize.
            var differences = ReadAll(processor).Zip(golden.ReadSingle("fetch_b_100x61_down.pixel_values_videos"), (actual, expected) => Math.Abs(actual - expected)).Where(difference => difference > 1e-6).ToList();
            Assert.That(differences, Has.Count.LessThanOrEqualTo(16).And.All.LessThan(0.016));
        }
    }

    [Test]
    public void ReadSteps_FrameWithinTheBounds_GivesTheGoldenSums()
    {
        using var golden = Open("qwen_fetch_video.safetensors", "fetch_a_50x70_up");
        var config = new QwenProcessorConfig { FrameMinPixels = 12544, FrameMaxPixels = 31360 };

        var processor = new QwenVideoProcessor(config, Clip(golden, "fetch_a_50x70_up", 2));
        var patches = ReadAll(processor);

        using (Assert.EnterMultipleScope())
        {
            Assert.That((processor.TimeSteps, processor.GridHeight, processor.GridWidth, processor.SecondsPerStep), Is.EqualTo((2, 8, 10, 1.0)));
            Assert.That(patches.Sum(value => (double)value), Is.EqualTo(26827.373063420877).Within(0.1));
            Assert.That(patches.Sum(value => (double)Math.Abs(value)), Is.EqualTo(161710.60658825608).Within(0.1));
            Assert.That(patches[^8..], Is.EqualTo(new[] { -0.8403167724609375f, -0.7834365367889404f, -0.811876654624939f, -0.8403167724609375f, -0.8971970677375793f, -1.0678379535675049f, -1.3522392511367798f, -1.480219841003418f }).Within(1e-6));
        }
    }

    /// <summary>The file with a case's tensors: the repository's, which has one or two cases, or the one with all of them.</summary>
    private static SafetensorsFile Open(string file, string name)
    {
        var golden = SafetensorsFile.Open(RepositoryFolder.Golden("models", "processor", file));
        if (golden.Tensors.ContainsKey($"{name}.frames"))
            return golden;
        golden.Dispose();
        return SafetensorsFile.Open(RepositoryFolder.RequireShared("goldens", "models", "processor", file));
    }

    private static FrameClip Clip(SafetensorsFile golden, string name, double framesPerSecond)
    {
        var shape = golden.Tensors[$"{name}.frames"].Shape;
        return new FrameClip(golden.Bytes($"{name}.frames").ToArray(), (int)shape[0], (int)shape[1], (int)shape[2], framesPerSecond);
    }

    private static ReadOnlySpan<byte> Frame(SafetensorsFile golden, string name, int index)
    {
        var shape = golden.Tensors[$"{name}.frames"].Shape;
        var length = (int)(shape[1] * shape[2] * shape[3]);
        return golden.Bytes($"{name}.frames").Slice(index * length, length);
    }

    private static float[] ReadAll(QwenVideoProcessor processor) => [.. processor.ReadSteps().SelectMany(step => step.ToArray())];

    private static float[] ExtractPadded(QwenProcessorConfig config, FrameClip clip)
    {
        var extractor = new PatchExtractor(config, clip.Height, clip.Width);
        var patches = new float[extractor.GridHeight * extractor.GridWidth * extractor.PatchLength];
        var all = new List<float>();
        foreach (var pair in clip.ReadFrames([0, 1, 2, 2]).Chunk(2))
        {
            extractor.Extract([.. pair[0].Span, .. pair[1].Span], patches);
            all.AddRange(patches);
        }

        return [.. all];
    }
}
