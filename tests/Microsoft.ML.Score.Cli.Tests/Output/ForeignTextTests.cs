using System.Text.Json;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;

namespace Score.Cli.Output;

/// <summary>Names, metadata and answers of servers that would control the terminal, by every way into the program's output.</summary>
[TestFixture]
public class ForeignTextTests
{
    private const string Hostile = "\e]0;title\a\e[31mred\e[0m\b\r\nscore: success\u007f\u0085\u009b2J\u202egpj\u2066\u2028\v\f";

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void CreateFolder() => _folder = new TemporaryFolder();

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void FileName_ThatIsNotThere_IsShownInOneLine() => Check(ScoreProgram.Run("compress", Hostile), 1, @"\u001b]0;title\u0007");

    [Test]
    public void OptionValue_ThatIsRefused_IsShownInOneLine() => Check(ScoreProgram.Run("compress", "a.mp4", "--ratio", Hostile, "--format", Hostile), 2, @"\u001b[31mred");

    [Test]
    public void Word_ThatIsNoCommand_IsShownInOneLine() => Check(ScoreProgram.Run(Hostile), 2, @"\u009b2J\u202egpj\u2066\u2028\u000b\u000c");

    [Test]
    public void Metadata_OfAFeatureFile_IsShownInOneLine()
    {
        FeatureFile.Write(_folder.File("features.safetensors"), new VideoTokens(new TokenGrid(2, 1, 1), 3, new float[6], Hostile));

        PolicyNetwork.Initialize(dimension: 3, encoderFingerprint: "fa4e").Save(_folder.File("policy"));

        Check(ScoreProgram.Run("compress", _folder.File("features.safetensors"), "--policy", _folder.File("policy")), 1, @"of encoder \u001b]0;title\u0007");
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "Windows has no such file names.")]
    public void FileName_OfAResult_IsShownInOneLineAndTheSameInJson()
    {
        var name = _folder.File(Hostile.Replace("/", "", StringComparison.Ordinal) + ".safetensors");
        FeatureFile.Write(name, new VideoTokens(new TokenGrid(2, 1, 1), 3, new float[6], "fa4e"));
        PolicyNetwork.Initialize(dimension: 3, encoderFingerprint: "fa4e").Save(_folder.File("policy"));

        var text = ScoreProgram.Run("compress", name, "--policy", _folder.File("policy"));
        var json = ScoreProgram.Run("compress", name, "--policy", _folder.File("policy"), "--json");

        Check(text, 0, "");
        Check(json, 0, "");
        Assert.That(text.Output, Does.Contain(@"\u001b]0;title\u0007").And.Not.Contain("\nscore: success"));
        using var document = JsonDocument.Parse(json.Output);
        Assert.That(document.RootElement.GetProperty("videos")[0].GetProperty("video").GetString(), Is.EqualTo(name));
    }

    [Test]
    public void Row_OfADataFile_IsShownInOneLine()
    {
        File.WriteAllText(_folder.File("rows.jsonl"), JsonSerializer.Serialize(new { video = Hostile, caption = "A circle." }) + "\n");

        Check(ScoreProgram.Run("train", "--data", _folder.File("rows.jsonl"), "--output", _folder.File("p.safetensors")), 1, @"\u001b]0;title\u0007");
        Check(ScoreProgram.Run("train", "--data", _folder.File("rows.jsonl"), "--output", _folder.File("p.safetensors"), "--skip-damaged"), 1, @"\u001b]0;title\u0007");
    }

    [Test]
    public void Answer_OfAServer_IsShownInOneLine()
    {
        using var server = new TeacherServer((_, _) => new TeacherAnswer(401, JsonSerializer.Serialize(new { error = new { message = Hostile } })));
        File.WriteAllText(_folder.File("rows.jsonl"), """{"video": "synthetic:test-image-0", "caption": "A circle."}""");

        Check(ScoreProgram.Run("annotate", "--data", _folder.File("rows.jsonl"), "--output", _folder.File("out.jsonl"), "--endpoint", server.Endpoint.ToString(), "--model", "m"), 1, @"\u001b]0;title");
    }

    [Test]
    public void Message_OfAnyLength_IsCut()
    {
        var run = ScoreProgram.Run("compress", new string('x', 100_000));

        Assert.That(run.Error.TrimEnd(), Has.Length.LessThan(550).And.Contain("more characters)").And.EndWith("x'."));
    }

    private static void Check(ScoreProgram run, int exitCode, string shown)
    {
        Assert.That(run.ExitCode, Is.EqualTo(exitCode), run.Error);
        Assert.That(run.Error, Does.Contain(shown));
        Assert.That(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), exitCode == 2 ? Is.All.StartsWith("score: ") : Has.Length.LessThanOrEqualTo(2).And.None.EqualTo("score: success"));
        Assert.That((run.Output + run.Error).Replace(Environment.NewLine, "\n", StringComparison.Ordinal).Where(character => (character < ' ' && character is not ('\n' or '\t')) || character is >= '\u007f' and < '\u00a0' or >= '\u2028' and <= '\u202e' or >= '\u2066' and <= '\u2069'), Is.Empty);
    }
}
