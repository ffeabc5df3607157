using Microsoft.ML.Score.Models;

namespace Microsoft.ML.Score.Video;

/// <summary>Pictures with alpha. The right values are those of a blend in double precision, and of Pillow's modes: RGBA alone goes on white.</summary>
[TestFixture, FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class WhiteGroundTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [OneTimeSetUp]
    public static void RequireFFmpeg() => FFmpegProgram.Require();

    [TestCase("png")]
    [TestCase("tiff")]
    [TestCase("qoi")]
    public void OnWhite_EveryColourAndAlpha_IsTheBlendToTheNearest(string extension)
    {
        var picture = Write(extension, "rgba", 256, 256, EveryColourAndAlpha());

        var shown = picture.OnWhite().ReadAllFrames();

        Assert.That(shown, Is.EqualTo(Enumerable.Range(0, 1 << 16).SelectMany(i => new[] { i >> 8, 255 - (i >> 8), 77 }.Select(value => OnWhite(value, i & 255)))));
        Assert.That(picture.ReadAllFrames(), Is.EqualTo(Enumerable.Range(0, 1 << 16).SelectMany(i => new[] { i >> 8, 255 - (i >> 8), 77 }.Select(value => (byte)value))), "without a ground the colours as stored");
    }

    [Test]
    public void OnWhite_SixteenBits_TakesTheUpperByte()
    {
        var picture = Write("png", "rgba64be", 1, 1, [0x12, 0xFF, 0x80, 0x01, 0xFF, 0xFF, 0x80, 0xFF]);

        Assert.That(picture.OnWhite().ReadAllFrames(), Is.EqualTo(new[] { OnWhite(0x12, 0x80), OnWhite(0x80, 0x80), OnWhite(0xFF, 0x80) }));
    }

    [TestCase("ya8", new byte[] { 40, 128, 200, 0 })]
    [TestCase("ya16be", new byte[] { 40, 0, 128, 0, 200, 0, 0, 0 })]
    [TestCase("rgb24", new byte[] { 1, 2, 3, 4, 5, 6 })]
    [TestCase("gray", new byte[] { 40, 200 })]
    public void OnWhite_OfAnotherModeThanRgba_IsThePictureItself(string format, byte[] pixels)
    {
        var picture = Write("png", format, 2, 1, pixels);

        Assert.That(picture.OnWhite(), Is.SameAs(picture));
    }

    /// <summary>FFmpeg decodes it with alpha, Pillow opens it as RGB.</summary>
    [Test]
    public void OnWhite_ColourThatIsTransparent_IsThePictureItself()
    {
        Write("png", "rgb24", 2, 1, [1, 2, 3, 4, 5, 6]);
        var bytes = File.ReadAllBytes(_folder.File("picture.png"));
        byte[] transparent = [0, 0, 0, 6, .. "tRNS"u8, 0, 1, 0, 2, 0, 3, 0, 0, 0, 0];
        File.WriteAllBytes(_folder.File("keyed.png"), [.. bytes[..33], .. transparent, .. bytes[33..]]);
        var picture = VideoFile.Open(_folder.File("keyed.png"));

        Assert.That(picture.OnWhite(), Is.SameAs(picture));
        Assert.That(picture.ReadAllFrames(), Is.EqualTo(new byte[] { 1, 2, 3, 4, 5, 6 }));
    }

    [Test]
    public void OnWhite_PaletteWithTransparentEntries_IsThePictureItself()
    {
        Write("png", "rgba", 256, 256, EveryColourAndAlpha());
        FFmpegProgram.Run("-i", _folder.File("picture.png"), "-filter_complex", "split[a][b];[a]palettegen=reserve_transparent=1[p];[b][p]paletteuse", _folder.File("palette.png"));
        var picture = VideoFile.Open(_folder.File("palette.png"));

        Assert.That(File.ReadAllBytes(_folder.File("palette.png"))[25], Is.EqualTo(3), "colour type");
        Assert.That(picture.OnWhite(), Is.SameAs(picture));
    }

    [Test]
    public void OnWhite_VideoWithAlpha_IsTheVideoItself()
    {
        FFmpegProgram.Run("-f", "lavfi", "-i", "color=red@0.5:size=16x16:rate=10,format=argb", "-frames:v", "3", "-c:v", "qtrle", _folder.File("alpha.mov"));
        var video = VideoFile.Open(_folder.File("alpha.mov"));

        Assert.That(video.OnWhite(), Is.SameAs(video));
    }

    /// <summary>qwen-vl-utils shows pictures on white, LLaVA-Video's code converts them to RGB.</summary>
    [Test]
    public void Encode_ByQwen_SeesThePictureOnWhite()
    {
        var pixels = EveryColourAndAlpha();
        var picture = Write("png", "rgba", 256, 256, pixels);
        var white = new FrameClip(Enumerable.Range(0, pixels.Length).Where(i => i % 4 < 3).Select(i => OnWhite(pixels[i], pixels[i / 4 * 4 + 3])).ToArray(), 1, 256, 256, 25);
        using var model = VideoModel.Load("tiny");

        Assert.That(model.Encode(picture).Vectors.ToArray(), Is.EqualTo(model.Encode(white).Vectors.ToArray()));
    }

    [Test]
    public void OnWhite_Case28_HasTheMeansOfTheOriginal()
    {
        var picture = VideoFile.Open(RepositoryFolder.RequireShared("cases", "28-rgba-on-white", "rgba128.png"));

        Assert.That(Means(picture.OnWhite()), Is.EqualTo(new[] { 165.724, 156.937, 155.285 }).Within(1e-3));
        Assert.That(Means(picture), Is.EqualTo(new[] { 77.088, 59.628, 56.373 }).Within(1e-3));
    }

    private static double[] Means(VideoClip clip) => [.. Enumerable.Range(0, 3).Select(channel => clip.ReadAllFrames().Where((_, i) => i % 3 == channel).Average(value => value))];

    private static byte OnWhite(int value, int alpha) => (byte)Math.Round((255.0 * (255 - alpha) + value * alpha) / 255);

    /// <summary>Pixel i is of the colour (i / 256, 255 - i / 256, 77) and the alpha i % 256.</summary>
    private static byte[] EveryColourAndAlpha() => [.. Enumerable.Range(0, 1 << 16).SelectMany(i => new[] { (byte)(i >> 8), (byte)(255 - (i >> 8)), (byte)77, (byte)i })];

    private VideoFile Write(string extension, string format, int width, int height, byte[] pixels)
    {
        File.WriteAllBytes(_folder.File("pixels"), pixels);
        FFmpegProgram.Run("-f", "rawvideo", "-pix_fmt", format, "-s", $"{width}x{height}", "-i", _folder.File("pixels"), _folder.File($"picture.{extension}"));
        return VideoFile.Open(_folder.File($"picture.{extension}"));
    }
}
