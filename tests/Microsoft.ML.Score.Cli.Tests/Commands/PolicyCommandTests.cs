using System.Text.Json;
using Microsoft.ML.Score.Policy;

namespace Score.Cli.Commands;

[TestFixture]
public class PolicyCommandTests
{
    private static readonly string[] s_train =
        ["train", "--data", "synthetic", "--synthetic-images", "3", "--synthetic-videos", "2", "--synthetic-validation", "1", "--warm-up-steps", "1", "--main-steps", "2", "--batch-size", "1", "--seed", "5"];

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [TestCase("policy.safetensors")]
    [TestCase("pipeline.zip")]
    public void Policy_Trained_TellsWhereItCameFrom(string name)
    {
        var trained = ScoreProgram.Run([.. s_train, "--output", _folder.File(name), "--json"]);
        using var training = JsonDocument.Parse(trained.Output);

        var text = ScoreProgram.Run("policy", _folder.File(name));
        using var document = JsonDocument.Parse(ScoreProgram.Run("policy", _folder.File(name), "--json").Output);

        Assert.That((text.ExitCode, text.Error), Is.EqualTo((0, "")));
        Assert.That(text.Output, Does.Contain("network: hidden width 64, 513 parameters").And.Contain("with seed 5, from an untrained policy").And.Contain("model: fake, fa4e")
            .And.Contain("steps: 1 of warm-up and 2 of the main stage").And.Contain("rows: 5, of which 3 stills"));
        var policy = document.RootElement;
        var origin = policy.GetProperty("provenance");
        Assert.That((policy.GetProperty("dimension").GetInt32(), policy.GetProperty("parameters").GetInt32(), policy.GetProperty("encoderFingerprint").GetString()), Is.EqualTo((3, 64 * (2 * 3 + 2) + 1, "fa4e")));
        Assert.That((origin.GetProperty("model").GetString(), origin.GetProperty("seed").GetInt32(), origin.GetProperty("mainSteps").GetInt32(), origin.GetProperty("retentionRatio").GetDouble()),
            Is.EqualTo(("fake", 5, 2, 0.1)));
        Assert.That(origin.GetProperty("validationCrossEntropy").GetDouble(), Is.EqualTo(training.RootElement.GetProperty("validationCrossEntropy").GetDouble()));
        Assert.That(origin.GetProperty("untrainedCrossEntropy").GetDouble(), Is.EqualTo(training.RootElement.GetProperty("untrainedCrossEntropy").GetDouble()));
    }

    [Test]
    public void Policy_OfAnEarlierVersion_SaysNotRecorded()
    {
        PolicyNetwork.Initialize(dimension: 3).Save(_folder.File("old.safetensors"));

        var text = ScoreProgram.Run("policy", _folder.File("old.safetensors"));
        using var document = JsonDocument.Parse(ScoreProgram.Run("policy", _folder.File("old.safetensors"), "--json").Output);

        Assert.That((text.ExitCode, text.Output), Is.EqualTo((0,
            $"policy: {_folder.File("old.safetensors")}{Environment.NewLine}tokens: of 3 values, of the encoder not recorded{Environment.NewLine}"
            + $"network: hidden width 64, 513 parameters, with the change of a token, with normalization{Environment.NewLine}training: not recorded{Environment.NewLine}")));
        Assert.That(document.RootElement.GetProperty("provenance").ValueKind, Is.EqualTo(JsonValueKind.Null));
    }

    [TestCase("none.safetensors", "none.safetensors")]
    [TestCase("none.zip", "There is no file")]
    [TestCase("text.safetensors", "is not a safetensors file")]
    [TestCase("text.zip", "text.zip")]
    public void Policy_OfSomethingElse_NamesTheFile(string name, string message)
    {
        if (name.StartsWith("text", StringComparison.Ordinal))
            File.WriteAllText(_folder.File(name), "a file of text, which is longer than a header");

        var run = ScoreProgram.Run("policy", _folder.File(name));

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.StartWith("score: ").And.Contain(message).And.Length.LessThan(500 + _folder.Path.Length));
    }
}
