using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Reports.Pages;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using OpenQA.Selenium;

namespace Microsoft.ML.Score.Reports.Masks;

/// <summary>The page, opened in a browser as a reader would.</summary>
[TestFixture]
public class MaskReportTests
{
    private TemporaryFolder _folder = null!;
    private VideoTokens _video = null!;
    private float[] _logits = null!;
    private MaskReport _report = null!;
    private string _page = null!;

    [OneTimeSetUp]
    public void WritePage()
    {
        _folder = new TemporaryFolder();
        _page = _folder.File("clip.html");
        using var model = VideoModel.Load("tiny");
        var clip = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Medium, 1).Clip;
        _video = model.Encode(clip);
        _logits = PolicyNetwork.Initialize(_video.Dimension, seed: 5).Logits(_video);
        var rival = CompressionMethod.VidCom2.Create();
        _report = new MaskReport("a <b>clip</b>", _video.Grid,
        [
            TokenSelection.OfScores("SCORE", _logits),
            TokenSelection.OfMasks("VidCom2", [.. new[] { 0.1, 0.25 }.Select(ratio => (ratio, rival.Compress(_video, ratio).ToMask()))]),
        ])
        {
            RetentionRatio = 0.25,
            Pictures = StepPictures.Read(clip, _video.Grid, model.SampledFrames(clip)),
            Facts = [new("Model", "tiny & small")],
        };
        _report.Write(_page);
    }

    [OneTimeTearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Ratio_MovedToFive_KeepsWhatTheLibraryKeeps()
    {
        using var browser = Browser.Open(_page);

        foreach (var percent in new[] { 0.5, 7.5, 10, 33, 100 })
        {
            browser.Run("const ratio = document.getElementById('ratio'); ratio.value = arguments[0]; ratio.dispatchEvent(new Event('input'));", percent);

            var expected = TopK.Select(_logits, TopK.RetainedCount(percent / 100, _logits.Length));
            Assert.That(browser.ReadNumbers("maskViewer.kept(0)"), Is.EqualTo(expected), $"{percent}%");
        }

        Assert.That(browser.Errors, Is.Empty);
    }

    [Test]
    public void Ratio_TypedExactly_IsTheDoubleOfThatNumber()
    {
        using var browser = Browser.Open(_page);

        browser.Focus("#ratio-exact");
        browser.Press(Keys.Control + "a", "0", ".", "7");

        Assert.That(browser.ReadNumbers("maskViewer.kept(0)"), Is.EqualTo(TopK.Select(_logits, TopK.RetainedCount(0.007, _logits.Length))));
    }

    [Test]
    public void Selection_WithoutScores_ShowsItsNearestMaskAndSaysWhich()
    {
        using var browser = Browser.Open(_page);
        browser.Run("const ratio = document.getElementById('ratio'); ratio.value = 40; ratio.dispatchEvent(new Event('input'));");

        Assert.That(browser.ReadNumbers("maskViewer.kept(1)"), Is.EqualTo(Indices(_report.Selections[1].MaskAt(0.25))));
        Assert.That(browser.Text("#status"), Does.Contain("(its mask at 25%)"));
    }

    [Test]
    public void Keys_WithoutAMouse_ReachEverything()
    {
        using var browser = Browser.Open(_page);
        var last = _video.Grid.TimeSteps - 1;

        browser.Press(Keys.ArrowRight, Keys.ArrowRight);
        Assert.That(browser.Read<int>("document.getElementById('step').value"), Is.EqualTo(2));
        browser.Press(Keys.End, Keys.ArrowRight);
        Assert.That(browser.Read<int>("document.getElementById('step').value"), Is.EqualTo(last));
        browser.Press(Keys.Home, Keys.ArrowLeft);
        Assert.That(browser.Read<int>("document.getElementById('step').value"), Is.Zero);
        browser.Press(Keys.ArrowUp, Keys.ArrowUp);
        Assert.That(browser.Read<double>("document.getElementById('ratio').value"), Is.EqualTo(26));
        Assert.That(browser.ReadNumbers("maskViewer.kept(0)"), Has.Length.EqualTo(TopK.RetainedCount(0.26, _logits.Length)));
        browser.Press("h");
        Assert.That(browser.Read<string>("document.querySelector('input[name=view]:checked').value"), Is.EqualTo("heat"));
        browser.Press("p");
        Assert.That(browser.Text("#play"), Is.EqualTo("Pause"));
        browser.Press("p");

        // Tab goes through the sliders, whose own arrow keys work, the number, the button and the choices.
        List<string> reached = [];
        for (var i = 0; i < 6; i++)
        {
            browser.Press(Keys.Tab);
            reached.Add(browser.Read<string>("document.activeElement.id || document.activeElement.name || document.activeElement.localName"));
        }

        Assert.That(reached, Is.EqualTo((string[])["step", "ratio", "ratio-exact", "play", "view", "summary"]));
        Assert.That(browser.Errors, Is.Empty);
    }

    [Test]
    public void Slider_WithTheFocus_StepsOnceAKey()
    {
        using var browser = Browser.Open(_page);
        browser.Press(Keys.Tab, Keys.ArrowRight);

        Assert.That(browser.Read<int>("document.getElementById('step').value"), Is.EqualTo(1));
        Assert.That(browser.Text("#step-text"), Does.StartWith($"2 of {_video.Grid.TimeSteps}"));
    }

    [Test]
    public void Page_TellsTheNumbersOfTheVideo()
    {
        using var browser = Browser.Open(_page);
        var (scored, masked) = (TopK.RetainedCount(0.25, _logits.Length), _report.Selections[1].MaskAt(0.25).Count(kept => kept));

        Assert.Multiple(() =>
        {
            Assert.That(browser.Text("h1"), Is.EqualTo("a <b>clip</b>"));
            Assert.That(browser.Text("#headline"), Does.StartWith($"SCORE keeps {scored} of {_logits.Length} tokens").And.Contain($"VidCom2 keeps {masked} of"));
            Assert.That(browser.Text("dl.facts"), Does.Contain("tiny & small").And.Contain("2 to a step, 48x48 pixels"));
            Assert.That(browser.Text("#ratios tbody"), Does.Contain($"10% {TopK.RetainedCount(0.1, _logits.Length)}").And.Contain($"25% {scored} {masked}"));
        });
    }

    [TestCase(false, false)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    [TestCase(true, true)]
    public void Page_OnScreensOfAnyKind_FitsAndHasNoErrors(bool phone, bool dark)
    {
        using var browser = Browser.Open(_page, phone, dark);
        var picture = browser.Screenshot($"viewer-{(phone ? "phone" : "desktop")}-{(dark ? "dark" : "light")}");
        browser.Press("h");
        browser.Screenshot($"viewer-heat-{(phone ? "phone" : "desktop")}-{(dark ? "dark" : "light")}");

        Assert.Multiple(() =>
        {
            Assert.That(browser.Errors, Is.Empty);
            Assert.That(browser.ScrollsSideways, Is.False);
            Assert.That(new FileInfo(picture).Length, Is.GreaterThan(10_000));
        });
    }

    [Test]
    public void Page_WithoutPictures_DrawsTheGridAlone()
    {
        var path = _folder.File("features.html");
        new MaskReport("features", _video.Grid, [TokenSelection.OfScores("SCORE", _logits)]).Write(path);

        using var browser = Browser.Open(path);

        Assert.That(browser.Errors, Is.Empty);
        Assert.That(browser.ReadNumbers("maskViewer.kept(0)"), Is.EqualTo(TopK.Select(_logits, TopK.RetainedCount(0.1, _logits.Length))));
        Assert.That(browser.Text("#status"), Does.StartWith("At 0.00 s: "));
    }

    [Test]
    public void Page_TitleThatLooksLikeAPlace_IsShownAsItIs()
    {
        var path = _folder.File("place.html");
        new MaskReport("{facts}", _video.Grid, [TokenSelection.OfScores("SCORE", _logits)]) { Facts = [new("Model", "{title}")] }.Write(path);

        using var browser = Browser.Open(path);

        Assert.That((browser.Text("h1"), browser.Text("dl.facts dd:last-child")), Is.EqualTo(("{facts}", "{title}")));
    }

    [Test]
    public void Write_UnknownExtension_NamesThoseThereAre() =>
        Assert.That(() => _report.Write(_folder.File("clip.pdf")), Throws.ArgumentException.With.Message.Contains(".html, .png, .gif or .mp4").And.Message.Contains("clip.pdf"));

    [Test]
    public void Constructor_SelectionOfAnotherVideo_SaysBothNumbers() =>
        Assert.That(
            () => new MaskReport("clip", new TokenGrid(1, 2, 2), [TokenSelection.OfScores("SCORE", [1, 2, 3])]),
            Throws.ArgumentException.With.Message.Contains("The grid 1x2x2 has 4 tokens, the selection 'SCORE' has 3."));

    private static int[] Indices(bool[] mask) => [.. mask.Index().Where(token => token.Item).Select(token => token.Index)];
}
