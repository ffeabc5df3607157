namespace Score.Cli.Usage;

[TestFixture]
public class IdleOptionsTests
{
    [TestCase("--ratios", "--tokens", "eval --tokens 5 --ratios 0.1")]
    [TestCase("--ratios", "--tokens", "eval --preset paper-table3 --tokens 5 --ratios 0.1")]
    [TestCase("--videos", "--benchmark", "eval --benchmark lvbench --videos 2")]
    [TestCase("--lengths", "--preset paper-table1", "eval --preset paper-table1 --lengths short")]
    [TestCase("--data", "--benchmark", "eval --data data")]
    [TestCase("--annotations", "--benchmark", "eval --annotations lvbench=x.json")]
    [TestCase("--video-folder", "--benchmark", "eval --benchmark mlvu-dev --video-folder lvbench=videos")]
    [TestCase("--prompt", "--preset paper-table2", "eval --preset paper-table2 --prompt lvbench=default")]
    [TestCase("--policy", "--compressors", "eval --compressors random --policy p.safetensors")]
    [TestCase("--ablation-policy", "--compressors", "eval --ablation-policy p.safetensors")]
    [TestCase("--seconds", "--video", "model tiny --video synthetic:test-short-0 --seconds 5")]
    [TestCase("--fps", "--video", "model tiny --video synthetic:test-short-0 --fps 5")]
    [TestCase("--width", "--video", "model tiny --width 1280 --video synthetic:test-short-0")]
    [TestCase("--height", "--video", "model tiny --height 720 --video synthetic:test-short-0")]
    [TestCase("--video", "--check", "model folder --check --video synthetic:test-short-0")]
    [TestCase("--seconds", "--check", "model folder --check --seconds 60")]
    [TestCase("--ratio", "--check", "model folder --check --ratio 0.5")]
    [TestCase("--memory", "--check", "model folder --check --memory 5")]
    [TestCase("--format", "--data", "train --data synthetic --output p.safetensors --format llava")]
    [TestCase("--videos", "--data", "train --data synthetic --output p.safetensors --videos .")]
    [TestCase("--skip-damaged", "--data", "train --data synthetic --output p.safetensors --skip-damaged --validation synthetic")]
    [TestCase("--synthetic-images", "--data", "train --data rows.jsonl --output p.safetensors --synthetic-images 256")]
    [TestCase("--synthetic-videos", "--data", "train --data rows.jsonl --validation synthetic --output p.safetensors --synthetic-videos 1")]
    [TestCase("--synthetic-validation", "--validation", "train --data rows.jsonl --output p.safetensors --synthetic-validation 1")]
    [TestCase("--synthetic-validation", "--validation", "train --data synthetic --validation rows.jsonl --output p.safetensors --synthetic-validation 1")]
    [TestCase("--feature-type", "--features", "train --data synthetic --output p.safetensors --feature-type f32")]
    [TestCase("--feature-type", "--features", "train --data rows.jsonl --features none --output p.safetensors --feature-type f32")]
    [TestCase("--format", "--data", "encode a.mp4 --output features --format llava")]
    [TestCase("--videos", "--data", "encode a.mp4 --output features --videos .")]
    [TestCase("--data", "compressors", "list compressors --data data")]
    [TestCase("--format", "--output", "compress synthetic:test-short-0 --format mask")]
    [TestCase("--frame-rules", "--model", "answer synthetic:test-short-0 --question What? --frame-rules qwen-vl-utils")]
    [TestCase("--frame-rules", "--model", "compress synthetic:test-short-0 --model tiny --frame-rules hugging-face")]
    [TestCase("--outer-markers", "--model", "eval --outer-markers")]
    [TestCase("--drop-empty-steps", "--model", "train --data synthetic --output p.safetensors --drop-empty-steps")]
    [TestCase("--score-deepstack", "--model", "train --data synthetic --output p.safetensors --score-deepstack")]
    [TestCase("--top-p", "--temperature", "answer synthetic:test-short-0 --question What? --top-p 0.9")]
    public void Option_ThatCanChangeNothing_IsWrongUsageThatNamesBoth(string option, string other, string line)
    {
        var run = ScoreProgram.Run(line.Split(' '));

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.Match($@"\Ascore: {option} [^\n]*{other}[^\n]*\n\z"));
    }

    /// <summary>Every fault has its line, as those of single values have.</summary>
    [Test]
    public void Options_ThatCanChangeNothing_AreToldALineEach()
    {
        var idle = ScoreProgram.Run("model", "folder", "--check", "--seconds", "1", "--fps", "5", "--width", "5");
        var wrong = ScoreProgram.Run("model", "folder", "--check", "--seconds", "0", "--fps", "5");

        Assert.That((idle.ExitCode, wrong.ExitCode), Is.EqualTo((2, 2)));
        Assert.That(idle.Error.TrimEnd().Split(Environment.NewLine).Select(line => line.Split(' ')[1]), Is.EqualTo(new[] { "--seconds", "--fps", "--width" }));
        Assert.That(wrong.Error.TrimEnd(), Is.EqualTo("score: --seconds must be a positive number, got '0'."), "first what a value is wrong by itself");
    }

    /// <summary>What is for the other set of rows, or for what is not reached, is no contradiction; these fail later, by what is not there.</summary>
    [TestCase("train --data synthetic --validation none.jsonl --output OUT --format llava --videos . --skip-damaged --synthetic-images 1")]
    [TestCase("train --data none.jsonl --validation synthetic --output OUT --synthetic-validation 1")]
    [TestCase("model none --check --video-timeout 5")]
    [TestCase("answer none.mp4 --question What? --seed 5 --temperature 0")]
    [TestCase("answer none.mp4 --question What? --top-p 0.9 --temperature 1")]
    [TestCase("compress none.mp4 --format mask --output OUT")]
    [TestCase("answer none.mp4 --question What? --model none --drop-empty-steps")]
    [TestCase("eval --preset paper-table3 --ratios 0.1 --video-folder video-mme=none")]
    [TestCase("eval --preset paper-table4 --compressors score --policy none.safetensors")]
    public void Option_ThatMayChangeSomething_IsTaken(string line)
    {
        using var folder = new TemporaryFolder();

        var run = ScoreProgram.Run(line.Replace("OUT", folder.File("out.safetensors"), StringComparison.Ordinal).Split(' '));

        Assert.That(run.ExitCode, Is.EqualTo(1), run.Error);
        Assert.That(run.Error + run.Output, Does.Contain("there is no").IgnoreCase.Or.Contain("not there").Or.Contain("none"));
    }
}
