using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Datasets;
using Score.Cli.Evaluations;

namespace Score.Cli.Usage;

/// <summary>What the program answers to a shell that asks for words; | is the cursor.</summary>
[TestFixture]
[NonParallelizable]
public sealed partial class CompletionTests
{
    [TestCase("score tr|", "train")]
    [TestCase("score tr|ain --data", "train")]
    [TestCase("score co|", "compress")]
    [TestCase("score xx|", "")]
    [TestCase("score train --feature-type |", "bf16 f16 f32")]
    [TestCase("score train --feature-type b|", "bf16")]
    [TestCase("score train --feature-type bf16|", "")]
    [TestCase("score train --main|", "--main-steps --main-tau")]
    [TestCase("score train --main-steps 3 --main|", "--main-tau")]
    [TestCase("score train --main-steps |", "")]
    [TestCase("score train --data |", "synthetic")]
    [TestCase("score train --data synthetic --out|", "--outer-markers --output")]
    [TestCase("score encode clip.mp4 --output f --feat|", "--feature-type")]
    [TestCase("score eval --compressors ho|", "holitom holitom-port")]
    [TestCase("score eval --compressors score,vi|", "score,vidcom2 score,vidcom2-vllm")]
    [TestCase("score eval --compressors vidcom2,vid|", "vidcom2,vidcom2-vllm")]
    [TestCase("score eval --lengths |", "short medium long")]
    [TestCase("score eval --preset paper-table3 --pre|", "")]
    [TestCase("score eval --annotations lvbench=x --ann|", "--annotations")]
    [TestCase("score eval --prompt l|", "lvbench= longvideobench=")]
    [TestCase("score list c|", "compressors")]
    [TestCase("score compress \"my clip.mp4\" --format t|", "tokens")]
    [TestCase("score answer clip.mp4 --question \"What is|", "")]
    [TestCase("score compress --ratio nonsense --bogus --format m|", "mask mp4")]
    [TestCase("score model --json --che|", "--check")]
    [TestCase("score --ver|", "--version")]
    [TestCase("train --feature-type b|", "bf16")]
    [TestCase("tr|", "train")]
    [TestCase("score|", "")]
    public void Suggest_CutLine_GivesTheWordsThatFit(string line, string words)
    {
        var position = line.IndexOf('|', StringComparison.Ordinal);

        var run = ScoreProgram.Run($"[suggest:{position}]", line.Remove(position, 1));

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries), Is.EquivalentTo(words.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
    }

    /// <summary>PowerShell gives the line without the space at its end, and the place behind that.</summary>
    [Test]
    public void Suggest_PlaceBehindTheLine_IsANewWord()
    {
        Assert.That(ScoreProgram.Run("[suggest:27]", "score train --feature-type").Output.Split(Environment.NewLine), Does.Contain("bf16"));
        Assert.That(ScoreProgram.Run("[suggest]", "score eval --benchmark lv").Output.Trim(), Is.EqualTo("lvbench"));
    }

    /// <summary>Every option that takes one of several words gives them; a list of words gives each.</summary>
    [Test]
    public void Suggest_EveryOptionOfWords_GivesThem()
    {
        var commands = Program.BuildRootCommand((_, _) => new FakeVideoModel()).Subcommands;
        var asked = 0;
        foreach (var (command, option) in commands.SelectMany(command => command.Options, (command, option) => (command.Name, option)).Where(pair => pair.option.HelpName?.Contains('|') == true))
        {
            Assert.That(Words($"score {command} {option.Name} "), Is.EquivalentTo(option.HelpName!.Split('|')), $"{command} {option.Name}");
            asked++;
        }

        Assert.That(asked, Is.GreaterThan(15));
        Assert.That(Words("score eval --benchmark "), Is.EquivalentTo(BenchmarkSource.Names));
        Assert.That(Words("score eval --compressors "), Is.EquivalentTo(ComparedCompressor.All.Select(compressor => compressor.Word)));
        Assert.That(Words("score eval --video-folder "), Is.EquivalentTo(Benchmarks.Names.Select(name => name + "=")));
        Assert.That(Words("score "), Is.SupersetOf(commands.Select(command => command.Name)));
    }

    [Test]
    public void Suggest_Model_GivesThoseOfTheCache()
    {
        using var cache = new TemporaryFolder();
        foreach (var revision in (string[])["main", "v2"])
        {
            Directory.CreateDirectory(cache.File("models--Org--Model/refs"));
            File.WriteAllText(cache.File($"models--Org--Model/refs/{revision}"), new string('a', 40));
        }

        Directory.CreateDirectory(cache.File("models--Other--Model"));
        Directory.CreateDirectory(cache.File("models--gpt2"));
        Directory.CreateDirectory(cache.File("datasets--Org--Data"));
        var before = Environment.GetEnvironmentVariable("HF_HUB_CACHE");
        Environment.SetEnvironmentVariable("HF_HUB_CACHE", cache.Path);
        try
        {
            Assert.That(Words("score train --model "), Is.EquivalentTo(new[] { "tiny", "Org/Model", "Org/Model@v2", "Other/Model" }));
            Assert.That(Words("score model O"), Is.EquivalentTo(new[] { "Org/Model", "Org/Model@v2", "Other/Model" }));
            Environment.SetEnvironmentVariable("HF_HUB_CACHE", cache.File("none"));
            Assert.That(Words("score model "), Does.Contain("tiny").And.Not.Contain("Org/Model"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("HF_HUB_CACHE", before);
        }
    }

    /// <summary>The lines of docs/cli.md in the shell that they are for, which calls what they register as it does at a press of Tab.</summary>
    [TestCase("bash", "COMP_LINE='score train --feature-type b'; COMP_POINT=${#COMP_LINE}; _score; echo \"${COMPREPLY[*]}\"")]
    [TestCase("pwsh", "(TabExpansion2 'score train --feature-type b' 28).CompletionMatches.CompletionText -join ' '")]
    [Platform("Linux,MacOsX", Reason = "The program is put in place by a POSIX shell's file.")]
    public void Documentation_ShellFunction_Completes(string shell, string ask)
    {
        using var folder = new TemporaryFolder();
        var page = File.ReadAllText(Path.Combine(RepositoryFolder.Root, "docs", "cli.md")).ReplaceLineEndings("\n");
        var block = ShellBlock().Matches(page).Single(match => match.Groups["shell"].Value == (shell == "pwsh" ? "powershell" : shell)).Groups["body"].Value;
        File.WriteAllText(folder.File("score"), $"#!/bin/sh\nexec \"{Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet"}\" \"{typeof(Program).Assembly.Location}\" \"$@\"\n");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(folder.File("score"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo(shell, [shell == "pwsh" ? "-Command" : "-c", block + ask]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] = folder.Path + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        using var process = Started(start);

        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();

        Assert.That(output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(new[] { "bf16" }), process.StandardError.ReadToEnd());
    }

    private static Process Started(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // Which shells a machine has is its own; what each asks the program is tested above without them.
            Assert.Ignore($"Needs the shell {start.FileName}.");
            throw;
        }
    }

    private static string[] Words(string line) =>
        ScoreProgram.Run(string.Create(CultureInfo.InvariantCulture, $"[suggest:{line.Length}]"), line).Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries) is var words
            ? [.. words.Where(word => !word.StartsWith('-'))] : [];

    [GeneratedRegex(@"^```(?<shell>bash|zsh|powershell)\n(?<body>.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex ShellBlock();
}
