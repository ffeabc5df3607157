using Microsoft.ML.Score.Models;

namespace Score.Cli.Commands;

[TestFixture]
public class BackendOptionTests
{
    private static readonly string[] s_answer = ["answer", "synthetic:test-short-0", "--question", "What?", "--ratio", "1"];

    [TestCase("simd")]
    [TestCase("scalar")]
    [TestCase("torch-cpu")]
    [TestCase("torch-cuda", "torch-cuda:0")]
    public async Task Backend_EveryWord_ReachesTheModel(string word, string? name = null)
    {
        string? loaded = null;
        using var output = new StringWriter();
        using var error = new StringWriter();

        await Program.RunAsync(
            [.. s_answer, "--backend", word],
            (_, options) =>
            {
                loaded = options.Backend.Name;
                return new FakeVideoModel();
            },
            output, error);

        Assert.That(loaded, Is.EqualTo(name ?? word));
    }

    /// <summary>The tool is built without LibTorch.</summary>
    [TestCase("torch-cpu")]
    [TestCase("torch-cuda")]
    public async Task Backend_WithoutLibTorch_SaysInOneLineWhatToAdd(string word)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();

        var exitCode = await Program.RunAsync([.. s_answer, "--backend", word], VideoModel.Load, output, error);

        Assert.That((exitCode, output.ToString()), Is.EqualTo((1, "")));
        Assert.That(error.ToString().TrimEnd(), Does.StartWith("score: TorchSharp").And.Contains("0.107").And.Not.Contains("\n").And.Length.LessThan(500));
    }

    [Test]
    public void Backend_UnknownWord_IsWrongUsage()
    {
        var run = ScoreProgram.Run([.. s_answer, "--backend", "torch-cuba"]);

        Assert.That((run.ExitCode, run.Error.TrimEnd()), Is.EqualTo((2, "score: --backend must be one of simd, scalar, torch-cpu, torch-cuda, got 'torch-cuba'. Did you mean 'torch-cuda'?")));
    }
}
