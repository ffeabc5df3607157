using Microsoft.ML.Score.Reports.Charts;
using Microsoft.ML.Score.Training;
using static System.FormattableString;

namespace Microsoft.ML.Score.Reports.Training;

/// <summary>A value over the steps as a chart can show it: each step, or where they are many means of neighbours of one stage, with the least and the greatest as band.</summary>
internal static class StepMeans
{
    private const int MostPoints = 240;

    public static IReadOnlyList<ChartPoint> Of(IReadOnlyList<StepMetrics> steps, Func<StepMetrics, double> value)
    {
        var size = (steps.Count + MostPoints - 1) / MostPoints;
        if (size <= 1)
            return [.. steps.Select(step => new ChartPoint(step.Step, value(step)))];
        return [.. steps.GroupBy(step => step.Stage).SelectMany(stage => stage.Chunk(size)).Select(chunk =>
        {
            var values = chunk.Select(value).Where(double.IsFinite).ToList();
            if (values.Count == 0)
                return new ChartPoint(chunk[0].Step, double.NaN);
            var (mean, low, high) = (values.Average(), values.Min(), values.Max());
            return new ChartPoint(chunk.Average(step => step.Step), mean, low, high, Invariant($"steps {chunk[0].Step} to {chunk[^1].Step}: mean {mean:G4}, from {low:G4} to {high:G4}"));
        })];
    }
}
