namespace Score.Cli.Commands;

[TestFixture]
public class QuietOptionTests
{
    /// <summary>The line that says where encoded videos are kept merely informs; what is wrong with the data is told all the same.</summary>
    [Test]
    public void Train_Quiet_LeavesOutWhatMerelyInforms()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllLines(folder.File("rows.jsonl"), ["""{"video": "synthetic:policytraining-short-0", "caption": "A red circle."}""", "damage"]);
        string[] command = ["train", "--data", folder.File("rows.jsonl"), "--skip-damaged", "--warm-up-steps", "0", "--main-steps", "1", "--batch-size", "1", "--output", folder.File("p.safetensors"), "--overwrite"];

        var loud = ScoreProgram.Run(command);
        var quiet = ScoreProgram.Run([.. command, "--quiet"]);

        Assert.That((loud.ExitCode, quiet.ExitCode), Is.EqualTo((0, 0)), loud.Error);
        Assert.That(loud.Error, Does.Contain("encoded videos are kept in"));
        Assert.That(quiet.Error, Does.Not.Contain("encoded videos are kept in").And.Contain("passed over 1 rows that are damaged").And.Contain("no validation set"));
        Assert.That(quiet.Output, Is.EqualTo(loud.Output));
    }

    [TestCase("train", true)]
    [TestCase("annotate", true)]
    [TestCase("compress", true)]
    [TestCase("eval", true)]
    [TestCase("download", true)]
    [TestCase("answer", false)]
    [TestCase("model", false)]
    [TestCase("policy", false)]
    public void Quiet_OfCommandsThatSayMore_IsInTheirHelp(string command, bool has) =>
        Assert.That(ScoreProgram.Run(command, "--help").Output, has ? Does.Contain("--quiet ") : Does.Not.Contain("--quiet"));
}
