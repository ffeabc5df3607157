using System.Globalization;
using System.Xml.Linq;

namespace Microsoft.ML.Score.Reports.Charts;

[TestFixture]
public class LineChartTests
{
    [Test]
    public void ToHtml_Points_LieWhereTheirTicksSay()
    {
        var chart = Chart([new ChartSeries("a", [new(0, 0), new(50, 25), new(100, 100)])]) with { YFrom = 0, YTo = 100 };

        var svg = Svg(chart);

        // Both axes are linear from 0 to 100: a quarter of the way up is a quarter between the ends.
        var points = Numbers((string)svg.Descendants("polyline").Single().Attribute("points")!);
        Assert.That(points[2], Is.EqualTo((points[0] + points[4]) / 2).Within(0.02));
        Assert.That(points[3], Is.EqualTo(points[1] + 0.25 * (points[5] - points[1])).Within(0.02));
        Assert.That(svg.Descendants("text").Where(text => (string?)text.Attribute("text-anchor") == "end").Select(text => text.Value), Is.EqualTo(new[] { "0", "20", "40", "60", "80", "100" }));
    }

    [Test]
    public void ToHtml_LogX_PutsEqualRatiosAtEqualDistances()
    {
        var svg = Svg(Chart([new ChartSeries("a", [new(0.05, 1), new(0.1, 2), new(0.2, 3)])]) with { HasLogX = true });

        var points = Numbers((string)svg.Descendants("polyline").Single().Attribute("points")!);
        Assert.That(points[4] - points[2], Is.EqualTo(points[2] - points[0]).Within(0.02));
    }

    [Test]
    public void ToHtml_ValueThatIsNotFinite_BreaksTheLine()
    {
        var svg = Svg(Chart([new ChartSeries("a", [new(0, 1), new(1, 2), new(2, double.NaN), new(3, 1), new(4, double.PositiveInfinity), new(5, 1), new(6, 3)])]));

        Assert.That(svg.Descendants("polyline").Count(), Is.EqualTo(2));
        Assert.That(svg.ToString(), Does.Not.Contain("NaN").And.Not.Contain("Infinity").And.Not.Contain("∞"));
    }

    [Test]
    public void ToHtml_IntervalsOfDots_AreBarsAndOfLinesABand()
    {
        ChartPoint[] points = [new(0, 1, 0.5, 1.5), new(1, 2, 1, 3)];

        Assert.That(Svg(Chart([new ChartSeries("a", points, SeriesStyle.LineAndDots)])).Descendants("path").Count(path => (string?)path.Attribute("class") == "bar"), Is.EqualTo(2));
        Assert.That(Svg(Chart([new ChartSeries("a", points)])).Descendants("polygon").Count(), Is.EqualTo(1));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void ToHtml_HardlyAnyPoints_IsAChartAllTheSame(int count)
    {
        var svg = Svg(Chart([new ChartSeries("a", [.. Enumerable.Range(0, count).Select(x => new ChartPoint(x, 7))])]));

        Assert.That(svg.ToString(), Does.Not.Contain("NaN"));
        Assert.That(svg.Descendants("circle").Count(), Is.EqualTo(count));
    }

    [Test]
    public void ToHtml_NamesWithMarkup_AreText()
    {
        const string hostile = "<script>\"'&";
        var chart = Chart([new ChartSeries(hostile, [new(0, 1), new(1, 2)]), new ChartSeries("b", [new(0, 1)])]) with
        {
            Title = hostile,
            Summary = hostile,
            Note = hostile,
            XLabel = hostile,
            YLabel = hostile,
            Values = [new(1, hostile)],
            Moments = [new(0.5, hostile)],
        };

        var figure = XElement.Parse(chart.ToHtml());

        Assert.That(figure.Descendants("script"), Is.Empty);
        Assert.That((string)figure.Element("svg")!.Attribute("aria-label")!, Is.EqualTo(hostile));
        Assert.That(figure.Descendants("li").First().Value, Is.EqualTo(hostile));
    }

    [TestCase(0, 1, "0,0.2,0.4,0.6,0.8,1")]
    [TestCase(0.83, 0.91, "0.84,0.86,0.88,0.9")]
    [TestCase(-3, 3, "-2,0,2")]
    [TestCase(0, 200, "0,50,100,150,200")]
    public void Ticks_OfARange_AreRound(double from, double to, string expected)
    {
        var axis = new ChartAxis([from, to], isLog: false, pads: false);

        Assert.That(string.Join(',', axis.Ticks().Select(ChartAxis.Format)), Is.EqualTo(expected));
    }

    private static LineChart Chart(ChartSeries[] series) => new() { Title = "title", Summary = "summary", Series = series };

    private static XElement Svg(LineChart chart) => XElement.Parse(chart.ToHtml()).Element("svg")!;

    private static double[] Numbers(string points) => [.. points.Split(' ', ',').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
}
