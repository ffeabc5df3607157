namespace Score.Cli;

[TestFixture]
public class ProgramTests
{
    [TestCase("--help")]
    [TestCase("train", "--help")]
    [TestCase("compress", "--help")]
    [TestCase("answer", "--help")]
    [TestCase("eval", "--help")]
    [TestCase("model", "--help")]
    [TestCase("policy", "--help")]
    public void Help_OfEveryCommand_GoesToStandardOutput(params string[] args)
    {
        var run = ScoreProgram.Run(args);

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        Assert.That(run.Output, Does.Contain("Usage:"));
    }

    [Test]
    public void Version_NamesTheLibraryBehindMLContext()
    {
        var run = ScoreProgram.Run("--version");

        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(run.Output, Does.Match(@"^score \d+\.\d+\.\d+ with Microsoft\.ML[.\w]* \d+\.\d+\.\d+\s*$"));
    }

    [TestCase("Required command was not provided.")]
    [TestCase("Unrecognized command or argument 'compres'", "compres")]
    [TestCase("Required argument 'video' missing for command: 'compress'.", "compress")]
    [TestCase("--ratio must be a number above 0 and at most 1, got '0'.", "compress", "a.mp4", "--ratio", "0")]
    [TestCase("got 'NaN'.", "compress", "a.mp4", "--ratio", "NaN")]
    [TestCase("got 'x'.", "compress", "a.mp4", "--ratio", "x")]
    [TestCase("Argument 'png' not recognized", "compress", "a.mp4", "--format", "png")]
    [TestCase("--output needs videos of different names", "compress", "a/clip.mp4", "b/clip.mp4", "--output", "kept")]
    [TestCase("Option '--question' is required.", "answer", "a.mp4")]
    [TestCase("--question must be a question", "answer", "a.mp4", "--question", " ")]
    [TestCase("--temperature must be a number of at least 0, got '-1'.", "answer", "a.mp4", "--question", "What?", "--temperature", "-1")]
    [TestCase("--max-new-tokens must be a whole number of at least 1, got '0'.", "answer", "a.mp4", "--question", "What?", "--max-new-tokens", "0")]
    [TestCase("--lengths must be a list of lengths (short, medium, long), got 'huge'.", "eval", "--lengths", "short,huge")]
    [TestCase("--ratios lists '0.1' twice.", "eval", "--ratios", "0.1,0.1")]
    [TestCase("--ratios must be a list of ratios above 0 and at most 1, got '1.5'.", "eval", "--ratios", "1.5")]
    [TestCase("got 'best'.", "eval", "--compressors", "best")]
    [TestCase("--videos must be a whole number of at least 1, got '0'.", "eval", "--videos", "0")]
    [TestCase("Option '--data' is required.", "train", "--output", "p.safetensors")]
    [TestCase("Option '--output' is required.", "train", "--data", "synthetic")]
    [TestCase("--output must be a .safetensors", "train", "--data", "synthetic", "--output", "policy.txt")]
    [TestCase("--learning-rate must be a positive number, got '-1'.", "train", "--data", "synthetic", "--output", "p.safetensors", "--learning-rate", "-1")]
    [TestCase("--batch-size must be a whole number of at least 1, got '0'.", "train", "--data", "synthetic", "--output", "p.safetensors", "--batch-size", "0")]
    [TestCase("--warm-up-steps and --main-steps together must be from 1 to", "train", "--data", "synthetic", "--output", "p.safetensors", "--warm-up-steps", "0", "--main-steps", "0")]
    public void WrongUsage_OfAnyCommand_ExitsWithTwoAndSaysWhy(string message, params string[] args)
    {
        var run = ScoreProgram.Run(args);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.StartWith("score: ").And.Contain(message));
    }
}
