using Microsoft.ML.Score.Tokens;

namespace Score.Cli.Output;

[TestFixture]
public class KeptReportTests
{
    /// <summary>30 columns are drawn twice as wide where that fits, and bars are as long as there is room for.</summary>
    [TestCase(40)]
    [TestCase(60)]
    [TestCase(80)]
    [TestCase(120)]
    public void Write_ToATerminal_FitsIt(int width)
    {
        var grid = new TokenGrid(6, 4, 30, 1);
        using var text = new StringWriter();

        new KeptReport("v", KeptTokens.All(new VideoTokens(grid, 1, new float[grid.Count]))).Write(new ResultWriter(text, width));

        // What stands above table and map is prose, which a terminal breaks.
        var lines = text.ToString().Split(Environment.NewLine)[1..].Where(line => !line.StartsWith("regions", StringComparison.Ordinal)).ToArray();
        Assert.That(lines.Select(line => line.Length), Has.All.LessThanOrEqualTo(width));
        Assert.That(lines.Count(line => line == $"|{new string('@', width >= 62 ? 60 : 30)}|"), Is.EqualTo(4));
        Assert.That(lines.Count(line => line.EndsWith(new string('#', Math.Min(40, width - 18)), StringComparison.Ordinal)), Is.EqualTo(6));
    }

    [Test]
    public void Write_ToAFile_IsAsWideAsItIs()
    {
        var grid = new TokenGrid(2, 1, 40, 1);
        using var text = new StringWriter();

        new KeptReport("v", KeptTokens.All(new VideoTokens(grid, 1, new float[grid.Count]))).Write(text);

        Assert.That(text.ToString(), Does.Contain($"|{new string('@', 80)}|").And.Contain($"  {new string('#', 40)}{Environment.NewLine}"));
    }
}
