using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Reports.Pages;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Reports.Masks;

/// <summary>The pages of real clips: size, errors, and that frames are seen. Their masks mean nothing, since the embedded model knows nothing of real video.</summary>
[TestFixture]
public class RealClipTests
{
    private static readonly string s_videos = Path.Combine(RepositoryFolder.Root, "..", "shared", "data", "videos");

    private static IEnumerable<string> Clips() => Directory.Exists(s_videos) ? Directory.GetFiles(s_videos).Select(path => Path.GetFileName(path)).Order() : ["no clips"];

    [TestCaseSource(nameof(Clips))]
    public void Page_OfARealClip_IsSmallAndShowsItsFrames(string name)
    {
        RepositoryFolder.RequireShared("data", "videos");
        FFmpegProgram.Require();
        using var folder = new TemporaryFolder();
        var page = folder.File("clip.html");
        using var model = VideoModel.Load("tiny");
        var clip = VideoFile.Open(Path.Combine(s_videos, name));
        var video = model.Encode(clip);
        new MaskReport(name, video.Grid, [TokenSelection.OfScores("SCORE", PolicyNetwork.Pretrained(model.Info).Logits(video))])
        {
            Pictures = StepPictures.Read(clip, video.Grid, model.SampledFrames(clip)),
        }.Write(page);

        using var browser = Browser.Open(page);
        var milliseconds = browser.Read<double>("performance.timing.loadEventEnd - performance.timing.navigationStart");
        browser.Screenshot($"clip-{Path.GetFileNameWithoutExtension(name)}");

        TestContext.Out.WriteLine($"{name}: grid {video.Grid}, {new FileInfo(page).Length / 1e6:0.00} MB, loaded in {milliseconds:0} ms");
        Assert.Multiple(() =>
        {
            Assert.That(new FileInfo(page).Length, Is.LessThan(10_000_000));
            Assert.That(browser.Errors, Is.Empty);
            Assert.That(browser.ReadNumbers("maskViewer.kept(0)"), Has.Length.EqualTo(TopK.RetainedCount(0.1, video.Grid.Count)));
            // The canvas is no longer the grey that stands for a missing picture, and not of one colour.
            Assert.That(browser.Read<int>("new Set(document.querySelector('canvas').getContext('2d').getImageData(0, 0, 600, 300).data).size"), Is.GreaterThan(20));
        });
    }

    /// <summary>The paper's length: 128 frames, in 64 steps of 666 tokens.</summary>
    [Test]
    public void Page_Of128FramesAnd42624Tokens_StaysBelowItsLimit()
    {
        using var folder = new TemporaryFolder();
        var page = folder.File("long.html");
        var random = new Random(3);
        var rgb = new byte[128 * 360 * 640 * 3];
        random.NextBytes(rgb.AsSpan(0, rgb.Length / 8)); // an eighth of it noise, which JPEG cannot shrink
        var clip = new FrameClip(rgb, 128, 360, 640, 2);
        var grid = new TokenGrid(64, 18, 37, 1);
        var scores = Enumerable.Range(0, grid.Count).Select(_ => random.NextSingle()).ToArray();
        new MaskReport("long", grid, [TokenSelection.OfScores("SCORE", scores)]) { Pictures = StepPictures.Read(clip, grid, [.. Enumerable.Range(0, 128)]) }.Write(page);

        using var browser = Browser.Open(page);
        var milliseconds = browser.Read<double>("performance.timing.loadEventEnd - performance.timing.navigationStart");
        TestContext.Out.WriteLine($"{grid.Count} tokens: {new FileInfo(page).Length / 1e6:0.00} MB, loaded in {milliseconds:0} ms");

        Assert.That(new FileInfo(page).Length, Is.LessThan(10_000_000));
        Assert.That(browser.ReadNumbers("maskViewer.kept(0)"), Is.EqualTo(TopK.Select(scores, TopK.RetainedCount(0.1, grid.Count))));
        Assert.That(browser.Errors, Is.Empty);
    }
}
