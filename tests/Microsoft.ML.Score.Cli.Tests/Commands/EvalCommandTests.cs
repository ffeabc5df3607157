using System.Text.Json;
using Microsoft.ML.Score.Policy;

namespace Microsoft.ML.Score.Cli.Commands;

[TestFixture]
public class EvalCommandTests
{
    [Test]
    public void Eval_EveryCompressor_PrintsAllTokensFirst()
    {
        using var folder = new TemporaryFolder();
        PolicyFile.Save(folder.File("policy.safetensors"), PolicyNetwork.Initialize(dimension: 3));

        var run = ScoreProgram.Run("eval", "--videos", "2", "--lengths", "short,medium", "--ratios", "0.5,0.1", "--policy", folder.File("policy.safetensors"), "--json", folder.File("eval.json"));

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        var lines = run.Output.Split('\n');
        Assert.That(lines[0], Does.StartWith("system ").And.EndsWith("prefill (ms)"));
        Assert.That(lines[2], Does.StartWith("all tokens "));
        Assert.That(run.Output.TrimEnd(), Does.EndWith("synthetic: 32 questions about 4 videos"));

        using var document = JsonDocument.Parse(File.ReadAllText(folder.File("eval.json")));
        var systems = document.RootElement.GetProperty("systems").EnumerateArray().ToArray();
        Assert.That(systems.Take(8).Select(system => system.GetProperty("name").GetString()), Is.EqualTo(
            new[] { "all tokens", "SCORE", "untrained policy", "random", "jittered uniform", "uniform", "largest residual", "EVS" }));
        Assert.That(systems, Has.Length.EqualTo(15));
        // 8 and 24 steps of 9 tokens: the mean of 72 and 216, and of floor(0.1 * 72) and floor(0.1 * 216).
        Assert.That(systems[0].GetProperty("tokens").GetDouble(), Is.EqualTo(144));
        Assert.That(systems[14].GetProperty("tokens").GetDouble(), Is.EqualTo(14));
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
    public void Eval_ScoreWithoutPolicy_Fails()
    {
        var run = ScoreProgram.Run("eval", "--videos", "1");

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.Contain("--policy"));
    }
}
