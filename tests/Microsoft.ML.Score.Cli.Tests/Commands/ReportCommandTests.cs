using System.Text.Json;
using Microsoft.ML.Score.Policy;

namespace Score.Cli.Commands;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ReportCommandTests : IDisposable
{
    private static readonly string[] s_training =
    [
        "train", "--data", "synthetic", "--synthetic-images", "6", "--synthetic-videos", "4", "--synthetic-validation", "2", "--warm-up-steps", "3", "--main-steps", "4", "--batch-size", "2",
    ];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Report_MetricsOfATraining_WritesPageAndTable()
    {
        Train("--metrics", _folder.File("metrics.jsonl"));

        var run = ScoreProgram.Run("report", _folder.File("metrics.jsonl"), "--csv", _folder.File("training.csv"));
        var again = ScoreProgram.Run("report", _folder.File("metrics.jsonl"), "--output", _folder.File("metrics.html"), "--csv", _folder.File("training.csv"));

        Assert.That((run.ExitCode, run.Error, again), Is.EqualTo((0, "", run)));
        Assert.That(run.Output.ReplaceLineEndings("\n"), Does.StartWith($"page: {_folder.File("metrics.html")}\ntable: {_folder.File("training.csv")}\nverdict: It went wrong: "));
        Assert.That(File.ReadAllText(_folder.File("metrics.html")), Does.Contain("It went wrong: ").And.Contain("<dd>metrics.jsonl</dd>"));
        Assert.That(File.ReadAllLines(_folder.File("training.csv")), Has.Length.EqualTo(1 + 1 + 7));
        Assert.That(Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "policy.safetensors", "metrics.jsonl", "metrics.html", "training.csv" }));
    }

    [Test]
    public void Train_ReportAlone_WritesThePageAndKeepsItsRecordBesideIt()
    {
        var run = Train("--report", _folder.File("training.html"), "--validation-ratios", "0.25,0.5", "--json");

        using var result = JsonDocument.Parse(run.Output);
        Assert.That(result.RootElement.GetProperty("report").GetString(), Is.EqualTo(_folder.File("training.html")));
        Assert.That(File.ReadAllText(_folder.File("training.html")), Does.Contain("<th scope=\"col\">at 25%</th>").And.Contain("<dd>training.jsonl</dd>"));
        Assert.That(Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "policy.safetensors", "training.jsonl", "training.html" }));
        Assert.That(Train("--report", _folder.File("training.html"), "--overwrite").Output, Does.Contain($"report: {_folder.File("training.html")}"));
    }

    [Test]
    public void Report_DamagedRecord_NamesFileAndLineAndWritesNothing()
    {
        Train("--metrics", _folder.File("metrics.jsonl"));
        var lines = File.ReadAllLines(_folder.File("metrics.jsonl"));
        lines[2] = lines[2].Replace("\"retention\":", "\"retention\":9", StringComparison.Ordinal);
        File.WriteAllLines(_folder.File("metrics.jsonl"), lines);

        var run = ScoreProgram.Run("report", _folder.File("metrics.jsonl"));

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.StartWith($"score: '{_folder.File("metrics.jsonl")}', line 3: A share is outside [0, 1]."));
        Assert.That(File.Exists(_folder.File("metrics.html")), Is.False);
    }

    [TestCase("nothing that a page can be made of", "report @policy.safetensors --output @new.html")]
    [TestCase("nothing that a page can be made of", "report @notes.html --output @new.html")]
    [TestCase("exists and is not a report of score", "report @metrics.jsonl --output @notes.html")]
    [TestCase("exists and is not a table of score report", "report @metrics.jsonl --csv @notes.html")]
    [TestCase("exists and is not a report of score", "train --data synthetic --output @new.safetensors --report @notes.html")]
    [TestCase("no-such.jsonl", "report @no-such.jsonl")]
    public void Report_FileOfSomethingElse_IsRefusedAndLeft(string message, string command)
    {
        File.WriteAllText(_folder.File("metrics.jsonl"), "{\"kind\":\"verdict\",\"step\":1,\"went_wrong\":false,\"text\":\"It went well.\"}\n");
        File.WriteAllText(_folder.File("notes.html"), "<html>mine</html>");
        PolicyNetwork.Initialize(dimension: 3).Save(_folder.File("policy.safetensors"));

        var run = ScoreProgram.Run([.. command.Split(' ').Select(word => word.StartsWith('@') ? _folder.File(word[1..]) : word)]);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.Contain(message));
        Assert.That(File.ReadAllText(_folder.File("notes.html")), Is.EqualTo("<html>mine</html>"));
        Assert.That(File.Exists(_folder.File("new.html")), Is.False);
    }

    [TestCase("--output must be a file that ends in .html, .md or .csv", "report @metrics.jsonl --output @page.txt")]
    [TestCase("names the file of", "report @metrics.jsonl --csv @metrics.jsonl")]
    [TestCase("names the file of --output", "report @metrics.jsonl --output @a.html --csv @a.html")]
    [TestCase("--report names the file of --metrics", "train --data synthetic --output @new.safetensors --metrics @a.html --report @a.html")]
    [TestCase("--validation-ratios is about validations, and there is no --validation", "train --data @rows.jsonl --output @new.safetensors --validation-ratios 0.5")]
    [TestCase("--validation-ratios must be a list of ratios above 0 and at most 1, got '1.5'", "train --data synthetic --output @new.safetensors --validation-ratios 0.5,1.5")]
    public void CommandLine_ThatContradictsItself_IsWrongUsage(string message, string command)
    {
        var run = ScoreProgram.Run([.. command.Split(' ').Select(word => word.StartsWith('@') ? _folder.File(word[1..]) : word)]);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.Contain(message));
    }

    private ScoreProgram Train(params string[] options)
    {
        var run = ScoreProgram.Run([.. s_training, "--output", _folder.File("policy.safetensors"), .. options]);
        Assert.That(run.ExitCode, Is.Zero, run.Error);
        return run;
    }
}
