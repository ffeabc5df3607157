using System.Text.RegularExpressions;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Score.Cli.Commands;

/// <summary>The program says, once a run, that the embedded model is used on what it knows nothing of.</summary>
[TestFixture]
public class EmbeddedModelWarningTests
{
    private const string Warning = "score: warning: The model 'tiny' was trained on the synthetic world alone";

    private TemporaryFolder _folder = null!;
    private IVideoLanguageModel _tiny = null!;

    [SetUp]
    public void Load() => (_folder, _tiny) = (new TemporaryFolder(), VideoModel.Load("tiny"));

    [TearDown]
    public void Release()
    {
        _tiny.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Compress_TwoClipsThatAreNotSynthetic_WarnsOnce()
    {
        var run = ScoreProgram.Run(_tiny, CancellationToken.None, "compress", "synthetic:test-short-0", Features("a", 56, 80), Features("b", 96, 96), "--json");

        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(Regex.Count(run.Error, Warning), Is.EqualTo(1), run.Error);
        Assert.That(run.Output, Does.StartWith("{").And.Not.Contain("warning"));
    }

    [Test]
    public void Compress_SyntheticClips_DoesNotWarn()
    {
        var run = ScoreProgram.Run(_tiny, CancellationToken.None, "compress", "synthetic:test-short-0", "synthetic:policytraining-image-0");

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
    }

    [Test]
    public void Answer_ClipThatIsNotSynthetic_WarnsOnce()
    {
        var run = ScoreProgram.Run(_tiny, CancellationToken.None, "answer", Features("a", 56, 80), "--question", "What is there?", "--max-new-tokens", "2");

        Assert.That((run.ExitCode, Regex.Count(run.Error, Warning)), Is.EqualTo((0, 1)), run.Error);
    }

    [Test]
    public void Train_ClipsThatAreNotSynthetic_WarnsOnce()
    {
        Features("a", 56, 80);
        var rows = _folder.File("rows.jsonl");
        File.WriteAllLines(rows, Enumerable.Repeat("""{"video": "a.safetensors", "caption": "red ball moves left"}""", 3));

        var run = ScoreProgram.Run(
            _tiny, CancellationToken.None,
            "train", "--data", rows, "--validation", rows, "--output", _folder.File("policy.safetensors"), "--warm-up-steps", "1", "--main-steps", "1", "--batch-size", "1");

        Assert.That((run.ExitCode, Regex.Count(run.Error, Warning)), Is.EqualTo((0, 1)), run.Error);
    }

    [TestCase("train")]
    [TestCase("compress")]
    [TestCase("answer")]
    [TestCase("eval")]
    [TestCase("model")]
    public void Help_WhereTheModelIsChosen_SaysWhatTheEmbeddedOneKnows(string command)
    {
        var help = Regex.Replace(ScoreProgram.Run(command, "--help").Output, @"\s+", " ");

        Assert.That(Regex.Count(help, "tiny: embedded, trained on the synthetic world alone; it knows nothing of real video"), Is.EqualTo(1), help);
    }

    private string Features(string name, int height, int width)
    {
        var path = _folder.File($"{name}.safetensors");
        FeatureFile.Write(path, _tiny.Encode(new FrameClip(new byte[8 * height * width * 3], 8, height, width, 2)));
        return path;
    }
}
