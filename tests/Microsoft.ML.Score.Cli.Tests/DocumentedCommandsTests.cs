using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Score.Cli;

/// <summary>The commands that README and docs show are run as they stand, by the shell they are written for.</summary>
[TestFixture]
[Platform("Linux,MacOsX", Reason = "The documentation's commands are for a POSIX shell.")]
public partial class DocumentedCommandsTests
{
    [Test]
    public void ScoreExamples_InTheirOrder_Succeed()
    {
        var page = File.ReadAllText(Path.Combine(RepositoryFolder.Root, "docs", "cli.md")).ReplaceLineEndings("\n");
        var script = string.Concat(ShellBlock().Matches(page).Select(match => match.Groups["body"].Value).Where(body => !body.StartsWith("dotnet run", StringComparison.Ordinal)));
        var folder = Directory.CreateTempSubdirectory("score-documented").FullName;
        try
        {
            Run("sh", ["-e", "-c", $"score() {{ \"{DotNet}\" \"{typeof(Program).Assembly.Location}\" \"$@\"; }}\n{script}"], folder);

            Assert.That(Directory.GetFileSystemEntries(folder).Select(Path.GetFileName), Is.SupersetOf(new[] { "policy.safetensors", "pipeline.zip", "kept" }));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Test]
    public void QuickStart_OfTheReadme_RunsToTheEnd()
    {
        Assert.That(File.ReadAllText(Path.Combine(RepositoryFolder.Root, "README.md")), Does.Contain("dotnet run --project samples/QuickStart\n"));

        var output = Run(DotNet, [Path.Combine(AppContext.BaseDirectory, "QuickStart.dll"), "--quick"], Path.GetTempPath());

        Assert.That(output, Does.Contain("SCORE at 10%").And.Contain("loaded again").And.Contain("--video FILE").And.Contain("--quick").And.Contain("Done in"));
        Assert.That(output.Split('\n').Length, Is.LessThan(30));
        var reports = output.Split('\n').Select(line => line.Trim().Split(' ')[0]).Where(word => word.EndsWith(".html")).ToArray();
        Assert.That(reports, Has.Length.EqualTo(2).And.All.Exist);
        Directory.Delete(Path.GetDirectoryName(reports[0])!, recursive: true);
    }

    [Test]
    public void FirstPipeline_OfTheReadme_TrainsSavesLoadsAndAnswers()
    {
        var folder = Directory.CreateTempSubdirectory("score-first-pipeline").FullName;
        try
        {
            var output = Run(DotNet, [Path.Combine(AppContext.BaseDirectory, "FirstPipeline.dll")], folder);

            Assert.That(output, Does.Contain("WarmUp, step 10 of 200").And.Contain("Main, step 200 of 200").And.Contain("from 28 of 288 tokens"));
            Assert.That(Path.Combine(folder, "score.zip"), Does.Exist);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCase]
    [TestCase("--eval")]
    [TestCase("--annotate")]
    [TestCase("--features")]
    [TestCase("--compress")]
    public void KillLoop_FewKills_EndsWithEqualBytes(params string[] what)
    {
        if (what.Contains("--annotate"))
            FFmpegProgram.Require();

        var output = Run(DotNet, [Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.Score.KillLoop.dll"), "--kills", "3", .. what], Path.GetTempPath());

        Assert.That(output, Does.Contain("killed 3 times").And.Contain("equal"));
    }

    /// <summary>A sample of what the program does in an hour; the tests of each format damage every byte.</summary>
    [Test]
    public void Mutations_FewOfEveryFormat_AreReadOrRefused()
    {
        FFmpegProgram.Require();

        var output = Run(DotNet, [Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.Score.Mutations.dll"), "--stride", "97", "--videos", "2"], Path.GetTempPath());

        Assert.That(output, Does.Match("[1-9][0-9]* inputs, 0 failed"));
    }

    [TestCase("qwen25-vl")]
    [TestCase("qwen3-vl")]
    public void BigCheckpoint_Small_LoadsAndAnswersWithinItsLimits(string model)
    {
        var output = Run(DotNet, [Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.Score.BigCheckpoint.dll"), "--model", model, "--gigabytes", "0.01"], Path.GetTempPath());

        Assert.That(output, Does.Contain("loaded in").And.Contain("peak memory").And.Contain("within the limits"));
    }

    /// <summary>The experiment that docs/experiment.md shows, made small: what it promises cannot be reached so, and the exit code says it.</summary>
    [Test]
    public void Experiment_SmallSettings_ReportsAndExitsByItsPromises()
    {
        var folder = Directory.CreateTempSubdirectory("score-experiment").FullName;
        try
        {
            Run(DotNet, [Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.Score.Experiment.dll"), "--output", folder, "--seeds", "1", "--videos", "1",
                "--lengths", "Short", "Medium", "--sweep-videos", "1", "--training-videos", "4", "--warm-up-steps", "1", "--main-steps", "1"], Path.GetTempPath(), expectedExitCode: 1);

            var report = File.ReadAllText(Path.Combine(folder, "report.md"));
            Assert.That(report, Does.Contain("| at least 1,000 questions on short | 8 | NO |").And.Contain("| no residual | ablation | 1 |").And.Contain("### 10% of the tokens, medium").And.Contain("### What is kept at the lowest ratio, medium"));
            using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "results.json")));
            var rows = json.RootElement.GetProperty("results").GetProperty("rows").EnumerateArray().ToList();
            Assert.That(rows, Has.Count.EqualTo(17 * 3 * 2), "17 selections at 3 ratios on 2 lengths");
            var coke = rows.Where(row => row.GetProperty("length").GetString() == "medium").Select(row => row.GetProperty("result"))
                .Single(row => row.GetProperty("name").GetString() == "DyCoke" && row.GetProperty("retentionRatio").GetDouble() == 0.10);
            Assert.That(coke.GetProperty("retention").GetDouble(), Is.EqualTo(0.25).Within(0.01), "it stops at a quarter");
            foreach (var link in FigureLink().Matches(report).Select(match => match.Groups["file"].Value))
                Assert.That(() => XDocument.Load(Path.Combine(folder, link)), Throws.Nothing, link);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string DotNet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static string Run(string program, string[] arguments, string folder, int expectedExitCode = 0)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.EqualTo(expectedExitCode), output + error.Result);
        return output;
    }

    [GeneratedRegex(@"\]\((?<file>[^)]+\.svg)\)")]
    private static partial Regex FigureLink();

    [GeneratedRegex(@"^```sh\n(?<body>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ShellBlock();
}
