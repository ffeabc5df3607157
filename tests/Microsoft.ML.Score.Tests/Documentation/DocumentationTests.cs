using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Score.Documentation;

/// <summary>README, CONTRIBUTING and docs show only code that compiles (a region of Snippets.cs, or the whole of samples/FirstPipeline) and link only to files that exist.</summary>
[TestFixture]
public partial class DocumentationTests
{
    private static IEnumerable<string> Pages() =>
        Directory.EnumerateFiles(Path.Combine(RepositoryFolder.Root, "docs"), "*.md", SearchOption.AllDirectories)
            .Concat(Directory.EnumerateFiles(RepositoryFolder.Root, "*.md")).Append(Path.Combine(RepositoryFolder.Root, "tests", "Goldens", "README.md"))
            .Order(StringComparer.Ordinal).Select(page => Path.GetRelativePath(RepositoryFolder.Root, page));

    [TestCaseSource(nameof(Pages))]
    public void CSharpBlocks_AreCompiledSnippets(string page)
    {
        var snippets = Region().Matches(File.ReadAllText(SnippetsPath())).Select(match => Normal(match.Groups["body"].Value)).ToList();
        snippets.Add(Normal(Read(Path.Combine("samples", "FirstPipeline", "Program.cs"))));

        var blocks = CodeBlock("csharp").Select(block => Normal(block));

        Assert.That(blocks, Is.SubsetOf(snippets));

        IEnumerable<string> CodeBlock(string language) =>
            Block().Matches(Read(page)).Where(match => match.Groups["language"].Value == language).Select(match => match.Groups["body"].Value);
    }

    [TestCaseSource(nameof(Pages))]
    public void Links_PointToFilesThatExist(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(RepositoryFolder.Root, page))!;

        var broken = Link().Matches(Read(page)).Select(match => match.Groups["target"].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !Path.Exists(Path.Combine(folder, target)));

        Assert.That(broken, Is.Empty);
    }

    [Test]
    public void ReadmeTestCommand_IsTheOneOfContinuousIntegration()
    {
        Assert.That(Read("README.md"), Does.Contain("```console\ndotnet test\n```"));
        Assert.That(Read(Path.Combine(".ci", "run")), Does.Contain("step \"test\" dotnet test\n"));
    }

    private static string Read(string page) => File.ReadAllText(Path.Combine(RepositoryFolder.Root, page)).ReplaceLineEndings("\n");

    private static string Normal(string code) => string.Join('\n', code.Trim().Split('\n').Select(line => line.Trim()));

    private static string SnippetsPath([CallerFilePath] string thisFile = "") => Path.Combine(Path.GetDirectoryName(thisFile)!, "Snippets.cs");

    [GeneratedRegex(@"^```(?<language>\w+)\n(?<body>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"#region[^\n]*\n(?<body>.*?)#endregion", RegexOptions.Singleline)]
    private static partial Regex Region();

    [GeneratedRegex(@"\]\((?<target>[^)#\s]+)[^)]*\)")]
    private static partial Regex Link();
}
