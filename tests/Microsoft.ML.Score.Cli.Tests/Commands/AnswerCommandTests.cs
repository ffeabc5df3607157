using System.Text.Json;
using Microsoft.ML.Score.Policy;

namespace Score.Cli.Commands;

[TestFixture]
public class AnswerCommandTests
{
    [Test]
    public void Answer_WithPolicy_AsksTheModelAboutTheKeptTokens()
    {
        using var folder = new TemporaryFolder();
        PolicyNetwork.Initialize(dimension: 3).Save(folder.File("policy.safetensors"));

        var run = ScoreProgram.Run("answer", "synthetic:test-short-0", "--question", "What?", "--policy", folder.File("policy.safetensors"), "--ratio", "0.5");

        Assert.That((run.ExitCode, run.Output.TrimEnd(), run.Error), Is.EqualTo((0, "36 tokens, 5 letters", "")));
    }

    [Test]
    public void Answer_AllTokens_NeedsNoPolicy()
    {
        var run = ScoreProgram.Run("answer", "synthetic:test-short-0", "--question", "What?", "--ratio", "1", "--json");

        using var document = JsonDocument.Parse(run.Output);
        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(document.RootElement.GetProperty("answer").GetString(), Is.EqualTo("72 tokens, 5 letters"));
        Assert.That(document.RootElement.GetProperty("keptTokens").GetInt32(), Is.EqualTo(72));
    }

    [Test]
    public void Answer_MissingVideo_Fails()
    {
        var run = ScoreProgram.Run("answer", "missing.mp4", "--question", "What?");

        Assert.That((run.ExitCode, run.Output, run.Error.TrimEnd()), Is.EqualTo((1, "", "score: There is no video file 'missing.mp4'.")));
    }
}
