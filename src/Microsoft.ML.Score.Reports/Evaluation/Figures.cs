using System.Globalization;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Reports.Evaluation;

/// <summary>The parts of the time, in their order.</summary>
internal static class TimeParts
{
    public static readonly (string Name, Func<SystemTimes, TimeSpan> Of)[] All =
    [
        ("decode", times => times.Decoding), ("encode", times => times.Encoding), ("compress", times => times.Compression),
        ("gather", times => times.Gather), ("prefill", times => times.Prefill), ("generate", times => times.Generation),
    ];
}

/// <summary>Numbers as text.</summary>
internal static class Figures
{
    public static string Budget(SystemResult system) => Text($"{(system.TokenCount is { } count ? $"{count} tokens" : Text($"{system.RetentionRatio:0.##%}"))}");

    public static string Milliseconds(TimeSpan time) => Text($"{time.TotalMilliseconds:0.0}");

    public static string Percent(double value) => Text($"{value:0.0%}");

    /// <summary>The ends of an interval; of one video alone there is none, since nothing tells how videos differ.</summary>
    public static string Interval(Estimate? estimate) => estimate is null ? "-" : estimate.Clusters < 2 ? "one video" : Text($"{100 * estimate.Low:0.0} to {100 * estimate.High:0.0}");

    public static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
