using System.Globalization;
using Microsoft.ML.Score.Tokens;

namespace Score.Cli.Output;

/// <summary>Which moments and which regions of a video the kept tokens come from.</summary>
internal sealed class KeptReport
{
    private const int MostBars = 40;
    private const int MostBarWidth = 40;
    private const int BesideBars = 18;
    private const int WidestDoubledMap = 40;
    private const string Shades = " .:-=+*#%@";

    private readonly KeptTokens _kept;

    public KeptReport(string video, KeptTokens kept)
    {
        _kept = kept;
        Video = video;
        PerStep = new int[kept.Grid.TimeSteps];
        PerPlace = [.. Enumerable.Range(0, kept.Grid.Height).Select(_ => new int[kept.Grid.Width])];
        foreach (var position in kept.Positions.Span)
        {
            var (step, place) = Math.DivRem(position, kept.Grid.TokensPerStep);
            PerStep[step]++;
            PerPlace[place / kept.Grid.Width][place % kept.Grid.Width]++;
        }
    }

    public string Video { get; }

    /// <summary>The whole video's.</summary>
    public TokenGrid Grid => _kept.Grid;

    /// <summary>Kept tokens of each time step, [T].</summary>
    public int[] PerStep { get; }

    /// <summary>Kept tokens at each place over all time steps, [H][W].</summary>
    public int[][] PerPlace { get; }

    private double Seconds => _kept.Grid.TimeSteps * _kept.Grid.SecondsPerStep;

    /// <summary>What <c>--json</c> prints.</summary>
    public object ToJson() => new
    {
        video = Video,
        grid = new { timeSteps = _kept.Grid.TimeSteps, height = _kept.Grid.Height, width = _kept.Grid.Width, secondsPerStep = _kept.Grid.SecondsPerStep },
        tokens = _kept.Grid.Count,
        keptTokens = _kept.Count,
        keptTokensPerSecond = _kept.Count / Seconds,
        keptPerStep = PerStep,
        keptPerPlace = PerPlace,
    };

    public void Write(TextWriter writer)
    {
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{VisibleText.Message(Video)}: grid {_kept.Grid} (time x height x width), {Seconds:0.#} s; kept {_kept.Count} of {_kept.Grid.Count} tokens "
            + $"({(double)_kept.Count / _kept.Grid.Count:0.0%}), {_kept.Count / Seconds:0.##} a second"));
        writer.WriteLine();
        WriteMoments(writer);
        writer.WriteLine();
        WriteRegions(writer);
    }

    /// <summary>A bar for every second, or for every few where there are many.</summary>
    private void WriteMoments(TextWriter writer)
    {
        var (steps, secondsPerStep) = (_kept.Grid.TimeSteps, _kept.Grid.SecondsPerStep);
        var stepsPerBar = Math.Max((int)Math.Ceiling(Math.Min(steps, 1 / secondsPerStep)), (steps + MostBars - 1) / MostBars);
        var bars = PerStep.Chunk(stepsPerBar).Select(chunk => chunk.Sum() / (chunk.Length * secondsPerStep)).ToArray();
        var highest = bars.Max();
        var barWidth = Math.Clamp((ResultWriter.WidthOf(writer) ?? int.MaxValue) - BesideBars, 1, MostBarWidth);

        var table = new TextTable("from (s)", "kept/s", "moments");
        foreach (var (index, rate) in bars.Index())
            table.Add(
                (index * stepsPerBar * secondsPerStep).ToString("0.0", CultureInfo.InvariantCulture), rate.ToString("0.0", CultureInfo.InvariantCulture),
                new string('#', (int)Math.Round(barWidth * rate / highest)));
        table.Write(writer);
    }

    /// <summary>The frame, one character a token (two where it fits, so that proportions are right): the denser, the more often kept.</summary>
    private void WriteRegions(TextWriter writer)
    {
        var most = PerPlace.Max(row => row.Max());
        var repeat = _kept.Grid.Width <= WidestDoubledMap && 2 * _kept.Grid.Width + 2 <= (ResultWriter.WidthOf(writer) ?? int.MaxValue) ? 2 : 1;
        writer.WriteLine($"regions ('{Shades[^1]}' = kept in {most} of {_kept.Grid.TimeSteps} time steps)");
        foreach (var row in PerPlace)
            writer.WriteLine($"|{string.Concat(row.Select(count => new string(Shade(count, most), repeat)))}|");
    }

    /// <summary>Blank for never, the darkest for the most, in between at least a dot.</summary>
    private static char Shade(int count, int most) => Shades[(count * (Shades.Length - 1) + most - 1) / most];
}
