using System.Globalization;
using Microsoft.ML.Score.Reports.Pages;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;
using OpenQA.Selenium;

namespace Microsoft.ML.Score.Reports.Training;

/// <summary>The page and the table of a real training say what its record says.</summary>
[TestFixture]
public class TrainingPageTests
{
    private readonly TemporaryFolder _folder = new();

    private string Metrics => _folder.File("metrics.jsonl");
    private string Html => _folder.File("training.html");

    [OneTimeSetUp]
    public void Train()
    {
        var rows = Enumerable.Range(0, 12).SelectMany(i => new[] { PlantedModel.Example(i, 1), PlantedModel.Example(100 + i, 6) });
        var options = new TrainerOptions
        {
            WarmUpSteps = 30,
            MainSteps = 40,
            BatchSize = 4,
            Rollouts = 8,
            HiddenWidth = 16,
            LearningRate = 0.02,
            ValidationInterval = 10,
            FurtherValidationRatios = [0.05, 0.25],
            MetricsPath = Metrics,
        };
        new ScoreTrainer(new PlantedModel { Info = new VideoModelInfo("models/<b>planted", "0123abcd", PlantedModel.Dimension) }, options)
            .Fit(rows, Enumerable.Range(200, 8).Select(i => PlantedModel.Example(i, 6)).ToList());
        TrainingPage.Write(TrainingRecord.Read(Metrics), Html, "<script>alert(1)</script>.jsonl");
    }

    [OneTimeTearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Page_OfATraining_SaysTheNumbersOfItsRecord()
    {
        var record = TrainingRecord.Read(Metrics);
        using var browser = Browser.Open(Html);

        Assert.That(browser.Text(".verdict"), Is.EqualTo(record.Verdict));
        Assert.That(browser.Text("h1"), Does.EndWith("for <b>planted"), "the model's name is text");
        var best = record.Validations.Last(validation => validation.IsBest);
        Assert.That(browser.Text(".tiles strong"), Is.EqualTo(best.CrossEntropy.ToString("F4", CultureInfo.InvariantCulture)));
        Assert.That(Cells(browser, "validations"), Is.EqualTo(record.Validations.Select(validation => string.Join('|',
            validation.Step, validation.Stage == TrainingStage.WarmUp ? "warm-up" : "main stage", F4(validation.CrossEntropy), F4(validation.FurtherCrossEntropies![0.05]), F4(validation.FurtherCrossEntropies[0.25]),
            F4(validation.BaseCrossEntropy), validation.IsBest ? "yes" : ""))));
        var main = record.Steps.Where(step => step.Stage == TrainingStage.Main).ToList();
        Assert.That(Cells(browser, "stages")[1], Does.StartWith($"main stage|40|1.02|{F4(main.TakeLast(20).Average(step => step.CrossEntropy / step.BaseCrossEntropy))}|{F4(main.TakeLast(20).Average(step => step.PerformanceReward))}|"));
        Assert.That(browser.Read<int>("document.querySelectorAll('.chart').length"), Is.EqualTo(7));
        Assert.That(browser.Read<string>("document.querySelector('dl.facts:last-of-type').textContent"), Does.Contain("<script>alert(1)</script>.jsonl"));
        Assert.That(browser.Read<int>("document.scripts.length"), Is.Zero);
    }

    [Test]
    public void Page_MasksOfTheFirstVideo_LightAsManyTokensAsAreKept()
    {
        var record = TrainingRecord.Read(Metrics);
        using var browser = Browser.Open(Html);

        // 6 steps of 12 tokens, all shown: floor(0.1 * 72) = 7 are kept.
        Assert.That(browser.Read<int>("document.querySelectorAll('.strips svg').length"), Is.InRange(7, record.Validations.Count));
        Assert.That(browser.Read<int>("Array.from(document.querySelectorAll('.strips svg')).filter(strip => strip.getAttribute('aria-label').endsWith(': 7 of 72 tokens kept')).length"),
            Is.EqualTo(browser.Read<int>("document.querySelectorAll('.strips svg').length")));
        var lit = browser.Read<int>("document.querySelector('.strips path').getAttribute('d').match(/h(\\d+)v/g).map(run => parseInt(run.slice(1))).reduce((sum, run) => sum + run, 0)");
        Assert.That(lit, Is.EqualTo(7));
    }

    [TestCase(false, false, "training-desktop-light")]
    [TestCase(false, true, "training-desktop-dark")]
    [TestCase(true, false, "training-phone-light")]
    [TestCase(true, true, "training-phone-dark")]
    public void Page_OnEveryScreen_HasNoErrorsAndFits(bool phone, bool dark, string name)
    {
        using var browser = Browser.Open(Html, phone, dark);

        TestContext.AddTestAttachment(browser.Screenshot(name));
        Assert.That(browser.Errors, Is.Empty);
        Assert.That(browser.ScrollsSideways, Is.False);
        Assert.That(new FileInfo(Html).Length, Is.LessThan(2_000_000));
        // No heading leaves out a level, and a table's heads say what they head.
        var levels = browser.ReadNumbers("Array.from(document.querySelectorAll('h1,h2,h3')).map(heading => parseInt(heading.tagName[1]))");
        Assert.That(levels[0], Is.EqualTo(1));
        Assert.That(levels.Zip(levels.Skip(1)).All(pair => pair.Second <= pair.First + 1));
        Assert.That(browser.Read<int>("document.querySelectorAll('th:not([scope])').length"), Is.Zero);
        Assert.That(browser.Read<int>("document.querySelectorAll('svg[role=img]:not([aria-label])').length"), Is.Zero);
    }

    [Test]
    public void Page_ByKeyboard_ReachesTheTablesThatScroll()
    {
        using var browser = Browser.Open(Html, phone: true);
        List<string> reached = [];

        for (var i = 0; i < 2; i++)
        {
            browser.Press(Keys.Tab);
            reached.Add(browser.Read<string>("document.activeElement.querySelector('table').id"));
        }

        Assert.That(reached, Is.EqualTo(new[] { "stages", "validations" }));
        Assert.That(browser.Read<string>("getComputedStyle(document.activeElement).outlineStyle"), Is.EqualTo("solid"));
        browser.Press(Keys.ArrowRight, Keys.ArrowRight);
        Assert.That(() => browser.Read<int>("document.activeElement.scrollLeft"), Is.GreaterThan(0).After(3000, 50));
    }

    [Test]
    public void Page_OfATrainingUnderWay_SaysSo()
    {
        var lines = File.ReadAllLines(Metrics);
        var untilStep12 = lines.TakeWhile(line => !line.StartsWith("{\"kind\":\"step\",\"stage\":\"WarmUp\",\"step\":13,", StringComparison.Ordinal)).ToList();
        File.WriteAllText(_folder.File("running.jsonl"), string.Join('\n', untilStep12) + "\n{\"kind\":\"step\",\"sta");
        TrainingPage.Write(TrainingRecord.Read(_folder.File("running.jsonl")), _folder.File("running.html"));

        Assert.That(File.ReadAllText(_folder.File("running.html")), Does.Contain("This training is not finished: step 12 of 70, in the warm-up."));
    }

    [Test]
    public void Page_OfARecordOfAnEarlierVersion_IsOfWhatItHas()
    {
        var step = """{"kind":"step","stage":"WarmUp","step":1,"loss":0.5,"base_cross_entropy":0,"cross_entropy":1.25,"performance_reward":-0.24,"compression_reward":0.25,"safe_share":0.5,"retention":0.75,"gradient_norm":2,"logit_mean":-3,"logit_deviation":4,"videos_without_safe":0,"videos_without_spread":1,"seconds":0.125}""";
        File.WriteAllText(_folder.File("old.jsonl"), step + "\n");

        TrainingPage.Write(TrainingRecord.Read(_folder.File("old.jsonl")), _folder.File("old.html"));

        using var browser = Browser.Open(_folder.File("old.html"));
        Assert.That(browser.Errors, Is.Empty);
        Assert.That(browser.Text(".verdict"), Is.EqualTo("This training is not finished: step 1, in the warm-up."));
        Assert.That(browser.Read<int>("document.querySelectorAll('.chart').length"), Is.EqualTo(4));
        Assert.That(File.ReadAllText(_folder.File("old.html")), Does.Not.Contain("NaN"));
    }

    /// <summary>Of a long training a chart shows means of neighbours, so that the page stays small.</summary>
    [Test]
    public void Page_OfTwentyThousandSteps_StaysUnderTwoMegabytes()
    {
        var lines = File.ReadAllLines(Metrics);
        var step = lines.First(line => line.StartsWith("{\"kind\":\"step\"", StringComparison.Ordinal));
        var validation = lines.First(line => line.StartsWith("{\"kind\":\"validation\"", StringComparison.Ordinal));
        File.WriteAllLines(_folder.File("long.jsonl"), Enumerable.Range(1, 20_000).SelectMany(number => new[] { step.Replace("\"step\":1,", $"\"step\":{number},", StringComparison.Ordinal) }
            .Concat(number % 100 == 0 ? [validation.Replace("\"step\":0,", $"\"step\":{number},", StringComparison.Ordinal)] : [])));

        TrainingPage.Write(TrainingRecord.Read(_folder.File("long.jsonl")), _folder.File("long.html"));

        Assert.That(new FileInfo(_folder.File("long.html")).Length, Is.LessThan(2_000_000));
    }

    [Test]
    public void Csv_OfATraining_HasARowAStepWithTheNumbersOfTheRecord()
    {
        var record = TrainingRecord.Read(Metrics);

        TrainingPage.WriteCsv(record, _folder.File("training.csv"));

        var table = File.ReadAllLines(_folder.File("training.csv")).Select(line => line.Split(',')).ToList();
        Assert.That(table.Skip(1).Select(row => int.Parse(row[0], CultureInfo.InvariantCulture)), Is.EqualTo(Enumerable.Range(0, 71)));
        Assert.That(table.Select(row => row.Length), Is.All.EqualTo(table[0].Length));
        Assert.That(Column("retention"), Is.EqualTo(record.Steps.Select(step => (double?)step.Retention).Prepend(null)));
        Assert.That(Column("mask_entropy"), Is.EqualTo(record.Steps.Select(step => step.MaskEntropy).Prepend(null)));
        Assert.That(Column("reward_deviation"), Is.EqualTo(record.Steps.Select(step => step.RewardDeviation).Prepend(null)));
        Assert.That(Column("validation_cross_entropy").Where(value => value is not null), Is.EqualTo(record.Validations.Select(validation => validation.CrossEntropy)));
        Assert.That(Column("validation_cross_entropy_at_0.25").Where(value => value is not null), Is.EqualTo(record.Validations.Select(validation => validation.FurtherCrossEntropies![0.25])));

        List<double?> Column(string name) => [.. table.Skip(1).Select(row => row[Array.IndexOf(table[0], name)]).Select(text => text.Length == 0 ? (double?)null : double.Parse(text, CultureInfo.InvariantCulture))];
    }

    private static string[] Cells(Browser browser, string table) =>
        browser.Read<string>($"Array.from(document.querySelectorAll('#{table} tbody tr')).map(row => Array.from(row.cells).map(cell => cell.textContent).join('|')).join('\\n')").Split('\n');

    private static string F4(double value) => value.ToString("F4", CultureInfo.InvariantCulture);
}
