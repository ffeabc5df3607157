using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;

namespace Score.Cli.Commands;

[TestFixture]
public class CompressCommandTests
{
    private TemporaryFolder _folder = null!;
    private string _policy = null!;

    [SetUp]
    public void SavePolicy()
    {
        _folder = new TemporaryFolder();
        _policy = _folder.File("policy.safetensors");
        PolicyNetwork.Initialize(dimension: 3, encoderFingerprint: "fa4e").Save(_policy);
    }

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [Test]
    public void Compress_ShortVideo_PrintsMomentsAndRegions()
    {
        var run = ScoreProgram.Run("compress", "synthetic:test-short-0", "--policy", _policy, "--ratio", "0.25");

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        // 8 steps of 1 s, 9 tokens each: floor(0.25 * 72) = 18.
        Assert.That(run.Output, Does.StartWith("synthetic:test-short-0: grid 8x3x3 (time x height x width), 8 s; kept 18 of 72 tokens (25.0%), 2.25 a second"));
        Assert.That(run.Output.Split('\n').Count(line => line.StartsWith('|')), Is.EqualTo(3));
        Assert.That(run.Output, Does.Contain("     7.0  "));
    }

    [Test]
    public void Compress_Json_CountsTheSameTokensByTimeAndByPlace()
    {
        var run = ScoreProgram.Run("compress", "synthetic:test-short-0", "synthetic:test-medium-1", "--policy", _policy, "--json");

        using var document = JsonDocument.Parse(run.Output);
        foreach (var video in document.RootElement.GetProperty("videos").EnumerateArray())
        {
            var kept = video.GetProperty("keptTokens").GetInt32();
            Assert.That(kept, Is.EqualTo(TopK.RetainedCount(0.1, video.GetProperty("tokens").GetInt32())));
            Assert.That(video.GetProperty("keptPerStep").EnumerateArray().Sum(count => count.GetInt32()), Is.EqualTo(kept));
            Assert.That(video.GetProperty("keptPerPlace").EnumerateArray().Sum(row => row.EnumerateArray().Sum(count => count.GetInt32())), Is.EqualTo(kept));
        }
    }

    [Test]
    public void Compress_Output_HoldsWhatTheCompressorKeeps()
    {
        var features = _folder.File("clip.safetensors");
        var video = new FakeVideoModel().Encode(SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 3).Clip);
        FeatureFile.Write(features, video);
        var expected = new ScoreCompressor(PolicyNetwork.Load(_policy)).Compress(video, 0.1);

        var masks = ScoreProgram.Run("compress", features, "--policy", _policy, "--output", _folder.File("kept"));
        var tokens = ScoreProgram.Run("compress", features, "--policy", _policy, "--output", _folder.File("kept"), "--format", "tokens");

        Assert.That((masks.ExitCode, tokens.ExitCode), Is.EqualTo((0, 0)));
        using var mask = JsonDocument.Parse(File.ReadAllText(_folder.File("kept/clip.safetensors.mask.json")));
        Assert.That(mask.RootElement.GetProperty("keptPositions").EnumerateArray().Select(position => position.GetInt32()), Is.EqualTo(expected.Positions.ToArray()));
        var kept = KeptTokens.Load(_folder.File("kept/clip.safetensors.kept.safetensors"));
        Assert.That(kept.Positions.ToArray(), Is.EqualTo(expected.Positions.ToArray()));
        Assert.That(kept.Vectors.ToArray(), Is.EqualTo(expected.Vectors.ToArray()));
        Assert.That(kept.Grid, Is.EqualTo(video.Grid).And.EqualTo(new TokenGrid(8, 3, 3, 1)));
    }

    /// <summary>Frame i of a clip at one frame a second is shown after i seconds; Qwen's rule takes two to a step.</summary>
    [Test]
    public void Compress_Mask_TellsRatioModelPolicyAndFrames()
    {
        using var model = VideoModel.Load("tiny");

        var run = ScoreProgram.Run(model, default, "compress", "synthetic:test-short-0", "--ratio", "0.25", "--output", _folder.File("kept"));

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        using var mask = JsonDocument.Parse(File.ReadAllText(_folder.File("kept/test-short-0.mask.json")));
        var root = mask.RootElement;
        var clip = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0).Clip;
        var indices = root.GetProperty("frames").GetProperty("indices").EnumerateArray().Select(index => index.GetInt32()).ToArray();
        Assert.Multiple(() =>
        {
            Assert.That(root.GetProperty("ratio").GetDouble(), Is.EqualTo(0.25));
            Assert.That(root.GetProperty("model").GetProperty("encoderFingerprint").GetString(), Is.EqualTo(model.Info.EncoderFingerprint));
            Assert.That(root.GetProperty("policy").GetProperty("policy").GetString(), Is.EqualTo("the one that ships for tiny"));
            Assert.That((root.GetProperty("frameSize").GetProperty("width").GetInt32(), root.GetProperty("frameSize").GetProperty("height").GetInt32()), Is.EqualTo((48, 48)));
            Assert.That(root.GetProperty("frames").GetProperty("perStep").GetInt32(), Is.EqualTo(2));
            Assert.That(indices, Is.EqualTo(Enumerable.Range(0, 16)));
            Assert.That(root.GetProperty("frames").GetProperty("seconds").EnumerateArray().Select(second => second.GetDouble()), Is.EqualTo(indices.Select(index => index / clip.FramesPerSecond)));
        });
    }

    [Test]
    public void Compress_Report_IsWrittenNamedAndReplacedByAnother()
    {
        var page = _folder.File("kept.html");
        string[] command = ["compress", "synthetic:test-short-0", "--policy", _policy, "--report", page, "--against", "uniform"];

        var first = ScoreProgram.Run(command);
        var second = ScoreProgram.Run([.. command, "--ratio", "0.5"]);

        Assert.That((first.ExitCode, second.ExitCode), Is.EqualTo((0, 0)), first.Error + second.Error);
        Assert.That(first.Output, Does.EndWith($"\nreport: {page}\n"));
        Assert.That(File.ReadAllText(page), Does.Contain("\"retentionRatio\":0.5").And.Contain("\"name\":\"uniform\"").And.Contain("\"name\":\"SCORE\""));
    }

    [Test]
    public void Compress_ReportAndItsFormat_IsThatReport()
    {
        var picture = _folder.File("kept.png");

        var run = ScoreProgram.Run("compress", "synthetic:test-short-0", "--policy", _policy, "--report", picture, "--format", "png");

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(File.ReadAllBytes(picture).Take(4), Is.EqualTo(new byte[] { 0x89, 0x50, 0x4E, 0x47 }));
    }

    [TestCase("png")]
    [TestCase("html")]
    public void Compress_FormatOfAPicture_WritesOneAVideo(string format)
    {
        var run = ScoreProgram.Run("compress", "synthetic:test-short-0", "synthetic:test-short-1", "--policy", _policy, "--output", _folder.File("kept"), "--format", format);

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(Directory.GetFiles(_folder.File("kept")).Select(Path.GetFileName), Is.EquivalentTo(new[] { $"test-short-0.{format}", $"test-short-1.{format}" }));
    }

    [Test]
    public void Compress_ReportOverAForeignFile_LeavesIt()
    {
        var page = _folder.File("mine.html");
        File.WriteAllText(page, "<p>mine</p>");

        var run = ScoreProgram.Run("compress", "synthetic:test-short-0", "--policy", _policy, "--report", page);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.Contain($"--report: '{page}' exists and is not a report of score"));
        Assert.That(File.ReadAllText(page), Is.EqualTo("<p>mine</p>"));
    }

    [TestCase("--report must be a file that ends in .html, .png, .gif, .mp4, got 'kept.pdf'.", "a.mp4", "--report", "kept.pdf")]
    [TestCase("--report shows one video, got 2", "a.mp4", "b.mp4", "--report", "kept.html")]
    [TestCase("--format png and --report 'kept.html' differ; end the file's name in .png", "a.mp4", "--report", "kept.html", "--format", "png")]
    [TestCase("--format says what --output writes", "a.mp4", "--report", "kept.html", "--format", "tokens")]
    [TestCase("--against is shown in reports, and none is written", "a.mp4", "--against", "random")]
    [TestCase("--against must be one of", "a.mp4", "--against", "score", "--report", "kept.html")]
    public void Compress_ReportThatCannotBe_IsWrongUsage(string message, params string[] arguments)
    {
        var run = ScoreProgram.Run(["compress", .. arguments]);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((2, "")));
        Assert.That(run.Error, Does.Contain(message));
    }

    [Test]
    public void Compress_ModelWithoutShippedPolicy_AsksForOne()
    {
        var run = ScoreProgram.Run("compress", "synthetic:test-short-0", "--output", _folder.File("kept"));

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.Contain("No trained policy ships for the model 'fake'").And.Contain("--policy"));
        Assert.That(Directory.Exists(_folder.File("kept")), Is.False);
    }

    [Test]
    public void Compress_FeaturesOfAnotherDimension_AreRefusedUnread()
    {
        // Features with a value that is not finite: reading them would say so.
        var features = _folder.File("clip.safetensors");
        FeatureFile.Write(features, new VideoTokens(new TokenGrid(1, 1, 2), 2, new float[] { 1, 2, 3, 4 }));
        Overwrite(features, values => values[^1] = float.NaN);

        var run = ScoreProgram.Run("compress", features, "--policy", _policy);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.Contain($"The model 'fake' takes tokens of dimension 3, got 2 from the feature file '{features}'."));
    }

    [Test]
    public void Compress_PolicyThatOverflows_NamesItsFile()
    {
        Overwrite(_policy, weights => weights.Fill(3e38f));

        var run = ScoreProgram.Run("compress", "synthetic:test-short-0", "--policy", _policy);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.Contain($"The policy '{_policy}' gives token 0 the logit"));
    }

    [Test]
    public void Compress_PolicyOfAnotherEncoder_IsRefused()
    {
        PolicyNetwork.Initialize(dimension: 3, encoderFingerprint: "0the4").Save(_policy);
        var encoder = ScoreProgram.Run("compress", "synthetic:test-short-0", "--policy", _policy);
        PolicyNetwork.Initialize(dimension: 5).Save(_policy);
        var dimension = ScoreProgram.Run("compress", "synthetic:test-short-0", "--policy", _policy);

        Assert.That((encoder.ExitCode, dimension.ExitCode), Is.EqualTo((1, 1)));
        Assert.That(encoder.Error, Does.Contain($"The policy '{_policy}' takes tokens of encoder 0the4, got those of encoder fa4e from the model 'fake'."));
        Assert.That(dimension.Error, Does.Contain($"The policy '{_policy}' takes tokens of dimension 5, got 3 from the model 'fake'."));
    }

    [Test]
    public void Compress_BadFiles_FailWithOneLineAndNoOutput()
    {
        var (missing, empty, cut) = (_folder.File("missing.mp4"), _folder.File("empty.mp4"), _folder.File("cut.safetensors"));
        File.WriteAllBytes(empty, []);
        File.WriteAllBytes(cut, File.ReadAllBytes(_policy)[..^10]);
        var zip = _folder.File("any.name");
        using (var archive = System.IO.Compression.ZipFile.Open(zip, System.IO.Compression.ZipArchiveMode.Create))
            archive.CreateEntry("Schema");
        string[] Compress(string video, string policy) => ["compress", video, "--policy", policy, "--output", _folder.File("kept")];

        (string[] Args, string Message)[] cases =
        [
            (Compress(missing, _policy), $"There is no video file '{missing}'."),
            (Compress(empty, _policy), $"The video file '{empty}' is empty."),
            (Compress(cut, _policy), cut),
            (Compress(_policy, _policy), $"'{_policy}' has no tensor 'features'."),
            (Compress("synthetic:test-short-0", cut), cut),
            (Compress("synthetic:test-short-0", missing), $"--policy: there is no file '{missing}'; expected a policy that score train wrote"),
            (Compress("synthetic:test-short-0", _folder.Path), $"--policy: '{_folder.Path}' is a folder"),
            (Compress("synthetic:test-short-0", zip), $"--policy: '{zip}' is a zip file, such as the ML.NET model that score train --output pipeline.zip writes; --policy takes the policy of score train --output policy.safetensors."),
            (Compress(_folder.Path, _policy), $"'{_folder.Path}' is a folder; expected a video file."),
        ];

        foreach (var (args, message) in cases)
        {
            var run = ScoreProgram.Run(args);
            Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")), message);
            Assert.That(run.Error, Does.Match(@"^score: [^\n]*\n$").And.Contain(message));
        }

        Assert.That(_folder.File("kept"), Does.Not.Exist);
    }

    /// <summary>Changes the numbers of a file of single-precision tensors, which no writer would write so.</summary>
    private static void Overwrite(string path, Action<Span<float>> change)
    {
        var bytes = File.ReadAllBytes(path);
        change(MemoryMarshal.Cast<byte, float>(bytes.AsSpan(8 + (int)BitConverter.ToInt64(bytes))));
        File.WriteAllBytes(path, bytes);
    }
}
