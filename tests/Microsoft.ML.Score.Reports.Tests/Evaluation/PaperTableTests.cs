using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Score.Reports.Evaluation;

[TestFixture]
public partial class PaperTableTests
{
    /// <summary>Where the numbers of our columns stand among those of a line of the paper's table, after the ratio.</summary>
    private static readonly Dictionary<string, int[]> s_places = new()
    {
        ["Table 1"] = [1, 2, 3, 4, 5, 6, 7, 8],
        ["Table 2"] = [1, 2, 3, 4, 5],
        ["Table 4"] = [0, 1, 2, 3],
        ["Table 5"] = [0, 1, 2, 3],
    };

    /// <summary>Every number of ours stands so in the text of the paper, line by line.</summary>
    [TestCase("Table 1")]
    [TestCase("Table 2")]
    [TestCase("Table 4")]
    [TestCase("Table 5")]
    public void All_Numbers_AreThoseOfThePaper(string name)
    {
        var table = PaperTable.All.Single(table => table.Name == name);
        // Lines of two systems share one ratio, which the first of them has.
        var ratio = 1.0;
        var expected = new List<(string System, double Ratio, double[] Values)>();
        foreach (var line in Lines(name).Where(line => !line.StartsWith("Duration", StringComparison.Ordinal)))
        {
            if (RatioOf().Match(line) is { Success: true } found)
                ratio = double.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture) / 100;
            var numbers = NumberOf().Matches(RatioOf().Replace(line[line.IndexOf('\t', StringComparison.Ordinal)..], "")).Select(number => double.Parse(number.Value, CultureInfo.InvariantCulture)).ToArray();
            if (numbers.Length > 3)
                expected.Add((SystemOf(line), ratio, [.. s_places[name].Select(place => numbers[place])]));
        }

        Assert.That(table.Rows.Select(row => (row.System, row.Budget, string.Join(' ', row.Values))), Is.EqualTo(expected.Select(row => (row.System, row.Ratio, string.Join(' ', row.Values)))));
        Assert.That(table.Rows.Select(row => row.Values.Length), Has.All.EqualTo(table.Columns.Length));
    }

    [Test]
    public void All_Table3_IsThatOfThePaper()
    {
        var rows = PaperTable.All.Single(table => table.Name == "Table 3").Rows;

        foreach (var (row, line) in rows.Zip(Lines("Table 3").Where(line => line.StartsWith("Vanilla", StringComparison.Ordinal) || line.StartsWith("SCORE", StringComparison.Ordinal))))
            Assert.That(
                row.Values.Select(value => value?.ToString(CultureInfo.InvariantCulture)).OfType<string>().Where(number => !line.Contains(number, StringComparison.Ordinal)), Is.Empty, line);
        Assert.That(rows.Select(row => row.Values[0]), Is.EqualTo(new double?[] { 42566, 17117, 10733, 4348 }));
    }

    [Test]
    public void For_RowsOfTable1_PutsEachFigureBesideThePapers()
    {
        var document = Documents.OfTable1();

        var (table, columns, rows) = PaperTable.For(document).Single();

        Assert.That((table.Name, columns.Count, rows.Count), Is.EqualTo(("Table 1", 8, 15)));
        foreach (var (system, row) in rows)
            Assert.That(columns.Select(column => column.Here(document, system)), Is.EqualTo(row.Values.Select(value => value + 1)).Within(1e-9));
    }

    [Test]
    public void For_BenchmarksThatThePaperHasNot_IsEmpty()
    {
        var document = Documents.Small();
        var quiz = document.Result with
        {
            Benchmarks = [document.Result.Benchmarks[0]],
            Systems = [.. document.Result.Systems.Select(system => system with { Benchmarks = [system.Benchmarks[0]] })],
        };

        Assert.That(PaperTable.For(new(quiz)), Is.Empty);
        // Of two benchmarks the paper has one; its averages are those of others.
        var (table, columns, _) = PaperTable.For(document).First();
        Assert.That((table.Name, columns.Select(column => column.Header)), Is.EqualTo(("Table 1", new[] { "Video-MME", "Video-MME, short" })));
    }

    private static IEnumerable<string> Lines(string name)
    {
        // The paper is its authors' and not part of the repository; the numbers that are compared with it are.
        return File.ReadLines(RepositoryFolder.RequireShared("paper", "score-paper.md")).SkipWhile(line => !line.StartsWith($"{name}: ", StringComparison.Ordinal)).Skip(1)
            .SkipWhile(line => !line.StartsWith("Method", StringComparison.Ordinal)).TakeWhile(line => line.Length > 0);
    }

    private static string SystemOf(string line) => line switch
    {
        _ when line.StartsWith("Vanilla", StringComparison.Ordinal) => "all tokens",
        _ when line.StartsWith("VidCom", StringComparison.Ordinal) => "VidCom2",
        _ when line.StartsWith("w/o Residual", StringComparison.Ordinal) || line.Contains("\tPseudo\t", StringComparison.Ordinal) => "SCORE (ablation)",
        _ when line.Contains("Pseudo + Real", StringComparison.Ordinal) => "SCORE",
        _ => line.Split(' ', '\t')[0],
    };

    [GeneratedRegex(@"(\d+)%")]
    private static partial Regex RatioOf();

    [GeneratedRegex(@"\d+(\.\d+)?")]
    private static partial Regex NumberOf();
}
