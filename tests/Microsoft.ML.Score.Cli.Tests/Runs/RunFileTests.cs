namespace Score.Cli.Runs;

/// <summary>What is wrong with a run file is wrong usage, told with its place, before anything runs.</summary>
[TestFixture]
public class RunFileTests
{
    [TestCase("", "line 1, column 1: not valid JSON: The input does not contain any JSON tokens.")]
    [TestCase("{\n  \"ratio\": 0,1 }", "line 2, column 14: not valid JSON: '1' is an invalid start of a property name.")]
    [TestCase("{} {}", "line 1, column 4: not valid JSON: ")]
    [TestCase("[]", "line 1, column 1: expected an object with the options of a run, got a list.")]
    [TestCase("{\n  \"rato\": 0.1 }", "line 2, column 3: score compress has no option 'rato'. Did you mean 'ratio'?")]
    [TestCase("{ \"xyzzy\": 1 }", "score compress has no option 'xyzzy'. 'score compress --help' lists them.")]
    [TestCase("{ \"--ratio\": 0.1 }", "line 1, column 3: score compress has no option '--ratio'. Names stand without dashes: 'ratio'.")]
    [TestCase("{ \"ratio\": 0.1, \"--ratio\": 0.2 }", "line 1, column 17: score compress has no option '--ratio'. Names stand without dashes: 'ratio'.")]
    [TestCase("{ \"config\": \"other.json\" }", "score compress has no option 'config'. A run file cannot name another.")]
    [TestCase("{ \"help\": true }", "score compress has no option 'help'.")]
    [TestCase("{ \"ratio\": 0.1,\n\"ratio\": 0.2 }", "line 2, column 1: 'ratio' is given twice, before at RUN, line 1, column 3; give it once.")]
    [TestCase("{ \"é\": 1, \"é\": 2 }", "line 1, column 11: 'é' is given twice")]
    [TestCase("{ \"runs\": [], \"ratio\": 0.1 }", "line 1, column 11: 'runs' has no run; list one at least, or leave 'runs' out.")]
    [TestCase("{ \"runs\": {} }", "line 1, column 11: 'runs' must be a list of runs, got an object.")]
    [TestCase("{ \"runs\": [{}, 5] }", "line 1, column 16: a run must be an object with its options, got a number.")]
    [TestCase("{ \"runs\": [{ \"runs\": [] }] }", "line 1, column 14: a run cannot have 'runs' of its own.")]
    [TestCase("{ \"runs\": [{}], \"runs\": [{}] }", "line 1, column 17: 'runs' is given twice; give it once.")]
    [TestCase("{ \"ratio\": \"0.1\" }", "line 1, column 3: 'ratio' must be a number, got a text '0.1'.")]
    [TestCase("{ \"policy\": 5 }", "line 1, column 3: 'policy' must be a text, got a number 5.")]
    [TestCase("{ \"json\": \"true\" }", "line 1, column 3: 'json' must be true or false, got a text 'true'.")]
    [TestCase("{ \"ratio\": true }", "line 1, column 3: 'ratio' must be a number, got true.")]
    [TestCase("{ \"ratio\": null }", "line 1, column 12: 'ratio' must be a text, a number, true, false or a list of such, got null. Leave it out for the default.")]
    [TestCase("{ \"ratio\": {} }", "line 1, column 12: 'ratio' must be a text, a number, true, false or a list of such, got an object.")]
    [TestCase("{ \"video\": [[]] }", "line 1, column 13: 'video' must be a text, a number, true, false or a list of such, got a list.")]
    [TestCase("{ \"ratio\": [0.1] }", "line 1, column 3: 'ratio' takes one value, got a list.")]
    [TestCase("{ \"json\": [true] }", "line 1, column 3: 'json' takes one value, got a list.")]
    [TestCase("{ \"video\": [] }", "line 1, column 3: 'video' is an empty list; leave it out for the default.")]
    [TestCase("{ \"video\": [5] }", "line 1, column 3: 'video' must be a text or a list of such, got a number 5.")]
    [TestCase("{ \"video\": \"-a.mp4\" }", "line 1, column 3: 'video': a file whose name starts with - is written ./-a.mp4")]
    [TestCase("{ \"policy\": \"\\ud800\" }", "has a text with half a surrogate pair")]
    public void Run_FileThatIsNoRun_IsWrongUsageWithItsPlace(string json, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("run.json"), json);

        var run = ScoreProgram.Run("compress", "--config", folder.File("run.json"));

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error.Replace(folder.File("run.json"), "RUN", StringComparison.Ordinal), Does.StartWith("score: --config: ").And.Contain(message));
        Assert.That(run.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
    }

    [TestCase("none.json", "score: --config: there is no file 'PLACE/none.json'.")]
    [TestCase("none/none.json", "score: --config: there is no file 'PLACE/none/none.json'.")]
    [TestCase(".", "score: --config: 'PLACE/.' is a folder; expected a JSON file.")]
    [TestCase("latin.json", "score: --config: 'PLACE/latin.json' is not valid UTF-8.")]
    [TestCase("large.json", "score: --config: 'PLACE/large.json' has more than 1048576 bytes; expected the options of some runs.")]
    [Platform("Linux,MacOsX", Reason = "Paths are shown with slashes.")]
    public void Run_FileThatCannotBeRead_IsWrongUsage(string name, string message)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("latin.json"), [(byte)'{', 0xE9, (byte)'}']);
        File.WriteAllText(folder.File("large.json"), "{}" + new string(' ', 1 << 20));

        var run = ScoreProgram.Run("compress", "--config", folder.Path + "/" + name);

        Assert.That((run.ExitCode, run.Error.TrimEnd()), Is.EqualTo((2, message.Replace("PLACE", folder.Path, StringComparison.Ordinal))));
    }

    [Test]
    public void Run_ByteOrderMarkCommentsAndTrailingCommas_AreAllowed()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("run.json"), "\uFEFF// what to keep\n{ \"video\": \"synthetic:test-short-0\", /* all */ \"ratio\": 1e0, \"question\": \"--json\", }");

        var (file, words) = (ScoreProgram.Run("answer", "--config", folder.File("run.json")), ScoreProgram.Run("answer", "synthetic:test-short-0", "--ratio", "1", "--question=--json"));

        Assert.That((file.ExitCode, words.ExitCode, file.Output), Is.EqualTo((0, 0, words.Output)), file.Error);
        Assert.That(file.Output, Does.Contain(" 6 letters"), "a question like an option is a question");
    }
}
