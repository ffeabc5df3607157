using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.ML.Score.Compression;
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
