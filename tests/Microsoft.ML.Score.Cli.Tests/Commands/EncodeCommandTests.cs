using System.Text.Json;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;
using Score.Cli.Features;
using Score.Cli.Output;

namespace Score.Cli.Commands;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class EncodeCommandTests : IDisposable
{
    private static readonly string[] s_clips = ["synthetic:policytraining-image-0", "synthetic:policytraining-image-1", "synthetic:policytraining-short-0", "synthetic:policytraining-short-1"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string[] FeatureFiles => [.. Directory.GetFiles(_folder.File("features"), "*.safetensors").Order(StringComparer.Ordinal)];

    [TestCase("f32")]
    [TestCase("bf16")]
    public void Encode_ThenTrain_EncodesNothingAndGivesTheSamePolicy(string type)
    {
        var rows = WriteRows();
        var (encoding, fromFeatures, alone) = (new FakeVideoModel(), new FakeVideoModel(), new FakeVideoModel());

        var encoded = ScoreProgram.Run(encoding, default, "encode", "--data", rows, "--output", _folder.File("features"), "--feature-type", type);
        var train = Train(fromFeatures, "features", "a.safetensors");
        var without = Train(alone, "others", "b.safetensors");

        Assert.That((encoded.ExitCode, encoded.Error, encoding.Encoded), Is.EqualTo((0, "", 4)));
        Assert.That((train.ExitCode, without.ExitCode), Is.EqualTo((0, 0)), train.Error);
        Assert.That((fromFeatures.Encoded, alone.Encoded), Is.EqualTo((0, 4)));
        Assert.That(File.ReadAllBytes(_folder.File("a.safetensors")), Is.EqualTo(File.ReadAllBytes(_folder.File("b.safetensors"))));
        Assert.That(FeatureFiles.Select(Path.GetFileName), Is.EquivalentTo(Directory.GetFiles(_folder.File("others")).Select(Path.GetFileName)));

        ScoreProgram Train(FakeVideoModel model, string features, string output) => ScoreProgram.Run(model, default,
            "train", "--data", rows, "--features", _folder.File(features), "--feature-type", type, "--output", _folder.File(output), "--warm-up-steps", "2", "--main-steps", "3", "--batch-size", "2");
    }

    /// <summary>The fake model gives a token for each cell of 3x3 in every second frame; a short clip has 16 frames, two a second.</summary>
    [Test]
    public void Encode_Clips_IndexesWhatEachFileIs()
    {
        var run = ScoreProgram.Run("encode", s_clips[0], s_clips[2], "--output", _folder.File("features"));

        var lines = File.ReadAllLines(_folder.File("features/videos.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.That(run.Output.Split(Environment.NewLine)[0], Is.EqualTo("encoded: 2, already there: 0, passed over: 0"));
        Assert.That(lines.Select(line => line.GetProperty("video").GetString()), Is.EqualTo(new[] { s_clips[0], s_clips[2] }));
        Assert.That(lines.Select(line => line.GetProperty("grid").GetProperty("timeSteps").GetInt32()), Is.EqualTo(new[] { 1, 8 }));
        Assert.That((lines[1].GetProperty("seconds").GetDouble(), lines[1].GetProperty("type").GetString(), lines[1].GetProperty("encoder").GetString()), Is.EqualTo((8.0, "f32", "fa4e")));
        foreach (var line in lines)
        {
            var path = Path.Combine(_folder.File("features"), line.GetProperty("file").GetString()!);
            Assert.That(line.GetProperty("bytes").GetInt64(), Is.EqualTo(new FileInfo(path).Length));
            Assert.That(ScoreProgram.Run("compress", path, "--policy", Policy(), "--ratio", "0.5").ExitCode, Is.Zero, "a feature file is a video to the other commands");
        }
    }

    [Test]
    public void Encode_Again_EncodesOnlyWhatIsMissingOrDamaged()
    {
        string[] command = ["encode", .. s_clips, "--output", _folder.File("features"), "--json"];
        ScoreProgram.Run(command);
        var bytes = FeatureFiles.ToDictionary(file => file, File.ReadAllBytes);
        var index = File.ReadAllText(_folder.File("features/videos.jsonl"));
        var (idle, mending) = (new FakeVideoModel(), new FakeVideoModel());

        var again = ScoreProgram.Run(idle, default, command);
        File.WriteAllBytes(FeatureFiles[0], bytes[FeatureFiles[0]][..^1]);
        File.WriteAllText(FeatureFiles[1], "no features");
        File.Delete(FeatureFiles[2]);
        var mended = ScoreProgram.Run(mending, default, command);

        Assert.That((idle.Encoded, Number(again, "encoded"), Number(again, "alreadyThere"), Number(again, "newBytes")), Is.EqualTo((0, 0L, 4L, 0L)));
        Assert.That((mending.Encoded, Number(mended, "encoded"), Number(mended, "alreadyThere")), Is.EqualTo((3, 3L, 1L)));
        Assert.That(Number(mended, "bytes"), Is.EqualTo(bytes.Values.Sum(content => (long)content.Length)));
        Assert.That(FeatureFiles.ToDictionary(file => file, File.ReadAllBytes), Is.EqualTo(bytes));
        Assert.That(File.ReadAllText(_folder.File("features/videos.jsonl")), Is.EqualTo(index));
    }

    [Test]
    public void Encode_Stopped_KeepsWholeFilesAndGoesOn()
    {
        string[] command = ["encode", .. s_clips, "--output", _folder.File("features")];
        using var stop = new CancellationTokenSource();
        var begun = 0;
        var stopping = new FakeVideoModel { BeforeEncode = () => { if (++begun == 3) stop.Cancel(); } };
        var going = new FakeVideoModel();

        var stopped = ScoreProgram.Run(stopping, stop.Token, command);
        var kept = FeatureFiles;
        var indexed = File.ReadAllLines(_folder.File("features/videos.jsonl"));
        var resumed = ScoreProgram.Run(going, default, command);

        Assert.That((stopped.ExitCode, stopped.Output, kept.Length, indexed.Length), Is.EqualTo((130, "", 2, 2)));
        Assert.That(stopped.Error.TrimEnd(), Is.EqualTo($"score: stopped; what is encoded is kept in {_folder.File("features")}, and the same command goes on."));
        foreach (var file in kept)
            Assert.That(FeatureFile.Read(file).EncoderFingerprint, Is.EqualTo("fa4e"));
        Assert.That(Directory.GetFiles(_folder.File("features")).Select(Path.GetExtension).Distinct(), Is.EquivalentTo(new[] { ".safetensors", ".jsonl" }));
        Assert.That((resumed.ExitCode, going.Encoded), Is.EqualTo((0, 2)));
        Assert.That(File.ReadLines(_folder.File("features/videos.jsonl")).Count(), Is.EqualTo(4));
    }

    /// <summary>One is not there, the other holds tokens in place of frames, which only reading it tells.</summary>
    [Test]
    public void Encode_VideosThatCannotBeRead_EndItOrArePassedOverAndListed()
    {
        var tokens = _folder.File("tokens.safetensors");
        FeatureFile.Write(tokens, new VideoTokens(new TokenGrid(1, 1, 1), 3, new float[3]));
        string[] Command(string output, params string[] videos) => ["encode", .. videos, "--output", _folder.File(output)];

        var gone = ScoreProgram.Run(Command("a", s_clips[0], "gone.mp4"));
        var late = ScoreProgram.Run(Command("b", s_clips[0], tokens, s_clips[1]));
        var lenient = ScoreProgram.Run([.. Command("c", s_clips[0], "gone.mp4", tokens, s_clips[1]), "--skip-damaged", "--json"]);

        Assert.That((gone.ExitCode, gone.Output, late.ExitCode, late.Output, lenient.ExitCode), Is.EqualTo((1, "", 1, "", 0)));
        Assert.That(gone.Error.TrimEnd(), Is.EqualTo("score: There is no video file 'gone.mp4'. --skip-damaged passes over such videos."));
        Assert.That(late.Error, Does.StartWith($"score: The feature file '{tokens}' holds tokens; expected a video."));
        Assert.That(Directory.Exists(_folder.File("a")), Is.False, "nothing was done");
        Assert.That(File.ReadLines(_folder.File("b/videos.jsonl")).Count(), Is.EqualTo(1), "what came before is kept");
        Assert.That(lenient.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries), Has.Length.EqualTo(2).And.All.StartsWith("score: warning: passed over a video: "));
        using var document = JsonDocument.Parse(lenient.Output);
        Assert.That(document.RootElement.GetProperty("passedOver").EnumerateArray().Select(item => item.GetProperty("video").GetString()), Is.EqualTo(new[] { "gone.mp4", tokens }));
        Assert.That((Number(lenient, "videos"), Number(lenient, "encoded")), Is.EqualTo((2L, 2L)));
    }

    [Test]
    public void Encode_DamagedRows_AreNamedOrPassedOver()
    {
        var rows = _folder.File("rows.jsonl");
        File.WriteAllLines(rows, [$$"""{"video": "{{s_clips[2]}}", "caption": "A circle."}""", """{"video": "gone.mp4", "caption": "Gone."}""", $$"""{"video": "{{s_clips[2]}}", "caption": "The same again."}"""]);
        var model = new FakeVideoModel();

        var strict = ScoreProgram.Run("encode", "--data", rows, "--output", _folder.File("a"));
        var lenient = ScoreProgram.Run(model, default, "encode", "--data", rows, "--output", _folder.File("b"), "--skip-damaged");

        Assert.That((strict.ExitCode, lenient.ExitCode, model.Encoded), Is.EqualTo((1, 0, 1)));
        Assert.That(strict.Error, Does.Contain("rows.jsonl, line 2: There is no video file"));
        Assert.That(lenient.Error, Does.Contain("passed over 1 rows whose file is missing"));
        Assert.That(lenient.Output, Does.StartWith("encoded: 1, already there: 0, passed over: 1"));
    }

    /// <summary>Two files of one content are one video, and other files of the folder are none.</summary>
    [Test]
    public void Encode_Folder_EncodesEachContentOnce()
    {
        Directory.CreateDirectory(_folder.File("videos/below"));
        FFmpegProgram.WriteCounting(_folder.File("videos"), 4, "a.avi");
        FFmpegProgram.WriteCounting(_folder.File("videos/below"), 6, "c.avi");
        File.Copy(_folder.File("videos/a.avi"), _folder.File("videos/b.AVI"));
        File.WriteAllText(_folder.File("videos/notes.txt"), "no video");
        File.WriteAllText(_folder.File("videos/d.mp4"), "no video");
        Directory.CreateSymbolicLink(_folder.File("videos/below/circle"), _folder.File("videos"));
        var model = new FakeVideoModel();

        var run = ScoreProgram.Run(model, default, "encode", "--data", _folder.File("videos"), "--output", _folder.File("features"), "--skip-damaged", "--json");
        var format = ScoreProgram.Run("encode", "--data", _folder.File("videos"), "--output", _folder.File("features"), "--format", "coco");

        var lines = File.ReadAllLines(_folder.File("features/videos.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.That((run.ExitCode, model.Encoded, FeatureFiles.Length), Is.EqualTo((0, 2, 2)), run.Error);
        Assert.That(run.Error, Does.Contain("d.mp4"));
        Assert.That(lines.Select(line => Path.GetFileName(line.GetProperty("video").GetString())), Is.EqualTo(new[] { "a.avi", "b.AVI", "c.avi" }));
        Assert.That(lines.Select(line => line.GetProperty("file").GetString()).Distinct().Count(), Is.EqualTo(2));
        Assert.That(Number(run, "bytes"), Is.EqualTo(FeatureFiles.Sum(file => new FileInfo(file).Length)));
        Assert.That((format.ExitCode, format.Error), Is.EqualTo((1, $"score: --format says how a file of rows is read, and --data '{_folder.File("videos")}' is a folder; leave it out.{Environment.NewLine}")));
    }

    [Test]
    public void Encode_OfSeveralModelsAndTypes_SharesAFolder()
    {
        string[] command = ["encode", s_clips[2], "--output", _folder.File("features")];
        ScoreProgram.Run(command);
        ScoreProgram.Run([.. command, "--feature-type", "bf16"]);
        ScoreProgram.Run(new FakeVideoModel { Info = new VideoModelInfo("other", "0ther", 3) }, default, command);

        var lines = File.ReadAllLines(_folder.File("features/videos.jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        Assert.That(lines.Select(line => $"{line.GetProperty("encoder").GetString()} {line.GetProperty("type").GetString()}"), Is.EqualTo(new[] { "fa4e f32", "fa4e bf16", "0ther f32" }));
        Assert.That(FeatureFiles, Has.Length.EqualTo(3));

        File.Delete(FeatureFiles[0]);
        ScoreProgram.Run("encode", s_clips[3], "--output", _folder.File("features"));
        Assert.That(File.ReadLines(_folder.File("features/videos.jsonl")).Count(), Is.EqualTo(3), "a line goes with its file, and another has come");
    }

    [Test]
    public void CorpusEncoder_WithoutRoom_EncodesNothing()
    {
        var model = new FakeVideoModel();
        var (cache, index) = (new FeatureCache(new FeatureCacheOptions { Folder = _folder.File("features") }, model.Info), new FeatureIndex(_folder.File("features")));
        using var progress = new WorkProgress(TextWriter.Null);
        CorpusVideo[] videos = [.. s_clips.Select(clip => CorpusVideo.Named(clip, new VideoReadOptions()))];
        List<int> asked = [];
        var full = new CorpusEncoder(model, cache, index, progress) { CheckRoom = (left, _) => throw new IOException($"No room for {left.Count}.") };
        var roomy = new CorpusEncoder(model, cache, index, progress) { CheckRoom = (left, _) => asked.Add(left.Count) };

        Assert.That(() => full.Run(videos, default), Throws.TypeOf<IOException>().With.Message.EqualTo("No room for 4."));
        Assert.That((model.Encoded, Directory.Exists(_folder.File("features"))), Is.EqualTo((0, false)));
        roomy.Run(videos[..1], default);
        roomy.Run(videos, default);
        roomy.Run(videos, default);
        Assert.That(asked, Is.EqualTo(new[] { 1, 3 }), "what is there needs no room");
    }

    [Test]
    public void Encode_IndexOfAnotherProgram_IsLeftAsItIs()
    {
        Directory.CreateDirectory(_folder.File("features"));
        File.WriteAllText(_folder.File("features/videos.jsonl"), """{"video": "mine.mp4"}""");
        var model = new FakeVideoModel();

        var run = ScoreProgram.Run(model, default, "encode", s_clips[0], "--output", _folder.File("features"));

        Assert.That((run.ExitCode, model.Encoded, File.ReadAllText(_folder.File("features/videos.jsonl"))), Is.EqualTo((1, 0, """{"video": "mine.mp4"}""")));
        Assert.That(run.Error, Does.Contain("exists and is not the index of score encode"));
    }

    [TestCase("There is nothing to encode: name videos, or a folder or file of them with --data.")]
    [TestCase("--data must be a folder or a file, got 'synthetic'", "--data", "synthetic")]
    [TestCase("'synthetic:test-short' names no synthetic clip", "synthetic:test-short")]
    [TestCase("--format says how a file of rows is read, and there is no --data; leave it out or name the file.", "a.mp4", "--format", "coco")]
    [TestCase("--frame-rules is for Qwen3-VL", "a.mp4", "--frame-rules", "qwen-vl-utils")]
    public void Encode_WrongUsage_SaysSo(string message, params string[] args)
    {
        var run = ScoreProgram.Run(["encode", "--output", _folder.File("features"), .. args]);

        Assert.That((run.ExitCode, run.Output, Directory.Exists(_folder.File("features"))), Is.EqualTo((2, "", false)));
        Assert.That(run.Error, Does.StartWith("score: ").And.Contain(message));
    }

    private static long Number(ScoreProgram run, string property)
    {
        using var document = JsonDocument.Parse(run.Output);
        return document.RootElement.GetProperty(property).GetInt64();
    }

    private string Policy()
    {
        var path = _folder.File("policy.safetensors");
        PolicyNetwork.Initialize(3, encoderFingerprint: "fa4e").Save(path);
        return path;
    }

    private string WriteRows()
    {
        var path = _folder.File("rows.jsonl");
        File.WriteAllLines(path, s_clips.Select(clip => $$"""{"video": "{{clip}}", "caption": "A red circle."}"""));
        return path;
    }
}
