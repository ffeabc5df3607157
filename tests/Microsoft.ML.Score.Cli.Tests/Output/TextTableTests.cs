using System.Text.RegularExpressions;

namespace Score.Cli.Output;

[TestFixture]
public partial class TextTableTests
{
    private static readonly string[] s_headers = ["system", "budget", "kept", "accuracy", "% of all tokens", "95% interval", "SCORE minus it", "95% interval", "prefill (ms)", "speed-up"];

    private static readonly string[][] s_rows =
    [
        ["all tokens", "100%", "100.0%", "93.8%", "100.0", "100.0 to 100.0", "-", "-", "12345.0", "1.0x"],
        ["HoliTom (VidCom2 port) 视频压缩", "10%", "9.9%", "75.0%", "80.0", "69.0 to 91.4", "18.8 pt", "7.8 to 29.7", "9.2", "9.9x"],
    ];

    /// <summary>Written to a file lines have no end: the bytes are those of before there was a width.</summary>
    [Test]
    public void Write_WithoutWidth_IsOneLineARow()
    {
        const string Expected = """
            system                       budget    kept  accuracy  % of all tokens    95% interval  SCORE minus it  95% interval  prefill (ms)  speed-up
            ---------------------------  ------  ------  --------  ---------------  --------------  --------------  ------------  ------------  --------
            all tokens                     100%  100.0%     93.8%            100.0  100.0 to 100.0               -             -       12345.0      1.0x
            HoliTom (VidCom2 port) 视频压缩     10%    9.9%     75.0%             80.0    69.0 to 91.4         18.8 pt   7.8 to 29.7           9.2      9.9x

            """;

        Assert.That(Written(null), Is.EqualTo(Expected.ReplaceLineEndings(Environment.NewLine)));
    }

    [TestCase(40)]
    [TestCase(60)]
    [TestCase(80)]
    [TestCase(120)]
    [TestCase(200)]
    public void Write_ToATerminal_FitsAndLosesNothing(int width)
    {
        var text = Written(width);
        var lines = text.Split(Environment.NewLine);

        Assert.That(lines.Select(CellText.Width), Has.All.LessThanOrEqualTo(width));
        Assert.That(lines.Length - 1, width >= 200 ? Is.EqualTo(4) : Is.GreaterThan(4));
        // Every number is whole, in its row, once: blocks repeat none but the budget.
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).CountBy(word => word).ToDictionary();
        foreach (var word in s_rows.SelectMany(row => row.Skip(2)).SelectMany(cell => cell.Split(' ')).Where(word => char.IsAsciiDigit(word[0])).CountBy(word => word))
            Assert.That(words.GetValueOrDefault(word.Key), Is.GreaterThanOrEqualTo(word.Value), word.Key);
        Assert.That(text.Replace(" ", "", StringComparison.Ordinal).ReplaceLineEndings(""), Does.Contain("视"));
        Assert.That(words.GetValueOrDefault("accuracy"), Is.EqualTo(1));
    }

    /// <summary>At 40 cells the table stands in two blocks, each with the columns that say what a row is; a header takes three lines.</summary>
    [Test]
    public void Write_TooWide_RepeatsWhatARowIs()
    {
        var table = new TextTable("system", "budget", "accuracy", "% of all tokens", "95% interval", "tokens") { KeyColumns = 2 };
        table.Add("SCORE", "10%", "93.8%", "100.0", "98.7 to 101.3", "57.0");
        using var text = new StringWriter();

        table.Write(new ResultWriter(text, 40));

        Assert.That(text.ToString(), Is.EqualTo("""
            system  budget  accuracy    % of
                                         all
                                      tokens
            ------  ------  --------  ------
            SCORE      10%     93.8%   100.0

            system  budget   95% interval  tokens
            ------  ------  -------------  ------
            SCORE      10%  98.7 to 101.3    57.0

            """.ReplaceLineEndings(Environment.NewLine)));
    }

    [Test]
    public void Write_TextTooLong_IsWrapped()
    {
        var table = new TextTable("file", "why");
        table.Add("a.mp4", "it has no video stream that anything could read");
        using var text = new StringWriter();

        table.Write(new ResultWriter(text, 30));

        Assert.That(text.ToString().Split(Environment.NewLine)[2..4], Is.EqualTo(new[] { "a.mp4  it has no video stream", "       that anything could" }));
    }

    [TestCase("abc", 3)]
    [TestCase("视频", 4)]
    [TestCase("e\u0301", 1)]
    [TestCase("한글", 4)]
    [TestCase("😀", 2)]
    [TestCase("", 0)]
    public void Width_Text_IsThatOfItsCells(string text, int cells) => Assert.That(CellText.Width(text), Is.EqualTo(cells));

    [Test]
    public void Wrap_AnyWidth_LosesNothingButSpaces()
    {
        var random = new Random(3);
        for (var trial = 0; trial < 2000; trial++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(40)).Select(_ => new[] { "a", "b", " ", "视", "😀", "-" }[random.Next(6)]));
            var width = random.Next(2, 20);

            var lines = CellText.Wrap(text, width, CellText.Width);

            Assert.That(lines.Select(CellText.Width), Has.All.LessThanOrEqualTo(width), text);
            Assert.That(Spaces().Replace(string.Concat(lines), ""), Is.EqualTo(Spaces().Replace(text, "")));
        }
    }

    private static string Written(int? width)
    {
        var table = new TextTable(s_headers) { KeyColumns = 2 };
        foreach (var row in s_rows)
            table.Add(row);
        using var text = new StringWriter();
        table.Write(width is null ? text : new ResultWriter(text, width));
        return text.ToString();
    }

    [GeneratedRegex(" ")]
    private static partial Regex Spaces();
}
