using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Reports;
using Score.Cli.Evaluations;
using Score.Cli.Output;

namespace Score.Cli.Commands;

[TestFixture]
public class EvalCommandTests
{
    [Test]
    public void Eval_EveryCompressor_PrintsAllTokensFirst()
    {
        using var folder = new TemporaryFolder();
        PolicyNetwork.Initialize(dimension: 3).Save(folder.File("policy.safetensors"));

        var run = ScoreProgram.Run("eval", "--videos", "2", "--lengths", "short,medium", "--ratios", "0.5,0.1", "--policy", folder.File("policy.safetensors"),
            "--compressors", "score,untrained,random,jittered,uniform,residual,evs,frame-drop,dycoke,vidcom2,holitom-port", "--json", folder.File("eval.json"));

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        // A slow machine is told how far the work is.
        Assert.That(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.All.StartsWith("evaluating videos"));
        var lines = run.Output.Split('\n');
        Assert.That(lines[0], Does.StartWith("system ").And.EndsWith("speed-up"));
        Assert.That(lines[2], Does.StartWith("all tokens "));
        Assert.That(run.Output, Does.Contain("\nsynthetic: 32 questions about 4 videos, accuracy, chance 2").And.Contain("no option could be read").And.Contain("one video at a time; peak memory "));

        using var document = JsonDocument.Parse(File.ReadAllText(folder.File("eval.json")));
        var systems = document.RootElement.GetProperty("systems").EnumerateArray().ToArray();
        Assert.That(systems.Take(12).Select(system => system.GetProperty("name").GetString()), Is.EqualTo(
            new[] { "all tokens", "SCORE", "untrained policy", "random", "jittered uniform", "uniform", "largest residual", "EVS", "frame drop", "DyCoke", "VidCom2", "HoliTom (VidCom2 port)" }));
        Assert.That(systems, Has.Length.EqualTo(23));
        // 8 and 24 steps of 9 tokens: the mean of 72 and 216, and of floor(0.1 * 72) and floor(0.1 * 216).
        Assert.That(systems[0].GetProperty("tokens").GetDouble(), Is.EqualTo(144));
        Assert.That(systems[14].GetProperty("tokens").GetDouble(), Is.EqualTo(14));
        Assert.That(systems[14].GetProperty("actualRetention").GetDouble(), Is.EqualTo(14 / 144.0).Within(1e-12));
        Assert.That(systems[0].GetProperty("measured").EnumerateObject().Select(part => part.Name), Is.EqualTo(new[]
        {
            "decodeMilliseconds", "encodeMilliseconds", "compressMilliseconds", "gatherMilliseconds", "prefillMilliseconds", "generateMilliseconds", "speedUp",
        }));
        Assert.That(systems[1].GetProperty("scoreMinusThis").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(systems[2].GetProperty("scoreMinusThis").GetProperty("value").GetDouble(), Is.Zero);
    }

    [Test]
    public void Eval_JsonToStandardOutput_IsAllThatIsPrinted()
    {
        var run = ScoreProgram.Run("eval", "--videos", "1", "--lengths", "short", "--ratios", "0.1", "--compressors", "random", "--json", "-");

        using var document = JsonDocument.Parse(run.Output);
        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(document.RootElement.GetProperty("systems").GetArrayLength(), Is.EqualTo(2));
    }

    [Test]
    public void Eval_RecordsOfTheSameRun_AreNotAskedAgain()
    {
        using var folder = new TemporaryFolder();
        string[] args = ["eval", "--videos", "1", "--lengths", "short", "--ratios", "0.1", "--compressors", "random,dycoke", "--records", folder.File("records.jsonl"), "--json", "-"];
        var first = ScoreProgram.Run(args);
        var model = new FakeVideoModel();

        var second = ScoreProgram.Run(model, CancellationToken.None, args);

        Assert.That((second.Error, model.Encoded), Is.EqualTo(("", 0)));
        Assert.That(WithoutDate(second.Output), Is.EqualTo(WithoutDate(first.Output)));

        static string WithoutDate(string output) => Regex.Replace(output, "\"date\": \"[^\"]*\"", "");
    }

    /// <summary>The document says what made it, the command as a shell reads it back; what the environment holds is not in it.</summary>
    [Test]
    public void Eval_Json_SaysWhereItComesFrom()
    {
        const string Secret = "sk-not-to-be-written-down";
        using var folder = new TemporaryFolder();
        PolicyNetwork.Initialize(dimension: 3).Save(folder.File("a policy.safetensors"));
        var before = DateTimeOffset.UtcNow;
        Environment.SetEnvironmentVariable("OPENAI_API_KEY", Secret);
        ScoreProgram run;
        try
        {
            run = ScoreProgram.Run("eval", "--videos", "1", "--lengths", "short", "--ratios=0.1", "--compressors", "score", "--policy", folder.File("a policy.safetensors"), "--json", folder.File("eval.json"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("OPENAI_API_KEY", null);
        }

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        var document = EvaluationDocument.Load(folder.File("eval.json"));
        Assert.Multiple(() =>
        {
            Assert.That((document.ModelSource, document.ModelFingerprint), Is.EqualTo(("fake", "fa4e")));
            Assert.That($"score {document.Version} with", Is.EqualTo(string.Join(' ', ScoreProgram.Run("--version").Output.Split(' ')[..3])));
            Assert.That(document.Date, Is.InRange(before, DateTimeOffset.UtcNow).And.Property("Offset").EqualTo(TimeSpan.Zero));
            Assert.That(document.Command, Is.EqualTo(
                $"score eval --videos 1 --lengths short --ratios 0.1 --compressors score --policy '{folder.File("a policy.safetensors")}' --json {folder.File("eval.json")}"));
            Assert.That((document.Policies[0].System, document.Policies[0].Hash), Is.EqualTo(
                ("SCORE", Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(folder.File("a policy.safetensors")))))));
            Assert.That(File.ReadAllText(folder.File("eval.json")), Does.Not.Contain(Secret));
        });
    }

    /// <summary>A secret on a command line would be in the document: no option takes one.</summary>
    [Test]
    public void Help_Options_TakeNoSecret() =>
        Assert.That(ScoreProgram.Run("eval", "--help").Output.Split((char[]?)null).Where(word => word.StartsWith("--", StringComparison.Ordinal)),
            Has.None.Contains("key").And.None.Contains("secret").And.None.Contains("password").And.None.Contains("auth").And.None.EndsWith("token"));

    [Test]
    public void Eval_Report_WritesThePageAndNamesIt()
    {
        using var folder = new TemporaryFolder();

        var run = ScoreProgram.Run("eval", "--videos", "1", "--lengths", "short", "--ratios", "0.1", "--compressors", "random", "--report", folder.File("eval.html"));
        var again = ScoreProgram.Run("eval", "--videos", "1", "--lengths", "short", "--ratios", "0.1", "--compressors", "random", "--report", folder.File("eval.html"));
        File.WriteAllText(folder.File("mine.html"), "<!DOCTYPE html><p>notes</p>");
        var mine = ScoreProgram.Run("eval", "--videos", "1", "--lengths", "short", "--ratios", "0.1", "--compressors", "random", "--report", folder.File("mine.html"));

        Assert.That((run.ExitCode, again.ExitCode, mine.ExitCode), Is.EqualTo((0, 0, 1)), run.Error + again.Error);
        Assert.That(run.Output, Does.EndWith($"page: {folder.File("eval.html")}{Environment.NewLine}"));
        Assert.That(File.ReadAllText(folder.File("eval.html")), Does.Contain("random at 10%: "));
        Assert.That(mine.Error, Does.Contain("is not a report of score"));
    }

    /// <summary>Page, Markdown and table of the results; another extension is a page, and a file that is none of these is left.</summary>
    [Test]
    public void Report_Evaluation_WritesWhatTheExtensionSays()
    {
        using var folder = new TemporaryFolder();
        Assert.That(ScoreProgram.Run("eval", "--videos", "1", "--lengths", "short", "--ratios", "0.1", "--compressors", "random", "--json", folder.File("eval.json")).ExitCode, Is.Zero);
        var document = EvaluationDocument.Load(folder.File("eval.json"));

        var page = ScoreProgram.Run("report", folder.File("eval.json"));
        var markdown = ScoreProgram.Run("report", folder.File("eval.json"), "--output", folder.File("eval.md"));
        var table = ScoreProgram.Run("report", folder.File("eval.json"), "--output", folder.File("eval.csv"));
        // Again, over its own files.
        Assert.That(ScoreProgram.Run("report", folder.File("eval.json"), "--output", folder.File("eval.md"), "--csv", folder.File("eval.csv")).ExitCode, Is.Zero);
        File.WriteAllText(folder.File("notes.md"), "# Mine\n");
        var mine = ScoreProgram.Run("report", folder.File("eval.json"), "--output", folder.File("notes.md"));
        File.WriteAllText(folder.File("other.json"), "{\"video\":1}");
        var other = ScoreProgram.Run("report", folder.File("other.json"));

        Assert.Multiple(() =>
        {
            Assert.That((page.Output, markdown.Output, table.Output), Is.EqualTo((
                $"page: {folder.File("eval.html")}{Environment.NewLine}", $"table: {folder.File("eval.md")}{Environment.NewLine}", $"table: {folder.File("eval.csv")}{Environment.NewLine}")));
            Assert.That(File.ReadAllText(folder.File("eval.html")), Does.Contain("<h2>Accuracy against tokens kept</h2>"));
            Assert.That(File.ReadAllText(folder.File("eval.md")), Is.EqualTo(EvaluationTable.ToMarkdown(document)));
            Assert.That(File.ReadAllText(folder.File("eval.csv")), Is.EqualTo(EvaluationTable.ToCsv(document)));
            Assert.That((mine.ExitCode, other.ExitCode), Is.EqualTo((1, 1)));
            Assert.That(mine.Error, Does.Contain("is not tables of score report"));
            Assert.That(other.Error, Does.Contain("is not the result of an evaluation, as score eval --json writes it"));
        });
    }

    /// <summary>What a reader of the file sees is what the terminal shows.</summary>
    [TestCase(40)]
    [TestCase(60)]
    [TestCase(80)]
    [TestCase(120)]
    [TestCase(200)]
    public void Write_OnTerminalsOfAnyWidth_TablesFit(int width)
    {
        using var folder = new TemporaryFolder();
        Assert.That(ScoreProgram.Run("eval", "--videos", "1", "--lengths", "short,medium", "--ratios", "0.5,0.1", "--compressors", "random,holitom-port,evs-vllm", "--json", folder.File("eval.json")).ExitCode, Is.Zero);
        var document = EvaluationDocument.Load(folder.File("eval.json"));
        var (whole, fitted) = (new StringWriter(), new StringWriter());

        ResultTable.Write(document, whole);
        ResultTable.Write(document, new ResultWriter(fitted, width));

        var tables = fitted.ToString().Split(Environment.NewLine).TakeWhile(line => !line.StartsWith("synthetic: ", StringComparison.Ordinal)).ToArray();
        Assert.That(tables.Select(line => line.Length), Has.All.LessThanOrEqualTo(width));
        var words = fitted.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        Assert.That(whole.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Where(word => char.IsAsciiDigit(word[0]) && !words.Contains(word)), Is.Empty);
    }

    [TestCase("--seed", "2", "seed was '1', now '2'")]
    [TestCase("--ratios", "0.2", "budgets was '1, 0.1', now '1, 0.2'")]
    [TestCase("--lengths", "medium", "benchmarks was 'synthetic: 1 videos of short', now 'synthetic: 1 videos of medium'")]
    [TestCase("--compressors", "evs", "systems was 'all tokens, random', now 'all tokens, EVS'")]
    [TestCase("--backend", "scalar", "backend was '', now 'scalar'")]
    public void Eval_RecordsOfAnotherRun_AreRefused(string option, string value, string difference)
    {
        using var folder = new TemporaryFolder();
        var args = new Dictionary<string, string> { ["--videos"] = "1", ["--lengths"] = "short", ["--ratios"] = "0.1", ["--compressors"] = "random", ["--records"] = folder.File("records.jsonl") };
        Assert.That(Run().ExitCode, Is.Zero);
        args[option] = value;

        var run = Run();

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.Contain("is the record of another run: " + difference));

        ScoreProgram Run() => ScoreProgram.Run(["eval", .. args.SelectMany(arg => new[] { arg.Key, arg.Value })]);
    }

    [Test]
    public void Eval_CompressorThatTheModelCannotServe_SaysWhatItNeeds()
    {
        var lowResolution = ScoreProgram.Run("eval", "--videos", "1", "--lengths", "short", "--compressors", "low-resolution");
        var ablation = ScoreProgram.Run("eval", "--videos", "1", "--lengths", "short", "--compressors", "ablation");

        Assert.That((lowResolution.ExitCode, ablation.ExitCode), Is.EqualTo((1, 2)));
        Assert.That(lowResolution.Error, Does.Contain("takes frames of any size"));
        Assert.That(ablation.Error, Does.Contain("--ablation-policy"));
    }

    /// <summary>The library's words and the command's two own ones, in the help and in the table of docs/cli.md.</summary>
    [Test]
    public void Help_Compressors_AreThoseOfTheListAndOfTheDocumentation()
    {
        string[] words = [.. CompressionMethod.All.Select(method => method.Word), "low-resolution", "ablation"];
        var help = string.Join(' ', ScoreProgram.Run("eval", "--help").Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        var page = File.ReadAllText(Path.Combine(RepositoryFolder.Root, "docs", "cli.md")).ReplaceLineEndings("\n");
        var table = page[page.IndexOf("| Compressor | What it is |", StringComparison.Ordinal)..page.IndexOf("Without `--compressors`", StringComparison.Ordinal)];
        var documented = table.Split('\n').Select(row => row.Split('|')).Where(cells => cells.Length > 2).SelectMany(cells => Regex.Matches(cells[1], "`([a-z0-9-]+)`")).Select(match => match.Groups[1].Value);

        Assert.That(help, Does.Contain($"of: {string.Join(", ", words)}."));
        Assert.That(documented, Is.EquivalentTo(words));
    }

    [Test]
    public void Eval_UnknownCompressor_ListsTheWords()
    {
        var run = ScoreProgram.Run("eval", "--compressors", "magic");

        Assert.That(run.ExitCode, Is.EqualTo(2));
        Assert.That(run.Error, Does.Contain("frame-drop, dycoke, dycoke-official, dycoke-port, vidcom2, vidcom2-vllm, holitom, holitom-port, fastvid, fastvid-llava-video, fastvid-onevision, fastvid-port, low-resolution, ablation"));
    }

    /// <summary>Synthetic short clips have 8 steps of the fake model's 9 tokens.</summary>
    [Test]
    public void Eval_NumbersOfTokens_KeepsThemOfEveryVideo()
    {
        var run = ScoreProgram.Run("eval", "--videos", "2", "--lengths", "short", "--tokens", "50,7,1000", "--compressors", "random", "--json", "-");

        using var document = JsonDocument.Parse(run.Output);
        var systems = document.RootElement.GetProperty("systems").EnumerateArray().ToArray();
        Assert.That(systems.Select(system => system.GetProperty("tokens").GetDouble()), Is.EqualTo(new[] { 72.0, 50, 7, 72 }));
        Assert.That(systems[1].GetProperty("retentionRatio").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(systems[1].GetProperty("tokenCount").GetInt32(), Is.EqualTo(50));
    }

    [Test]
    public void Eval_ScoreWithoutPolicy_Fails()
    {
        var run = ScoreProgram.Run("eval", "--videos", "1");

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.Contain("--policy"));
    }
}
