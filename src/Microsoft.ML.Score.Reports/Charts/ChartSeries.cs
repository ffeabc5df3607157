namespace Microsoft.ML.Score.Reports.Charts;

/// <summary>A point of a chart, with the interval it may lie in where that is known.</summary>
/// <param name="X">Where on the x axis.</param>
/// <param name="Y">Where on the y axis; a value that is not finite breaks the line.</param>
/// <param name="Low">The interval's lower end.</param>
/// <param name="High">Its upper end.</param>
/// <param name="Text">What is told of the point when it is pointed at; null for its numbers.</param>
internal readonly record struct ChartPoint(double X, double Y, double? Low = null, double? High = null, string? Text = null);

/// <summary>How a series is drawn.</summary>
internal enum SeriesStyle
{
    /// <summary>A line, and its intervals as a band.</summary>
    Line,

    /// <summary>Dots joined by a line, and their intervals as bars.</summary>
    LineAndDots,

    /// <summary>Dots alone, and their intervals as bars.</summary>
    Dots,
}

/// <summary>Points that belong together.</summary>
/// <param name="Name">As the legend says.</param>
/// <param name="Points">In the order they are joined.</param>
/// <param name="Style">How they are drawn.</param>
/// <param name="IsDashed">Whether the line is dashed, for what others are compared with.</param>
internal sealed record ChartSeries(string Name, IReadOnlyList<ChartPoint> Points, SeriesStyle Style = SeriesStyle.Line, bool IsDashed = false)
{
    /// <summary>Which of the page's colours, from 0; null for the series' own place.</summary>
    public int? Color { get; init; }
}

/// <summary>A dashed line across the chart: a value to compare with where it is of the y axis, a moment where it is of the x axis.</summary>
/// <param name="At">Where on its axis.</param>
/// <param name="Label">What it is; empty for none.</param>
internal sealed record ReferenceLine(double At, string Label);
