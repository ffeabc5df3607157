using System.Text.Json;
using System.Text.RegularExpressions;

namespace Microsoft.ML.Score.Goldens;

[TestFixture]
public partial class ProgramTests
{
    private static readonly string s_policy = RepositoryFolder.Golden("policy");

    [Test]
    public void DocumentedCommands_FromTheRoot_PassEveryCase()
    {
        // Every page of the repository, so that none shows a command that is not run here.
        var commands = Directory.GetFiles(RepositoryFolder.Root, "*.md").Concat(Directory.GetFiles(Path.Combine(RepositoryFolder.Root, "docs"), "*.md")).Append(RepositoryFolder.Golden("README.md"))
            .SelectMany(page => Command().Matches(File.ReadAllText(page))).Select(match => match.Groups["arguments"].Value).Distinct().ToList();

        Assert.That(commands, Does.Contain("tests/Goldens"));
        foreach (var command in commands)
        {
            var arguments = command.Split(' ');
            var run = Run([Path.Combine(RepositoryFolder.Root, arguments[0]), .. arguments[1..]]);
            Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")), $"{command}\n{run.Output}");
            Assert.That(run.Output, Does.Contain(" 0 failed, 0 unsupported of "), command);
        }
    }

    [Test]
    public void Run_GoldenFolder_PrintsItsRowsAsTextAndAsJson()
    {
        var (text, json) = (Run(s_policy), Run(s_policy, "--json"));

        Assert.That((text.ExitCode, json.ExitCode), Is.EqualTo((0, 0)));
        var lines = text.Output.TrimEnd().Split('\n');
        Assert.That(lines[0], Does.Match("^case +quantity +deviation +tolerance +outcome"));
        Assert.That(lines[^1], Is.EqualTo($"verify {s_policy} (simd): 134 passed, 0 failed, 0 unsupported of 134 quantities"));
        using var document = JsonDocument.Parse(json.Output);
        Assert.That(document.RootElement.GetProperty("exitCode").GetInt32(), Is.Zero);
        Assert.That(document.RootElement.GetProperty("rows").EnumerateArray().Count(row => row.GetProperty("outcome").GetString() == "passed"), Is.EqualTo(134));
        Assert.That(lines, Has.Length.EqualTo(2 + 134 + 1));
    }

    [Test]
    public void Run_ChangedGolden_ExitsWithOne()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("topk.json"), """[{"scores": [0.1, 0.9, 0.5], "rho": 0.34, "keep": 1, "kept": [2]}]""");

        var run = Run(folder.Path);

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((1, "")));
        Assert.That(run.Output, Does.Contain("1 passed, 1 failed, 0 unsupported of 2 quantities"));
    }

    [Test]
    public void Run_FolderOfUnknownKind_ExitsWithTwo()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("case1.json"), "{}");

        var run = Run(folder.Path);

        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Output.TrimEnd().Split('\n')[^1], Does.Contain("1 unsupported"));
    }

    [Test]
    public void Run_FolderWithoutCases_ExitsWithOne()
    {
        using var folder = new TemporaryFolder();

        Assert.That(Run(folder.Path).ExitCode, Is.EqualTo(1));
    }

    [Test]
    public void Run_AbsentFolder_ExitsWithOneAndNamesIt()
    {
        var run = Run("absent");

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error.TrimEnd(), Is.EqualTo("goldens: The golden folder 'absent' does not exist."));
    }

    [TestCase]
    [TestCase("")]
    [TestCase("policy", "--backend", "cuda")]
    [TestCase("policy", "--bakend", "simd")]
    public void Run_WrongUsage_ExitsWithTwo(params string[] args)
    {
        var run = Run(args);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.StartWith("goldens: "));
    }

    private static (int ExitCode, string Output, string Error) Run(params string[] args)
    {
        var (output, error) = (new StringWriter { NewLine = "\n" }, new StringWriter { NewLine = "\n" });
        var exitCode = Program.RunAsync(args, output, error).GetAwaiter().GetResult();
        return (exitCode, output.ToString(), error.ToString());
    }

    [GeneratedRegex(@"dotnet run (?:-c Release )?--project tests/Goldens -- (?<arguments>[^\n`]+)")]
    private static partial Regex Command();
}
