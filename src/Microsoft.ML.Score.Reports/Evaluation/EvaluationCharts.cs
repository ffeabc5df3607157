using System.Text;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Reports.Charts;

namespace Microsoft.ML.Score.Reports.Evaluation;

/// <summary>A result as charts: what is kept against what it costs, and where the time goes.</summary>
internal static class EvaluationCharts
{
    /// <summary>Colours of a chart: the lines beyond them are dashed.</summary>
    private const int Colors = 7;

    /// <summary>The colour of all tokens, with which the others are compared.</summary>
    private const int Quiet = 7;

    /// <summary>How far neighbouring lines are moved apart, so that their intervals do not hide each other.</summary>
    private const double Apart = 0.012;

    /// <summary>Accuracy against the share of tokens that was really kept: of several benchmarks their average and each.</summary>
    public static string Accuracy(BenchmarkResult result)
    {
        var html = new StringBuilder("<div class=\"charts\">");
        if (result.Benchmarks.Count > 1)
            html.Append(Accuracy(result, $"Average of {result.Benchmarks.Count} benchmarks", system => system.Accuracy, result.Benchmarks.Average(benchmark => benchmark.ChanceLevel)));
        foreach (var (index, benchmark) in result.Benchmarks.Index())
            html.Append(Accuracy(result, $"{benchmark.Name}, {benchmark.Metrics[0]}", system => system.Benchmarks[index].Metrics[0].Estimate, benchmark.ChanceLevel));
        return html.Append("</div>").ToString();
    }

    /// <summary>Where the time of a video and a question goes, a chart a budget, all on one scale.</summary>
    public static string Times(BenchmarkResult result)
    {
        var html = new StringBuilder("<div class=\"charts\">");
        var all = EvaluationHeadline.AllTokensOf(result);
        var longest = result.Systems.Max(system => Values(system).Sum());
        var budgets = result.Systems.Where(system => system != all).GroupBy(Figures.Budget).Select(budget => (Name: budget.Key, Systems: budget.ToList())).ToList();
        if (budgets.Count == 0)
            budgets.Add(("100%", []));
        foreach (var (budget, systems) in budgets)
        {
            List<SystemResult> rows = [.. all is null ? Array.Empty<SystemResult>() : [all], .. systems];
            html.Append(new StackedBars
            {
                Title = $"At {budget}",
                Summary = $"Milliseconds at {budget}: " + string.Join("; ", rows.Select(system => $"{system.Name} {Milliseconds(Values(system).Sum())}")),
                Parts = [.. TimeParts.All.Select(part => part.Name)],
                Rows = [.. rows.Select(system => (system.Name, (IReadOnlyList<double>)Values(system)))],
                Longest = longest,
                Format = Milliseconds,
            }.ToHtml());
        }

        return html.Append("</div>").ToString();

        static double[] Values(SystemResult system) => [.. TimeParts.All.Select(part => part.Of(system.Times).TotalMilliseconds)];

        static string Milliseconds(double value) => Figures.Text($"{value:#,0.0} ms");
    }

    private static string Accuracy(BenchmarkResult result, string title, Func<SystemResult, Estimate> figure, double chance)
    {
        var all = EvaluationHeadline.AllTokensOf(result);
        var methods = result.Systems.Where(system => system != all).GroupBy(system => system.Name).OrderByDescending(method => method.First().IsReference)
            .Select(method => method.OrderBy(system => system.Retention).ToList()).ToList();
        var series = methods.Select((method, index) => new ChartSeries(
            method[0].Name, [.. method.Select(system => Point(system, index - (methods.Count - 1) / 2.0))], SeriesStyle.LineAndDots, IsDashed: index >= Colors)
        {
            Color = index % Colors,
        }).ToList();
        if (all is not null)
        {
            // A line across, named in the legend: at its end its name would stand on the points of the largest budgets.
            var places = methods.Count == 0 ? [all.Retention] : methods.SelectMany(method => method).Select(system => system.Retention).Order().ToArray();
            var text = $"{Named(all)}: {Described(figure(all))}";
            series.Add(new ChartSeries($"all tokens, {Figures.Percent(figure(all).Value)}", [.. new[] { places[0], places[^1] }.Distinct().Select(place => new ChartPoint(place, figure(all).Value, Text: text))], IsDashed: true) { Color = Quiet });
        }

        return new LineChart
        {
            Title = title,
            Summary = $"{title}, against the share of tokens kept: " + string.Join("; ", result.Systems.Select(system => $"{Named(system)} {Described(figure(system))}")),
            Series = series,
            XLabel = "share of the tokens kept",
            HasLogX = true,
            Height = 290,
            FormatX = LineChart.Percent,
            FormatY = LineChart.Percent,
            Values = [new(chance, $"guessing {Figures.Percent(chance)}")],
        }.ToHtml();

        ChartPoint Point(SystemResult system, double place)
        {
            var estimate = figure(system);
            return new ChartPoint(
                system.Retention * Math.Exp(Apart * place), estimate.Value, estimate.Low, estimate.High, $"{Named(system)}: {Described(estimate)}, {Figures.Percent(system.Retention)} of the tokens kept");
        }

        static string Named(SystemResult system) => $"{system.Name} at {Figures.Budget(system)}";

        static string Described(Estimate estimate) => $"{Figures.Percent(estimate.Value)} ({Figures.Interval(estimate)})";
    }
}
