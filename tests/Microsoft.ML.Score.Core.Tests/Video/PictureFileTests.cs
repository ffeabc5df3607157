namespace Microsoft.ML.Score.Video;

[TestFixture]
public class PictureFileTests
{
    private string _folder = null!;

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory().FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_folder, recursive: true);

    [TestCase("jpg", "jpeg_pipe")]
    [TestCase("png", "png_pipe")]
    [TestCase("webp", "webp_pipe")]
    [TestCase("tiff", "tiff_pipe")]
    [TestCase("bmp", "bmp_pipe")]
    [TestCase("gif", "gif")]
    [TestCase("ppm", "ppm_pipe")]
    [TestCase("pgm", "pgm_pipe")]
    [TestCase("pam", "pam_pipe")]
    [TestCase("jp2", "j2k_pipe")]
    [TestCase("j2k", "j2k_pipe")]
    [TestCase("jls", "jpegls_pipe")]
    [TestCase("qoi", "qoi_pipe")]
    public void Open_PictureOfAnyNameWhole_IsOneFrame(string extension, string demuxer)
    {
        var path = Write(extension);
        File.Move(path, path = Path.Combine(_folder, $"p%d.{extension}"));

        using (Assert.EnterMultipleScope())
        {
            Assert.That(VideoSource.Open(path, new VideoReadOptions(), CancellationToken.None).Demuxer, Is.EqualTo(demuxer));
            Assert.That(VideoFile.Open(path).ReadFrames([0]).Count(), Is.EqualTo(1));
            Assert.That((VideoFile.Open(path).Height, VideoFile.Open(path).Width, VideoFile.Open(path).Warning), Is.EqualTo((48, 64, (string?)null)));
        }
    }

    [Test]
    public void Open_PictureCutAnywhere_IsRefused([Values("jpg", "png", "webp", "tiff", "bmp", "ppm", "jp2", "qoi")] string extension)
    {
        var path = Write(extension);
        var bytes = File.ReadAllBytes(path);
        foreach (var share in new[] { 0.3, 0.7, 0.95 })
        {
            File.WriteAllBytes(path, bytes[..(int)(bytes.Length * share)]);

            Assert.That(() => VideoFile.Open(path), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(path), $"{share} of it");
        }
    }

    [Test]
    public void HasEnd_EveryCutOfAPicture_IsFalse([Values("jpg", "png", "qoi")] string extension)
    {
        var bytes = File.ReadAllBytes(Write(extension));
        var demuxer = extension == "jpg" ? "jpeg_pipe" : extension + "_pipe";

        for (var length = 32; length < bytes.Length - 12; length++)
            Assert.That(new PictureFile(new MemoryStream(bytes, 0, length), () => { }).HasEnd(demuxer), Is.False, $"{length} of {bytes.Length} bytes");
        Assert.That(new PictureFile(new MemoryStream(bytes), () => { }).HasEnd(demuxer), Is.True);
    }

    [Test]
    public void Open_PictureWithMoreBehindIt_IsThePictureAlone([Values("jpg", "png")] string extension)
    {
        var path = Write(extension);
        File.AppendAllText(path, new string('x', 1000));

        Assert.That((VideoFile.Open(path).FrameCount, VideoFile.Open(path).Warning), Is.EqualTo((1, (string?)null)));
    }

    [Test]
    public void Open_EndlessPicture_IsGivenUpInTimeAndOnRequest()
    {
        FFmpegProgram.Require();
        var path = Path.Combine(_folder, "sparse.jpg");
        using (var file = File.Create(path))
        {
            file.Write([0xFF, 0xD8, 0xFF, 0xDA, 0, 2]);
            file.SetLength(1L << 40); // no block of it is on the disk
        }

        using var cancelled = new CancellationTokenSource(TimeSpan.FromSeconds(0.2));
        Assert.That(
            () => VideoFile.Open(path, new VideoReadOptions { ProgressTimeout = TimeSpan.FromSeconds(0.2) }), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("given up after 0.2 s"));
        Assert.That(() => VideoFile.Open(path, cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    private string Write(string extension)
    {
        var path = Path.Combine(_folder, $"picture.{extension}");
        FFmpegProgram.Run([.. CounterVideo.Input(1), "-frames:v", "1", "-update", "1", .. extension == "j2k" ? new[] { "-c:v", "jpeg2000", "-f", "image2" } : [], path]);
        return path;
    }
}
