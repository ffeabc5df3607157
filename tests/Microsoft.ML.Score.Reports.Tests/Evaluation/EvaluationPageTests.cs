using System.Globalization;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Reports.Pages;
using OpenQA.Selenium;

namespace Microsoft.ML.Score.Reports.Evaluation;

[TestFixture]
public class EvaluationPageTests
{
    private CultureInfo _before = CultureInfo.InvariantCulture;

    /// <summary>Decimal commas, in which every number must be the same.</summary>
    [SetUp]
    public void UseCommas()
    {
        _before = CultureInfo.CurrentCulture;
        var commas = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        (commas.NumberFormat.NumberDecimalSeparator, commas.NumberFormat.NumberGroupSeparator, commas.NumberFormat.PercentDecimalSeparator) = (",", ".", ",");
        CultureInfo.CurrentCulture = commas;
    }

    [TearDown]
    public void UseTheCultureOfBefore() => CultureInfo.CurrentCulture = _before;

    /// <summary>Every cell of the terminal's tables stands in the page's, whatever the language, and hostile names are texts.</summary>
    [Test]
    public void Write_Tables_HaveTheCellsOfTheTerminal()
    {
        using var folder = new TemporaryFolder();
        var document = Documents.Small();

        EvaluationPage.Write(document, folder.File("page.html"));

        using var browser = Browser.Open(folder.File("page.html"));
        Assert.Multiple(() =>
        {
            Assert.That(browser.Errors, Is.Empty);
            Assert.That(browser.Text("#headline"), Is.EqualTo("SCORE at 10%: 94.8% of 3,020 questions, averaged over 2 benchmarks; all tokens 95.9%, a difference of -1.1 points (-1.7 to -0.7)."));
            foreach (var (table, name) in new[] { (EvaluationTable.OfAccuracy(document.Result), "Accuracy and cost"), (EvaluationTable.OfTimes(document.Result), "Times in milliseconds") })
            {
                Assert.That(Cells($"[aria-label=\"{name}\"] thead"), Is.EqualTo(table.Headers), name);
                Assert.That(Cells($"[aria-label=\"{name}\"] tbody"), Is.EqualTo(table.Rows.SelectMany(row => row)), name);
            }

            Assert.That(browser.Read<string>("document.title"), Does.Contain("<script>"));
            Assert.That(browser.Read<int>("document.querySelectorAll('script').length"), Is.Zero);
            Assert.That(browser.Text("main"), Does.Contain("2026-03-04 05:06:07 UTC").And.Contain("fa4e.11").And.Contain("score eval --json <script>").And.Contain("From 12 of 15,100 answers no option could be read"));
        });

        string[] Cells(string selector) => browser.Read<string>($"Array.from(document.querySelectorAll({System.Text.Json.JsonSerializer.Serialize(selector + " :is(th,td)")})).map(cell => cell.textContent).join('\\n')").Split('\n');
    }

    /// <summary>A dot of a chart lies where its figure belongs between the ticks, and tells its numbers.</summary>
    [Test]
    public void Write_AccuracyChart_HasADotPerFigureAndTheIntervalInItsText()
    {
        using var folder = new TemporaryFolder();
        var document = Documents.Small();
        EvaluationPage.Write(document, folder.File("page.html"));

        var html = File.ReadAllText(folder.File("page.html"));

        foreach (var system in document.Result.Systems.Skip(1))
        {
            var figure = system.Benchmarks[0].Metrics[0].Estimate;
            var text = string.Create(CultureInfo.InvariantCulture, $"{HtmlPage.Encode(system.Name)} at {system.RetentionRatio:0%}: {figure.Value:0.0%} ({100 * figure.Low:0.0} to {100 * figure.High:0.0}), {system.Retention:0.0%} of the tokens kept");
            Assert.That(html, Does.Contain($"<title>{text}</title>"));
        }

        Assert.That(html, Does.Contain("all tokens, 94.9%").And.Contain("guessing 25.0%"), "quiz has 95.91% - 1.01%");
    }

    [TestCase(false, false)]
    [TestCase(false, true)]
    [TestCase(true, false)]
    [TestCase(true, true)]
    public void Write_OpenedAnywhere_FitsAndHasNoErrors(bool phone, bool dark)
    {
        using var folder = new TemporaryFolder();
        EvaluationPage.Write(Documents.Small(), folder.File("small.html"));
        EvaluationPage.Write(Documents.OfTable1(), folder.File("table1.html"));
        foreach (var name in new[] { "small", "table1" })
        {
            using var browser = Browser.Open(folder.File($"{name}.html"), phone, dark);
            TestContext.Out.WriteLine(browser.Screenshot($"evaluation-{name}-{(phone ? "phone" : "desktop")}-{(dark ? "dark" : "light")}"));

            Assert.That(browser.Errors, Is.Empty);
            Assert.That(browser.ScrollsSideways, Is.False);
            Assert.That(new FileInfo(folder.File($"{name}.html")).Length, Is.LessThan(2_000_000));
            Assert.That(browser.ReadNumbers("Array.from(document.querySelectorAll('h1,h2,h3')).map(heading => Number(heading.tagName[1]))").Zip(
                browser.ReadNumbers("Array.from(document.querySelectorAll('h1,h2,h3')).map(heading => Number(heading.tagName[1]))").Skip(1), (before, after) => after - before), Has.All.LessThanOrEqualTo(1));
            Assert.That(browser.Read<int>("document.querySelectorAll('thead th:not([scope])').length"), Is.Zero);
        }
    }

    /// <summary>Tables that scroll and lists that open are reached and worked by keys alone.</summary>
    [Test]
    public void Write_ByKeyboard_TablesScrollAndListsOpen()
    {
        using var folder = new TemporaryFolder();
        EvaluationPage.Write(Documents.Small(), folder.File("page.html"));
        using var browser = Browser.Open(folder.File("page.html"), phone: true);

        browser.Press(Keys.Tab);
        Assert.That(browser.Read<string>("document.activeElement.getAttribute('aria-label')"), Is.EqualTo("Accuracy and cost"));
        Assert.That(browser.Read<string>("getComputedStyle(document.activeElement).outlineStyle"), Is.EqualTo("solid"));
        var regions = browser.Read<int>("document.querySelectorAll('[tabindex]').length");
        for (var tab = 0; tab < regions; tab++)
            browser.Press(Keys.Tab);
        Assert.That(browser.Read<string>("document.activeElement.tagName"), Is.EqualTo("SUMMARY"));
        browser.Press(Keys.Enter);
        Assert.That(browser.Read<bool>("document.activeElement.parentElement.open"), Is.True);
        Assert.That(browser.Text("details[open] li"), Is.EqualTo("missing " + Documents.Hostile));
    }

    [Test]
    public void Write_LongLists_AreCutAndSaySo()
    {
        using var folder = new TemporaryFolder();
        var document = Documents.Small();
        var result = document.Result with { Benchmarks = [document.Result.Benchmarks[0] with { MissingVideos = [.. Enumerable.Range(0, 30_000).Select(video => $"{video:00000} {new string('x', 100)}.mp4")] }, document.Result.Benchmarks[1]] };

        EvaluationPage.Write(new EvaluationDocument(result), folder.File("page.html"));

        Assert.That(new FileInfo(folder.File("page.html")).Length, Is.LessThan(2_000_000));
        Assert.That(File.ReadAllText(folder.File("page.html")), Does.Contain("quiz: 30,000 videos missing.").And.Contain("and 29500 more, which the JSON document lists"));
    }

    /// <summary>A document of before has neither origin nor differences; one system alone is no comparison.</summary>
    [Test]
    public void Write_DocumentWithoutOriginOrComparison_LeavesThemOut()
    {
        using var folder = new TemporaryFolder();
        var result = Documents.Small().Result;

        EvaluationPage.Write(new EvaluationDocument(result with { Systems = [.. result.Systems.Select(system => system with { MinusAllTokens = null, IsReference = false })] }), folder.File("before.html"));
        EvaluationPage.Write(new EvaluationDocument(result with { Systems = [result.Systems[0]] }), folder.File("alone.html"));

        Assert.That(File.ReadAllText(folder.File("before.html")), Does.Contain("SCORE at 10%: 94.8% of 3,020 questions, averaged over 2 benchmarks; all tokens 95.9%, of which 98.9% is kept (96.7 to 100.8).").And.Not.Contain("<dt>date</dt>"));
        Assert.That(File.ReadAllText(folder.File("alone.html")), Does.Contain("all tokens: 95.9% of 3,020 questions, averaged over 2 benchmarks (93.7 to 97.8)."));
    }
}
