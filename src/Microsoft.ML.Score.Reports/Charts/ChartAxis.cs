using System.Globalization;

namespace Microsoft.ML.Score.Reports.Charts;

/// <summary>One axis: the range it shows, where a value lies in it, and its ticks at round numbers.</summary>
internal sealed class ChartAxis
{
    private const double Padding = 0.06;

    private readonly double _from;
    private readonly double _to;
    private readonly int _mostTicks;

    /// <param name="values">What it must show.</param>
    /// <param name="isLog">Whether equal ratios are equal distances; the values are then above 0.</param>
    /// <param name="pads">Whether there is room beside the values.</param>
    /// <param name="from">The lower end, where it is fixed.</param>
    /// <param name="to">The upper end, where it is fixed.</param>
    /// <param name="mostTicks">Ticks that there is room for.</param>
    public ChartAxis(IEnumerable<double> values, bool isLog, bool pads, double? from = null, double? to = null, int mostTicks = 5)
    {
        IsLog = isLog;
        _mostTicks = mostTicks;
        var (low, high) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values.Where(value => double.IsFinite(value) && (!isLog || value > 0)))
            (low, high) = (Math.Min(low, value), Math.Max(high, value));
        if (low > high)
            (low, high) = isLog ? (1, 10) : (0, 1);
        (low, high) = (Scaled(low), Scaled(high));
        if (low == high)
            (low, high) = isLog ? (low - 0.3, high + 0.3) : (low - Math.Max(Math.Abs(low) * 0.1, 1e-9), high + Math.Max(Math.Abs(high) * 0.1, 1e-9));
        var room = pads ? (high - low) * Padding : 0;
        _from = from is { } fixedFrom ? Scaled(fixedFrom) : low - room;
        _to = to is { } fixedTo ? Scaled(fixedTo) : high + room;
        if (!(_to > _from))
            _to = _from + 1;
    }

    public bool IsLog { get; }

    /// <summary>Where a value lies, from 0 at the lower end to 1 at the upper.</summary>
    public double Share(double value) => (Scaled(value) - _from) / (_to - _from);

    /// <summary>Round numbers within the range, ascending.</summary>
    public IReadOnlyList<double> Ticks() => IsLog ? LogTicks() : LinearTicks();

    /// <summary>A number with the digits that tell neighbouring ticks apart.</summary>
    public static string Format(double value) => value == 0 ? "0"
        : Math.Abs(value) is >= 1e6 or < 1e-4 ? value.ToString("0.##e+0", CultureInfo.InvariantCulture)
        : value.ToString("0.######", CultureInfo.InvariantCulture);

    private double Scaled(double value) => IsLog ? Math.Log10(value) : value;

    private List<double> LinearTicks()
    {
        var raw = (_to - _from) / _mostTicks;
        var magnitude = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        var step = magnitude * (raw / magnitude) switch { <= 1 => 1, <= 2 => 2, <= 5 => 5, _ => 10 };
        var ticks = new List<double>();
        for (var n = Math.Ceiling(_from / step - 1e-9); n * step <= _to + step * 1e-9; n++)
            ticks.Add(Math.Round(n * step / magnitude, 6) * magnitude is var tick && Math.Abs(tick) < step * 1e-6 ? 0 : tick);
        return ticks;
    }

    private List<double> LogTicks()
    {
        List<double> ticks = [];
        for (var power = (int)Math.Floor(_from); power <= _to; power++)
            ticks.AddRange(new[] { 1.0, 2, 5 }.Select(digit => digit * Math.Pow(10, power)).Where(tick => Share(tick) is >= -1e-9 and <= 1 + 1e-9));
        return ticks.Count(tick => Math.Log10(tick) % 1 == 0) > _mostTicks / 2 ? [.. ticks.Where(tick => Math.Log10(tick) % 1 == 0)] : ticks;
    }
}
