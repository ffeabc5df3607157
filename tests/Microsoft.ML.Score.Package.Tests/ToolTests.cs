using System.Diagnostics;

namespace Microsoft.ML.Score.Package;

/// <summary>The tool, installed as a user installs it.</summary>
// Not in a plain test run, which would pack what it is building; .ci/run names the category.
[TestFixture, Explicit("Packs the solution, which takes minutes."), Category("Install")]
public class ToolTests
{
    [OneTimeSetUp]
    public void Install() =>
        LocalFeed.Dotnet("tool", "install", "Microsoft.ML.Score.Cli", "--version", LocalFeed.PackageVersion, "--tool-path", LocalFeed.PathOf("tools"));

    [Test]
    public void Version_InstalledTool_NamesItselfAndMLNet() =>
        Assert.That(Score("--version").Trim(), Does.Match($@"^score {LocalFeed.Version.Replace(".", @"\.")} with Microsoft\.ML 5\.\d+\.\d+$"));

    [Test]
    public void Help_InstalledTool_ListsTheCommands() =>
        Assert.That(Score("--help"), Does.Contain("train").And.Contain("compress").And.Contain("eval"));

    [Test]
    public void Compress_InstalledTool_KeepsATenthWithTheEmbeddedPolicy() =>
        Assert.That(Score("compress", "synthetic:test-short-0"), Does.Contain("kept").IgnoreCase);

    private static string Score(params string[] arguments) => LocalFeed.Run(new ProcessStartInfo(LocalFeed.PathOf("tools", "score"), arguments));
}
