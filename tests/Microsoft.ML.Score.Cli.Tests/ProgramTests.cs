namespace Score.Cli;

[TestFixture]
public class ProgramTests
{
    [TestCase("--help")]
    [TestCase("train", "--help")]
    [TestCase("annotate", "--help")]
    [TestCase("encode", "--help")]
    [TestCase("list", "--help")]
    [TestCase("compress", "--help")]
    [TestCase("answer", "--help")]
    [TestCase("eval", "--help")]
    [TestCase("model", "--help")]
    [TestCase("download", "--help")]
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

    [TestCase("A command is missing. The commands are train, annotate, ")]
    [TestCase("There is no command 'compres'. Did you mean 'compress'?", "compres")]
    [TestCase("Required argument 'video' missing for command: 'compress'. 'score compress --help' tells more.", "compress")]
    [TestCase("--ratio must be a number above 0 and at most 1, got '0'.", "compress", "a.mp4", "--ratio", "0")]
    [TestCase("got 'NaN'.", "compress", "a.mp4", "--ratio", "NaN")]
    [TestCase("got 'x'.", "compress", "a.mp4", "--ratio", "x")]
    [TestCase("--format must be one of mask, tokens, html, png, gif, mp4, got 'pdf'.", "compress", "a.mp4", "--format", "pdf")]
    [TestCase("--output needs videos of different names", "compress", "a/clip.mp4", "b/clip.mp4", "--output", "kept")]
    [TestCase("Option '--question' is required. 'score answer --help' tells more.", "answer", "a.mp4")]
    [TestCase("There is no command 'tarin'. Did you mean 'train'?", "tarin", "--data", "x")]
    [TestCase("There is no option '--dta'. Did you mean '--data'?", "train", "--dta", "synthetic", "--output", "p.safetensors")]
    [TestCase("There is no option '--RATIO'. Did you mean '--ratio'?", "compress", "a.mp4", "--RATIO", "0.1")]
    [TestCase("There is no option '--warm-up'. Did you mean '--warm-up-steps' or '--warm-up-tau'?", "train", "--data", "synthetic", "--output", "p.safetensors", "--warm-up", "3")]
    [TestCase("There is no option '--hlep'. Did you mean '--help'?", "model", "tiny", "--hlep")]
    [TestCase("There is no option '--bogus'. 'score eval --help' tells more.", "eval", "--bogus")]
    [TestCase("There is no option '--bogus'. A file of that name is written ./--bogus", "compress", "a.mp4", "--bogus")]
    [TestCase("score eval takes no argument 'x'. 'score eval --help' tells more.", "eval", "x")]
    [TestCase("got 'Mask'. Did you mean 'mask'?", "compress", "a.mp4", "--format", "Mask")]
    [TestCase("got 'bf61'. Did you mean 'bf16'?", "train", "--data", "synthetic", "--output", "p.safetensors", "--feature-type", "bf61")]
    [TestCase("got 'lava'. Did you mean 'llava'?", "annotate", "--data", "x", "--output", "y", "--endpoint", "http://localhost:1/v1", "--model", "m", "--format", "lava")]
    [TestCase("got 'medum'. Did you mean 'medium'?", "eval", "--lengths", "short,medum")]
    [TestCase("got 'vidcom'. Did you mean 'vidcom2'?", "eval", "--compressors", "score,vidcom")]
    [TestCase("got 'video-mm'. Did you mean 'video-mme'?", "eval", "--benchmark", "video-mm")]
    [TestCase("got 'video-mm=x'. Did you mean 'video-mme'?", "eval", "--prompt", "video-mm=x")]
    [TestCase("got 'paper-tabel1'. Did you mean 'paper-table1'?", "eval", "--preset", "paper-tabel1")]
    [TestCase("--seconds and --fps: a clip of 1E+300 seconds at 30 frames a second has more than 2147483647 frames", "model", "tiny", "--seconds", "1e300")]
    [TestCase("'synthetic:test-short' names no synthetic clip", "compress", "synthetic:test-short-0", "synthetic:test-short")]
    [TestCase("'synthetic:test-tiny-0' names no synthetic clip", "answer", "synthetic:test-tiny-0", "--question", "What?")]
    [TestCase("'synthetic:' names no synthetic clip", "model", "tiny", "--video", "synthetic:")]
    [TestCase("--model must not be empty", "compress", "a.mp4", "--model", "")]
    [TestCase("--policy must not be empty", "compress", "a.mp4", "--policy", "")]
    [TestCase("--synthetic-images must be a whole number from 0 to 100000", "train", "--data", "synthetic", "--output", "p.safetensors", "--synthetic-images", "2147483647")]
    [TestCase("low-resolution keeps a share of the tokens; it cannot be combined with --tokens", "eval", "--compressors", "low-resolution", "--tokens", "10")]
    [TestCase("ablation needs the policy to compare with; name it with --ablation-policy", "eval", "--compressors", "ablation")]
    [TestCase("--prompt: lvbench has no prompt 'defualt'. Did you mean 'default'? It has default", "eval", "--benchmark", "lvbench", "--prompt", "lvbench=defualt")]
    [TestCase("--warm-up-steps and --main-steps together", "train", "--data", "synthetic", "--output", "p.safetensors", "--main-steps", "2147483647")]
    [TestCase("--question must be a question", "answer", "a.mp4", "--question", " ")]
    [TestCase("--temperature must be a number of at least 0, got '-1'.", "answer", "a.mp4", "--question", "What?", "--temperature", "-1")]
    [TestCase("--max-new-tokens must be a whole number of at least 1, got '0'.", "answer", "a.mp4", "--question", "What?", "--max-new-tokens", "0")]
    [TestCase("--lengths must be a list of lengths (short, medium, long), got 'huge'.", "eval", "--lengths", "short,huge")]
    [TestCase("--ratios lists '0.1' twice.", "eval", "--ratios", "0.1,0.1")]
    [TestCase("--ratios must be a list of ratios above 0 and at most 1, got '1.5'.", "eval", "--ratios", "1.5")]
    [TestCase("got 'best'.", "eval", "--compressors", "best")]
    [TestCase("--videos must be a whole number from 1 to 100000, got '0'.", "eval", "--videos", "0")]
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

    /// <summary>A policy that is a folder is on the disk, not on the command line.</summary>
    [Test]
    public void Policy_ThatIsAFolder_FailsAndNamesIt()
    {
        using var folder = new TemporaryFolder();

        var run = ScoreProgram.Run("compress", "synthetic:test-short-0", "--policy", folder.Path);

        Assert.That((run.ExitCode, run.Error.TrimEnd()), Is.EqualTo((1, $"score: --policy: '{folder.Path}' is a folder; expected a policy file (.safetensors).")));
    }
}
