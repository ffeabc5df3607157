using System.Globalization;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Reports.Evaluation;

[TestFixture]
public class EvaluationTableTests
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

    [Test]
    public void OfAccuracy_TwoBenchmarks_HasTheFiguresOfEachRow()
    {
        var table = EvaluationTable.OfAccuracy(Documents.Small().Result);

        Assert.That(table.Headers, Is.EqualTo(new[]
        {
            "system", "budget", "kept", "quiz", "short", "long", "video-mme", "average", "% of all tokens", "95% interval", "SCORE minus it", "95% interval", "caption CE", "tokens", "prefill (ms)", "speed-up",
        }));
        Assert.That(table.Rows[3], Is.EqualTo(new[] { "SCORE", "10%", "10.0%", "93.8%", "92.8%", "91.8%", "88.8%", "94.8%", "98.9", "96.7 to 100.8", "-", "-", "1.052", "432.0", "200.0", "10.1x" }));
        Assert.That(table.Rows[4][10], Is.EqualTo("21.1 pt"));
    }

    [Test]
    public void OfTimes_EveryRow_HasSixParts()
    {
        var table = EvaluationTable.OfTimes(Documents.Small().Result);

        Assert.That(table.Headers, Is.EqualTo(new[] { "ms", "budget", "decode", "encode", "compress", "gather", "prefill", "generate" }));
        Assert.That(table.Rows[1], Is.EqualTo(new[] { "SCORE", "40%", "100.1", "700.2", "18.6", "3.3", "800.0", "50.5" }));
    }

    /// <summary>Read back by a reader of its own, each cell is the figure of the document to the last bit, in any language.</summary>
    [Test]
    public void ToCsv_ReadBack_HasEveryFigureToTheLastBit()
    {
        var document = Documents.Small();

        var rows = Csv(EvaluationTable.ToCsv(document));

        Assert.That(rows, Has.Count.EqualTo(1 + 5));
        Assert.That(rows, Has.All.Count.EqualTo(rows[0].Count));
        Assert.That(rows[0], Is.Unique);
        foreach (var (system, row) in document.Result.Systems.Zip(rows.Skip(1)))
        {
            Assert.That(Cell("system"), Is.EqualTo(system.Name));
            Assert.That(Number("retention ratio"), Is.EqualTo(system.RetentionRatio));
            Assert.That(Cell("token count"), Is.Empty);
            Check("accuracy", system.Accuracy);
            Check("share of all tokens", system.KeptShare);
            Check("SCORE minus it", system.ReferenceMinusThis);
            Check("caption CE", system.CaptionCrossEntropy);
            Check("quiz length long", system.Benchmarks[0].ByLength[1].Estimate);
            Check($"quiz category colour {Documents.Hostile}", system.Benchmarks[0].ByCategory[0].Estimate);
            Check("video-mme mean over tasks", system.Benchmarks[1].Metrics[1].Estimate);
            Assert.That(Number("quiz unreadable answers"), Is.EqualTo(system.Benchmarks[0].UnreadableAnswers));
            Assert.That(Number("prefill (ms)"), Is.EqualTo(system.Times.Prefill.TotalMilliseconds));
            Assert.That(Number("speed-up"), Is.EqualTo(system.SpeedUp));

            string Cell(string name) => row[rows[0].IndexOf(name)];

            double Number(string name) => double.Parse(Cell(name), CultureInfo.InvariantCulture);

            void Check(string name, Estimate? estimate)
            {
                if (estimate is null)
                    Assert.That(new[] { name, $"{name} low", $"{name} high", $"{name} n", $"{name} clusters" }.Select(Cell), Has.All.Empty);
                else
                    Assert.That(
                        (Number(name), Number($"{name} low"), Number($"{name} high"), Number($"{name} n"), Number($"{name} clusters")),
                        Is.EqualTo((estimate.Value, estimate.Low, estimate.High, (double)estimate.Count, (double)estimate.Clusters)), name);
            }
        }
    }

    [Test]
    public void ToMarkdown_HasTheCellsOfTheTables_AndNoTextOfOthersAsMarkup()
    {
        var document = Documents.Small();

        var lines = EvaluationTable.ToMarkdown(document).Split('\n');

        Assert.That(lines[0], Does.StartWith("**SCORE at 10%: 94.8% of 3,020 questions, averaged over 2 benchmarks; all tokens 95.9%, a difference of -1.1 points (-1.7 to -0.7).**"));
        var rows = lines.Where(line => line.StartsWith('|')).ToList();
        Assert.That(rows, Has.Count.EqualTo(2 * (2 + 5)));
        Assert.That(rows[5], Is.EqualTo("| " + string.Join(" | ", EvaluationTable.OfAccuracy(document.Result).Rows[3]) + " |"));
        Assert.That(rows.Take(7).Select(row => row.Replace("\\|", "", StringComparison.Ordinal).Count(character => character == '|')), Has.All.EqualTo(17));
        Assert.That(string.Concat(lines.Where(line => !line.StartsWith("model: ", StringComparison.Ordinal))), Does.Not.Contain("<script>"));
        Assert.That(lines, Has.Some.Contains("quiz: 1 videos missing.").And.Some.Contains("From 12 of 15,100 answers no option could be read"));
    }

    /// <summary>RFC 4180: quotes are doubled within quotes.</summary>
    private static List<List<string>> Csv(string text)
    {
        List<List<string>> rows = [[]];
        var (cell, isQuoted) = ("", false);
        for (var i = 0; i < text.Length; i++)
        {
            if (isQuoted && text[i] == '"' && i + 1 < text.Length && text[i + 1] == '"')
                cell += text[i++];
            else if (text[i] == '"')
                isQuoted = !isQuoted;
            else if (!isQuoted && text[i] is ',' or '\r')
            {
                rows[^1].Add(cell);
                cell = "";
            }
            else if (!isQuoted && text[i] == '\n')
                rows.Add([]);
            else
                cell += text[i];
        }

        Assert.That(rows[^1], Is.Empty, "the last line ends");
        return rows[..^1];
    }
}
