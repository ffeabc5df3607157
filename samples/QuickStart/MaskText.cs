using System.Text;

namespace Microsoft.ML.Score.QuickStart;

/// <summary>Token masks as text.</summary>
internal static class MaskText
{
    private const string Shades = " .:-=+*#%@";

    /// <summary>The steps side by side, a '#' for each kept token and a '.' for each dropped one; at most twelve steps a line.</summary>
    public static string Steps(bool[] mask, float[] grid)
    {
        var (steps, height, width) = ((int)grid[0], (int)grid[1], (int)grid[2]);
        var text = new StringBuilder();
        foreach (var line in Enumerable.Range(0, steps).Chunk(12))
        {
            text.AppendLine(string.Join("  ", line.Select(step => $"t={step}".PadRight(width))));
            for (var y = 0; y < height; y++)
                text.AppendLine(string.Join("  ", line.Select(step => string.Concat(Enumerable.Range(0, width).Select(x => mask[(step * height + y) * width + x] ? '#' : '.'))).Select((cells, i) => cells.PadRight(Math.Max(width, $"t={line[i]}".Length)))));
        }

        return text.ToString();
    }

    /// <summary>How many tokens each moment kept, as bars.</summary>
    public static string Moments(bool[] mask, float[] grid)
    {
        var perStep = mask.Chunk((int)grid[1] * (int)grid[2]).Select(step => step.Count(kept => kept)).ToArray();
        var most = Math.Max(1, perStep.Max());
        var text = new StringBuilder();
        foreach (var (step, kept) in perStep.Index().Where(moment => moment.Item > 0))
            text.AppendLine(FormattableString.Invariant($"  {step * grid[3],6:0.0} s  {new string('#', (kept * 40 + most - 1) / most)} {kept}"));
        return text.ToString();
    }

    /// <summary>Where in the frame tokens were kept, summed over time: darker is more.</summary>
    public static string Regions(bool[] mask, float[] grid)
    {
        var (height, width) = ((int)grid[1], (int)grid[2]);
        var counts = new int[height * width];
        for (var i = 0; i < mask.Length; i++)
            counts[i % counts.Length] += mask[i] ? 1 : 0;
        var most = Math.Max(1, counts.Max());
        return string.Join(Environment.NewLine, counts.Select(count => Shades[count * (Shades.Length - 1) / most]).Chunk(width).Select(row => "  |" + new string(row) + "|"));
    }
}
