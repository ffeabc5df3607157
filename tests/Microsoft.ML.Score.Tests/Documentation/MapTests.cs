using System.Globalization;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Score.Documentation;

/// <summary>docs/map.md leads newcomers by file and member, so each of them must be there, and a walk must name as many files as its title says.</summary>
[TestFixture]
public partial class MapTests
{
    private static readonly string s_page = File.ReadAllText(Path.Combine(RepositoryFolder.Root, "docs", "map.md")).ReplaceLineEndings("\n");

    private static readonly ILookup<string, string> s_sources = Directory.EnumerateFiles(Path.Combine(RepositoryFolder.Root, "src"), "*.cs", SearchOption.AllDirectories)
        .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)).ToLookup(path => Path.GetFileName(path), StringComparer.Ordinal);

    private static IEnumerable<string> Steps() => s_page.Split('\n').Where(line => line.StartsWith('|') && line.Contains(".cs](", StringComparison.Ordinal));

    private static IEnumerable<TestCaseData> Walks() => Walk().Matches(s_page)
        .Select(walk => new TestCaseData(walk.Groups["body"].Value, int.Parse(walk.Groups["files"].Value, CultureInfo.InvariantCulture)).SetArgDisplayNames(walk.Groups["title"].Value));

    [Test]
    public void Files_AllNamed_AreOneFileOfTheSources()
    {
        var names = FileName().Matches(s_page).Select(match => match.Value).Distinct();

        Assert.That(names.Where(name => s_sources[name].Count() != 1), Is.Empty);
    }

    [TestCaseSource(nameof(Steps))]
    public void Members_OfAStep_StandInItsFiles(string row)
    {
        var cells = row.Trim('|').Split('|');
        var place = Array.FindIndex(cells, cell => cell.Contains(".cs](", StringComparison.Ordinal));
        var text = string.Concat(FileName().Matches(cells[place]).Select(match => match.Value).Distinct().SelectMany(name => s_sources[name]).Select(File.ReadAllText));

        var members = Member().Matches(cells[place + 1]).Select(match => match.Groups["name"].Value).ToList();

        Assert.That(members, Is.Not.Empty);
        Assert.That(members.Where(member => !Regex.IsMatch(text, $@"\b{member}\b")), Is.Empty);
    }

    [TestCaseSource(nameof(Walks))]
    public void Walk_FilesNamed_AreAsManyAsItsTitleSays(string body, int files) =>
        Assert.That(FileName().Matches(body).Select(match => match.Value).Distinct().Count(), Is.EqualTo(files));

    [Test]
    public void Walks_OfThePage_AreFour() => Assert.That(Walks().Count(), Is.EqualTo(4));

    [GeneratedRegex(@"\b\w+\.cs\b")]
    private static partial Regex FileName();

    [GeneratedRegex(@"`(?<name>\w+)`")]
    private static partial Regex Member();

    [GeneratedRegex(@"^## (?<title>Walk \d)[^\n]*\((?<files>\d+) files\)\n(?<body>.*?)(?=^## |\z)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Walk();
}
