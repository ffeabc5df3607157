using System.Text.Json;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;

namespace Score.Cli.Commands;

[TestFixture]
public class ModelCommandTests
{
    private static readonly string s_checkpoint = RepositoryFolder.Golden("models", "qwen25vl_tiny_B_tied_bf16");

    [Test]
    public void Model_Tiny_DescribesPartsTokensAndMemory()
    {
        var run = ScoreProgram.Run("model", "tiny", "--video", "synthetic:test-short-0", "--ratio", "0.25");

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Output, Does.StartWith("tiny: Qwen2.5-VL, ").And.Contain(" parameters stored as ").And.Contain("vision tower").And.Contain("decoder layers"));
        Assert.That(run.Output, Does.Contain("25% kept").And.Contain("fits in "));
    }

    [Test]
    public void Model_Folder_ReadsNoWeights()
    {
        // 60 s at 2 sampled frames a second, two to a step; 1280x720 within 602112 pixels is 1008x560, 36 x 20 tokens.
        var run = ScoreProgram.Run("model", s_checkpoint, "--seconds", "60", "--fps", "30", "--width", "1280", "--height", "720", "--json");

        using var document = JsonDocument.Parse(run.Output);
        var root = document.RootElement;
        Assert.That(root.GetProperty("architecture").GetString(), Is.EqualTo("Qwen2.5-VL"));
        Assert.That(root.GetProperty("storedTypes")[0].GetString(), Is.EqualTo("BF16"));
        Assert.That(root.GetProperty("bytes").GetInt64(), Is.EqualTo(2 * root.GetProperty("parameters").GetInt64()));
        Assert.That(root.GetProperty("parts").EnumerateArray().Sum(part => part.GetProperty("parameters").GetInt64()), Is.EqualTo(root.GetProperty("parameters").GetInt64()));
        Assert.That(root.GetProperty("grid").GetRawText(), Does.Contain("60").And.Contain("36").And.Contain("20"));
        Assert.That(root.GetProperty("tokens").GetInt32(), Is.EqualTo(60 * 36 * 20));
        Assert.That(root.GetProperty("memory")[1].GetProperty("keptTokens").GetInt32(), Is.EqualTo(TopK.RetainedCount(0.1, 60 * 36 * 20)));
        Assert.That(root.GetProperty("memory").EnumerateArray().All(item => item.GetProperty("fits").GetBoolean()));
    }

    [Test]
    public void Model_WithoutTokenizer_SaysThatItCannotBeLoaded()
    {
        Assert.That(ScoreProgram.Run("model", s_checkpoint).Output, Does.Contain("It cannot be loaded as it is. There is no tokenizer in folder "));
        Assert.That(ScoreProgram.Run("model", "tiny").Output, Does.Not.Contain("cannot be loaded"));
    }

    [Test]
    public void Model_BeyondTheMemory_SaysWhatItNeeds()
    {
        var none = ScoreProgram.Run("model", s_checkpoint, "--memory", "0.001");
        var some = ScoreProgram.Run("model", s_checkpoint, "--memory", "0.1", "--ratio", "0.01");

        Assert.That((none.ExitCode, some.ExitCode), Is.EqualTo((0, 0)));
        Assert.That(none.Output, Does.Contain("does not fit in 1.0 MiB of memory: it needs "));
        Assert.That(some.Output, Does.Contain("fits in 102.4 MiB of memory with 432 tokens kept (").And.Contain("not with all ("));
    }

    [Test]
    public async Task Answer_ModelBeyondTheMemory_FailsWithTheNumbers()
    {
        var (output, error) = (new StringWriter(), new StringWriter());

        var exitCode = await Program.RunAsync(
            ["answer", "synthetic:test-short-0", "--question", "What?", "--ratio", "1", "--memory", "0.0001"], VideoModel.Load, output, error);

        Assert.That((exitCode, output.ToString()), Is.EqualTo((1, "")));
        Assert.That(error.ToString(), Does.StartWith("score: The model in ").And.Contain(" for its weights and ").And.Contain("the limit is 104.9 KiB."));
    }

    [TestCase("--seconds", "0")]
    [TestCase("--fps", "-1")]
    [TestCase("--width", "0")]
    [TestCase("--memory", "much")]
    public void Model_WrongValue_IsWrongUsage(string option, string value)
    {
        var run = ScoreProgram.Run("model", "tiny", option, value);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.Contain(option));
    }

    [Test]
    public void Check_RightCheckpoint_PrintsALineEachAndExitsWithZero()
    {
        using var checkpoint = new RandomCheckpoint();

        var run = ScoreProgram.Run("model", checkpoint.Folder, "--check");

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        var lines = run.Output.TrimEnd().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(8 + 1));
        Assert.That(lines[..8], Is.All.StartsWith("ok "));
        Assert.That(lines[8].TrimEnd(), Is.EqualTo($"{checkpoint.Folder}: all checks passed"));
    }

    /// <summary>The goldens' checkpoint has no tokenizer; all else of it is right.</summary>
    [Test]
    public void Check_WithoutTokenizer_NamesFilesAndNextStepAndExitsWithOne()
    {
        var text = ScoreProgram.Run("model", s_checkpoint, "--check");
        var json = ScoreProgram.Run("model", s_checkpoint, "--check", "--json");

        Assert.That((text.ExitCode, text.Error, json.ExitCode, json.Error), Is.EqualTo((1, "", 1, "")));
        Assert.That(text.Output, Does.Contain("ok       weight files     2 files, ").And.Contain("wrong    tokenizer        cannot be used").And.Contain("skipped  special tokens"));
        Assert.That(text.Output, Does.Contain("vocab.json, merges.txt: expected a file that can be used; found absent: There is no tokenizer in folder ").And.Contain(". Copy the file from the released checkpoint"));
        Assert.That(text.Output.TrimEnd(), Does.EndWith(": 1 fault"));
        using var document = JsonDocument.Parse(json.Output);
        Assert.That(document.RootElement.GetProperty("right").GetBoolean(), Is.False);
        var fault = document.RootElement.GetProperty("checks").EnumerateArray().SelectMany(check => check.GetProperty("faults").EnumerateArray()).Single();
        Assert.That(fault.EnumerateObject().Select(property => property.Name), Is.EqualTo(new[] { "file", "tensor", "expected", "actual", "nextStep" }));
    }

    [Test]
    public void Check_EmbeddedModel_IsWrongUsage()
    {
        var run = ScoreProgram.Run("model", "tiny", "--check");

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.Contain("--check needs the folder of a checkpoint"));
    }

    [Test]
    public void Check_MissingFolder_Fails()
    {
        var run = ScoreProgram.Run("model", "absent", "--check");

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.StartWith("score: There is no folder 'absent'"));
    }

    [Test]
    public void Model_Missing_Fails()
    {
        var run = ScoreProgram.Run("model", "absent");

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.StartWith("score: There is no folder 'absent'"));
    }
}
