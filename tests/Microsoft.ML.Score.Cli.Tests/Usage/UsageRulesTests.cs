using System.CommandLine;
using System.CommandLine.Help;
using System.Text.RegularExpressions;

namespace Score.Cli.Usage;

/// <summary>Every command and every option of the program, so that a new one cannot be forgotten.</summary>
[TestFixture]
public class UsageRulesTests
{
    private static readonly Dictionary<string, string[]> s_right = new()
    {
        ["train"] = ["--data", "synthetic", "--output", "p.safetensors"],
        ["annotate"] = ["--data", "rows.jsonl", "--output", "out.jsonl", "--endpoint", "http://127.0.0.1:1/v1", "--model", "teacher"],
        ["encode"] = ["missing.mp4", "--output", "features"],
        ["compress"] = ["missing.mp4"],
        ["answer"] = ["missing.mp4", "--question", "What?"],
        ["eval"] = [],
        ["model"] = ["missing"],
        ["list"] = [],
        ["download"] = ["Org/Model"],
        ["policy"] = ["missing"],
        ["report"] = ["missing"],
    };

    /// <summary>What gives an option something to do that has nothing to do beside a right command line's words.</summary>
    private static readonly Dictionary<(string Command, string Option), string[]> s_beside = new()
    {
        [("train", "--format")] = ["--validation", "rows.jsonl"],
        [("train", "--feature-type")] = ["--features", "features"],
        [("encode", "--format")] = ["--data", "rows.jsonl"],
        [("encode", "--frame-rules")] = ["--model", "folder"],
        [("compress", "--format")] = ["--output", "kept"],
        [("compress", "--against")] = ["--report", "kept.html"],
        [("answer", "--top-p")] = ["--temperature", "1"],
        [("eval", "--data")] = ["--benchmark", "lvbench"],
        [("train", "--frame-rules")] = ["--model", "folder"],
        [("compress", "--frame-rules")] = ["--model", "folder"],
        [("answer", "--frame-rules")] = ["--model", "folder"],
        [("eval", "--frame-rules")] = ["--model", "folder"],
    };

    private static IEnumerable<Command> Commands => Program.BuildRootCommand((_, _) => new FakeVideoModel()).Subcommands;

    private static IEnumerable<string> Names => Commands.Select(command => command.Name);

    private static IEnumerable<TestCaseData> Options => OptionsWhere(_ => true);

    private static IEnumerable<TestCaseData> OptionsWithAValue => OptionsWhere(option => option.ValueType != typeof(bool));

    private static IEnumerable<TestCaseData> OptionsWithADefault =>
        OptionsWhere(option => option is { HasDefaultValue: true } && option.ValueType != typeof(bool) && option.GetDefaultValue() is not (null or System.Collections.ICollection { Count: 0 }));

    private static IEnumerable<TestCaseData> NumericOptions => OptionsWhere(option => (Nullable.GetUnderlyingType(option.ValueType) ?? option.ValueType.GetElementType() ?? option.ValueType) is { } type && (type == typeof(int) || type == typeof(double)));

    [TestCaseSource(nameof(Options))]
    public void Option_GivenTwice_IsWrongUsageUnlessItIsOneForEachName(string command, Option option)
    {
        var perName = option.ValueType == typeof(Dictionary<string, string>);
        string[] once = option.ValueType == typeof(bool) ? [option.Name] : [option.Name, "1"];

        var run = ScoreProgram.Run([command, .. Without(command, option), .. once, .. once]);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.Contain(option.Name).And.Match(perName ? "must be NAME=" : "given 2 times|a single argument but 2"));
    }

    [TestCaseSource(nameof(OptionsWithAValue))]
    public void Option_WithoutOrWithAnEmptyValue_IsWrongUsage(string command, Option option)
    {
        foreach (string[] words in (string[][])[[option.Name], [option.Name, ""], [option.Name, " "], [$"{option.Name}="]])
        {
            var run = ScoreProgram.Run([command, .. Without(command, option), .. words]);

            Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")), string.Join(' ', words));
            Assert.That(run.Error, Does.StartWith("score: ").And.Contain(option.Name));
            Assert.That(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(1), run.Error);
        }
    }

    [TestCaseSource(nameof(NumericOptions))]
    public void NumericOption_InAnotherNotation_IsWrongUsageThatNamesIt(string command, Option option)
    {
        foreach (var text in (string[])["0,1", "0,005", "+1", "(1)", "0x1", "1'000", "NaN", "Infinity", "１", "$1", "1e999", "99999999999999999999,0"])
        {
            var run = ScoreProgram.Run([command, .. Without(command, option), option.Name, text]);

            Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")), text);
            Assert.That(run.Error, Does.StartWith($"score: {option.Name} must be ").And.Contain("got '"));
        }
    }

    [Test]
    public void UnknownOption_AnywhereInACommand_IsWrongUsage([ValueSource(nameof(Names))] string command)
    {
        foreach (string[] words in (string[][])[["--bogus", .. s_right[command]], [.. s_right[command], "--bogus"], [.. s_right[command], "-x"], ["--bogus"], [.. s_right[command], "--bogus=1"]])
        {
            var run = ScoreProgram.Run([command, .. words]);

            Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")), string.Join(' ', words));
            Assert.That(run.Error, Does.Match("'(--bogus(=1)?|-x)'"));
        }
    }

    /// <summary>What help shows is what can be typed, and means the same as leaving the option out.</summary>
    [TestCaseSource(nameof(OptionsWithADefault))]
    public void Default_AsHelpShowsIt_CanBeTypedBack(string command, Option option)
    {
        var help = Regex.Replace(ScoreProgram.Run(command, "--help").Output, @"\s+", " ");

        var shown = Regex.Match(help, $@" {option.Name}( <[^>]*>)? {Regex.Escape(option.Description!).Replace(@"\ ", " ")} \[default: (?<value>.*?)\] -").Groups["value"].Value;
        string[] rest = [command, .. Without(command, option), .. s_beside.GetValueOrDefault((command, option.Name), [])];
        var root = Program.BuildRootCommand((_, _) => new FakeVideoModel());
        var (parsed, without) = (root.Parse([.. rest, option.Name, shown]), root.Parse(rest));

        Assert.That(shown, Is.Not.Empty, help);
        Assert.That(parsed.Errors.Concat(without.Errors).Select(fault => fault.Message), Is.Empty);
        Assert.That(parsed.GetValue<object>(option.Name), Is.EqualTo(without.GetValue<object>(option.Name)));
    }

    /// <summary>So that none is printed that the test above leaves out.</summary>
    [Test]
    public void Help_OfEveryCommand_PrintsTheDefaultsThatAreTypedBack([ValueSource(nameof(Names))] string command) =>
        Assert.That(Regex.Count(ScoreProgram.Run(command, "--help").Output, @"\[default:"), Is.EqualTo(OptionsWithADefault.Count(option => option.Arguments[0]!.Equals(command))));

    [Test]
    public void Usage_OfEveryCommand_ShowsWhatMustBeGiven([ValueSource(nameof(Names))] string command)
    {
        var usage = ScoreProgram.Run(command, "--help").Output.ReplaceLineEndings("\n").Split("Usage:\n")[1].Split('\n')[0];

        Assert.That(usage.Trim(), Is.EqualTo(command switch
        {
            "train" => "score train --data <data> --output <output> [options]",
            "annotate" => "score annotate --data <data> --output <output> --endpoint <endpoint> --model <model> [options]",
            "compress" => "score compress <video>... [options]",
            "answer" => "score answer <video> --question <question> [options]",
            "eval" => "score eval [options]",
            "model" => "score model <model> [options]",
            "encode" => "score encode [<video>...] --output <output> [options]",
            "list" => "score list [<what>] [options]",
            "policy" => "score policy <file> [options]",
            "report" => "score report <file> [options]",
            _ => "score download <model> [options]",
        }));
    }

    [Test]
    public void Help_OfEveryCommand_IsAtMost120WideButForWordsThatAreLonger([ValueSource(nameof(Names))] string command) =>
        Assert.That(ScoreProgram.Run(command, "--help").Output.Split('\n').Where(line => line.TrimEnd().Length > 120).Select(line => line.Trim()), Has.All.Not.Contains(" "));

    [TestCase("compress", "a.mp4", "")]
    [TestCase("answer", "", "--question", "What?")]
    [TestCase("model", " ")]
    public void Argument_Empty_IsWrongUsage(params string[] args)
    {
        var run = ScoreProgram.Run(args);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.Contain("must not be empty"));
    }

    [Test]
    public void DecimalComma_InAnOption_IsRefusedWithTheNumberToWrite()
    {
        var ratio = ScoreProgram.Run("compress", "synthetic:test-short-0", "--ratio", "0,1");
        var ratios = ScoreProgram.Run("eval", "--ratios", "0,25");

        Assert.That(ratio.Error.TrimEnd(), Is.EqualTo("score: --ratio must be a number above 0 and at most 1, got '0,1'. Write 0.1 with a point."));
        Assert.That(ratios.Error, Does.Contain("score: --ratios must be a list of ratios above 0 and at most 1, got '0'. A comma separates items; write 0.25 with a point."));
    }

    /// <summary>A video may have such a name; what the file says is no option.</summary>
    [Test]
    public void Argument_StartingWithAt_IsAFileAndNotAFileOfOptions()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("options"), "--ratio x");

        var run = ScoreProgram.Run("compress", "@" + folder.File("options"));

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((1, $"score: There is no video file '@{folder.File("options")}'.{Environment.NewLine}")));
    }

    private static IEnumerable<TestCaseData> OptionsWhere(Func<Option, bool> isMeant) =>
        from command in Commands from option in command.Options where option is not HelpOption && isMeant(option) select new TestCaseData(command.Name, option).SetArgDisplayNames(command.Name, option.Name);

    /// <summary>A right command line's words, without an option that a test gives itself.</summary>
    private static IEnumerable<string> Without(string command, Option option)
    {
        var words = s_right[command];
        var at = Array.IndexOf(words, option.Name);
        return at < 0 ? words : [.. words[..at], .. words[(at + 2)..]];
    }
}
