using System.Globalization;
using Microsoft.ML.Score.Evaluation;

namespace Microsoft.ML.Score.Experiment;

/// <summary>How numbers are printed: shares in percent, differences in points, each with its 95% interval.</summary>
internal static class Format
{
    public static string Interval(Estimate estimate) => $"{Percent(estimate.Value)} ({Percent(estimate.Low)} to {Percent(estimate.High)})";

    public static string Difference(Estimate estimate) => $"{Signed(estimate.Value)} ({Signed(estimate.Low)} to {Signed(estimate.High)})";

    public static string Percent(double share) => Number(share * 100, "0.0");

    public static string Ratio(double ratio) => Number(ratio * 100, "0") + "%";

    public static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Signed(double share) => Number(share * 100, "+0.0;-0.0;0.0");
}
