namespace Microsoft.ML.Score.Reports.Pages;

[TestFixture]
public class HtmlPageTests
{
    private const string Hostile = "</script><script>document.title = 'taken'</script>\"'<!--";

    [Test]
    public void Write_HostileTexts_AreShownAndNotRun()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("page.html");
        var page = new HtmlPage
        {
            Title = Hostile,
            Body = $"<h1>{HtmlPage.Encode(Hostile)}</h1><p id=\"shown\"></p>",
            Data = new { text = Hostile },
            Script = "document.getElementById('shown').textContent = JSON.parse(document.getElementById('data').textContent).text;",
        };

        page.Write(path);

        using var browser = Browser.Open(path);
        Assert.Multiple(() =>
        {
            Assert.That(browser.Errors, Is.Empty);
            Assert.That(browser.Text("h1"), Is.EqualTo(Hostile));
            Assert.That(browser.Text("#shown"), Is.EqualTo(Hostile));
            Assert.That(browser.Read<string>("document.title"), Is.EqualTo(Hostile));
        });
    }

    [Test]
    public void Write_ScriptThatIsNotThePages_IsRefusedByThePolicy()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("page.html");
        new HtmlPage { Title = "before", Body = "<script>document.title = 'taken'</script><img src=\"http://127.0.0.1:9/x.png\">", Script = "window.ran = 1;" }.Write(path);

        using var browser = Browser.Open(path);

        Assert.Multiple(() =>
        {
            Assert.That(browser.Read<string>("document.title"), Is.EqualTo("before"));
            Assert.That(browser.Read<int>("window.ran"), Is.EqualTo(1));
            Assert.That(browser.Errors, Has.Count.EqualTo(2).And.All.Contains("Content Security Policy"));
        });
    }
}
