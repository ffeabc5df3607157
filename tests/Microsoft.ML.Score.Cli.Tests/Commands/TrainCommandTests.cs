using System.Text.Json;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;

namespace Score.Cli.Commands;

[TestFixture]
public class TrainCommandTests
{
    private static readonly string[] s_steps = ["--warm-up-steps", "3", "--main-steps", "4", "--batch-size", "2"];

    private static readonly string[] s_small = ["--synthetic-images", "6", "--synthetic-videos", "4", "--synthetic-validation", "2", .. s_steps];

    [Test]
    public void Train_SyntheticData_WritesAPolicyOfTheModel()
    {
        using var folder = new TemporaryFolder();

        var run = ScoreProgram.Run(["train", "--data", "synthetic", "--output", folder.File("policy.safetensors"), "--metrics", folder.File("metrics.jsonl"), "--json", .. s_small]);

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        using var result = JsonDocument.Parse(run.Output);
        Assert.That(result.RootElement.GetProperty("steps").GetInt32(), Is.EqualTo(7));
        Assert.That(result.RootElement.GetProperty("verdict").GetString(), Does.StartWith("It went wrong: no validation up to step 7 is below"));
        Assert.That(File.ReadLines(folder.File("metrics.jsonl")).Last(), Does.StartWith("{\"kind\":\"verdict\",\"step\":7,\"went_wrong\":true,"));
        Assert.That(PolicyNetwork.Load(folder.File("policy.safetensors")).EncoderFingerprint, Is.EqualTo("fa4e"));
        Assert.That(File.ReadLines(folder.File("metrics.jsonl")).Count(line => line.Contains("\"kind\":\"step\"", StringComparison.Ordinal)), Is.EqualTo(7));
        Assert.That(Directory.GetFileSystemEntries(folder.Path).Select(Path.GetFileName), Is.EquivalentTo(new[] { "policy.safetensors", "metrics.jsonl" }));
    }

    [Test]
    public void Train_StoppedAndRunAgain_GivesTheBytesOfAnUninterruptedRun()
    {
        using var folder = new TemporaryFolder();
        string[] Command(string output) => ["train", "--data", "synthetic", "--output", folder.File(output), .. s_small];
        ScoreProgram.Run(Command("whole.safetensors"));

        using var cancellation = new CancellationTokenSource();
        var calls = 0;
        var model = new FakeVideoModel { BeforeCrossEntropy = () => { if (++calls == 25) cancellation.Cancel(); } };
        var stopped = ScoreProgram.Run(model, cancellation.Token, Command("parts.safetensors"));
        var existedWhenStopped = File.Exists(folder.File("parts.safetensors"));
        var resumed = ScoreProgram.Run(Command("parts.safetensors"));

        Assert.That((stopped.ExitCode, stopped.Output, existedWhenStopped), Is.EqualTo((130, "", false)));
        Assert.That(stopped.Error, Does.Match(@"^score: stopped after step [1-6] of 7; the same command goes on from the checkpoint in .*parts\.safetensors\.checkpoint\s*$"));
        Assert.That(resumed.ExitCode, Is.Zero);
        Assert.That(File.ReadAllBytes(folder.File("parts.safetensors")), Is.EqualTo(File.ReadAllBytes(folder.File("whole.safetensors"))));
        Assert.That(Directory.Exists(folder.File("parts.safetensors.checkpoint")), Is.False);
    }

    [Test]
    public void Train_RowsOfAFile_EncodesEachVideoOnceIntoTheFeatureFolder()
    {
        using var folder = new TemporaryFolder();
        var rows = WriteRows(folder, """{"video": "synthetic:policytraining-short-0", "caption": "A red circle."}""", "", """{"video": "synthetic:policytraining-short-1", "caption": "A blue square."}""");
        string[] command = ["train", "--data", rows, "--output", folder.File("policy.safetensors"), "--features", folder.File("features"), "--feature-type", "f32", .. s_steps];
        var model = new FakeVideoModel();

        var first = ScoreProgram.Run(model, default, command);
        var bytes = File.ReadAllBytes(folder.File("policy.safetensors"));
        var second = ScoreProgram.Run(model, default, [.. command, "--overwrite"]);

        Assert.That((first.ExitCode, second.ExitCode, model.Encoded), Is.EqualTo((0, 0, 2)));
        Assert.That(Directory.GetFiles(folder.File("features")), Has.Length.EqualTo(2));
        Assert.That(File.ReadAllBytes(folder.File("policy.safetensors")), Is.EqualTo(bytes));
        Assert.That(first.Error, Does.Contain("no single-step rows").And.Contain("no validation set"));
    }

    [Test]
    public void Train_ZipOutput_IsAModelThatMLContextLoads()
    {
        using var folder = new TemporaryFolder();

        var run = ScoreProgram.Run(["train", "--data", "synthetic", "--output", folder.File("pipeline.zip"), .. s_small]);

        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        var pipeline = new MLContext().Model.Load(folder.File("pipeline.zip"), out var inputSchema);
        Assert.That(inputSchema.Select(column => column.Name), Is.EqualTo(new[] { "Path" }));
        Assert.That(pipeline.GetOutputSchema(inputSchema).GetColumnOrNull("Mask"), Is.Not.Null);
    }

    [TestCase("not JSON", "line 2: 'not JSON' is an invalid")]
    [TestCase("[]", "line 2: expected an object")]
    [TestCase("""{"caption": "A red circle."}""", "line 2: expected an object with text \"video\" and \"caption\"; there is no text \"video\"")]
    [TestCase("""{"video": 3, "caption": "A red circle."}""", "there is no text \"video\"")]
    [TestCase("""{"video": "synthetic:test-short-0", "caption": " "}""", "line 2: the caption is empty.")]
    [TestCase("""{"video": "synthetic:test-short-0", "caption": null}""", "there is no text \"caption\"")]
    [TestCase("""{"video": "missing.mp4", "caption": "A red circle."}""", "line 2: There is no video file")]
    [TestCase("""{"video": "synthetic:test-tiny-0", "caption": "A red circle."}""", "line 2: 'synthetic:test-tiny-0' names no synthetic clip")]
    [TestCase("{\"video\": \"a.mp4\", \"caption\" \"A.\"}", "at byte 30 of the line.")]
    [TestCase("{\"video\": \"a.mp4\"", "of the line.")]
    [TestCase("{\"video\": \"\", \"caption\": \"A red circle.\"}", "line 2: 'video' is empty; expected a video file")]
    [TestCase("{\"path\": \" \", \"caption\": \"A red circle.\"}", "line 2: 'path' is empty; expected a video file")]
    [TestCase("{\"video\": \".\", \"caption\": \"A red circle.\"}", "line 2: 'video' names the folder '")]
    [TestCase("{\"video\": \"a.mp4\", \"path\": \"b.mp4\", \"caption\": \"A.\"}", "line 2: 'video' is 'a.mp4' and 'path' is 'b.mp4'; expected one of them")]
    public void Train_BadRow_NamesItsLineAndWritesNothing(string line, string message)
    {
        using var folder = new TemporaryFolder();
        var rows = WriteRows(folder, """{"video": "synthetic:test-short-0", "caption": "A red circle."}""", line);

        var run = ScoreProgram.Run(["train", "--data", rows, "--output", folder.File("policy.safetensors"), .. s_steps]);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.StartWith("score: ").And.Contain(message).And.Not.Contain("LineNumber"));
        Assert.That(Directory.GetFileSystemEntries(folder.Path), Has.Length.EqualTo(1));
    }

    /// <summary>A folder is damage, not a missing file; the same clip in both fields is no contradiction.</summary>
    [Test]
    public void Train_RowsOfWrongPlaces_ArePassedOverAsDamaged()
    {
        using var folder = new TemporaryFolder();
        var rows = WriteRows(folder,
            """{"video": "synthetic:test-short-0", "path": "synthetic:test-short-0", "caption": "A red circle."}""",
            """{"video": "", "caption": "A red circle."}""",
            """{"video": ".", "caption": "A red circle."}""",
            """{"video": "a", "path": "b", "caption": "A red circle."}""");

        var run = ScoreProgram.Run("train", "--data", rows, "--features", "none", "--skip-damaged", "--output", folder.File("policy.safetensors"), "--warm-up-steps", "0", "--main-steps", "1", "--batch-size", "1");

        Assert.That(run.ExitCode, Is.Zero, run.Error);
        Assert.That(run.Error, Does.Contain("passed over 3 rows that are damaged, the first: line 2: 'video' is empty").And.Not.Contain("missing"));
    }

    [Test]
    public void Train_NoRowsOrNoFile_Fails()
    {
        using var folder = new TemporaryFolder();

        var empty = ScoreProgram.Run(["train", "--data", WriteRows(folder, ""), "--output", folder.File("policy.safetensors")]);
        var missing = ScoreProgram.Run(["train", "--data", folder.File("none.jsonl"), "--output", folder.File("policy.safetensors")]);

        Assert.That((empty.ExitCode, missing.ExitCode), Is.EqualTo((1, 1)));
        Assert.That(empty.Error, Does.Contain("has no rows."));
        Assert.That(missing.Error, Does.Contain("There is no file"));
    }

    [Test]
    public void Train_LlavaRows_PassesOverMissingFilesAndSaysSo()
    {
        using var folder = new TemporaryFolder();
        var set = WriteLlava(folder, Enumerable.Range(0, 4).Select(index => ($"{index}.safetensors", index == 2 ? "" : "A red circle.")));
        foreach (var index in new[] { 0, 1 })
            FeatureFile.Write(folder.File($"{index}.safetensors"), new FakeVideoModel().Encode(SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, index).Clip), TensorType.F32);
        string[] command = ["train", "--data", set, "--format", "llava", "--output", folder.File("policy.safetensors"), .. s_steps];

        var strict = ScoreProgram.Run(command);
        var lenient = ScoreProgram.Run([.. command, "--videos", folder.Path, "--skip-damaged"]);

        Assert.That((strict.ExitCode, lenient.ExitCode), Is.EqualTo((1, 0)));
        Assert.That(strict.Error, Does.Contain("row 2: the caption is empty."));
        Assert.That(lenient.Error, Does.Contain("passed over 1 rows whose file is missing, the first: row 3").And.Contain("passed over 1 rows that are damaged, the first: row 2"));
    }

    [Test]
    public void Train_AnnotatedRows_AreRelativeToTheFolderGiven()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("videos"));
        FeatureFile.Write(folder.File("videos/0.safetensors"), new FakeVideoModel().Encode(SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 0).Clip), TensorType.F32);
        var rows = WriteRows(folder, """{"path": "0.safetensors", "caption": "A red circle.", "original": "Circle"}""", """{"path": "1.safetensors", "caption": "Gone."}""", "torn", """{"path": "0.safetensors", "caption": "\ud800"}""");

        var run = ScoreProgram.Run(["train", "--data", rows, "--videos", folder.File("videos"), "--skip-damaged", "--output", folder.File("policy.safetensors"), .. s_steps]);

        Assert.That(run.ExitCode, Is.Zero);
        Assert.That(run.Error, Does.Contain("passed over 1 rows whose file is missing, the first: line 2").And.Contain("passed over 2 rows that are damaged, the first: line 3"));
    }

    [Test]
    public void Train_VideoThatCannotBeRead_IsNamedOrPassedOverToTheSameBytes()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("broken.safetensors"), "broken");
        string[] lines = [.. Enumerable.Range(0, 3).Select(index => $$"""{"video": "synthetic:policytraining-short-{{index}}", "caption": "A red circle."}""")];
        var sound = WriteRows(folder, lines);
        string[] small = [.. s_steps];
        small[Array.IndexOf(small, "--warm-up-steps") + 1] = "0";
        string[] Command(string output) => ["train", "--data", sound, "--features", "none", "--output", folder.File(output), .. small];
        Assert.That(ScoreProgram.Run(Command("sound.safetensors")).ExitCode, Is.Zero);
        WriteRows(folder, lines[0], """{"path": "broken.safetensors", "caption": "Broken."}""", lines[1], lines[2]);

        var strict = ScoreProgram.Run(Command("strict.safetensors"));
        var lenient = ScoreProgram.Run([.. Command("lenient.safetensors"), "--skip-damaged"]);
        var calls = 0;
        using var cancellation = new CancellationTokenSource();
        var stopping = new FakeVideoModel { BeforeCrossEntropy = () => { if (++calls == 9) cancellation.Cancel(); } };
        var stopped = ScoreProgram.Run(stopping, cancellation.Token, [.. Command("parts.safetensors"), "--skip-damaged"]);
        var resumed = ScoreProgram.Run([.. Command("parts.safetensors"), "--skip-damaged"]);

        Assert.That((strict.ExitCode, lenient.ExitCode, stopped.ExitCode, resumed.ExitCode), Is.EqualTo((1, 0, 130, 0)));
        Assert.That(strict.Error, Does.Contain($"score: {sound}, line 2, 'path': "));
        Assert.That(lenient.Error, Does.Contain($"Passed over in training: 1 row cannot be used, the first: {sound}, line 2, 'path': "));
        // A policy also says how many rows there were.
        Assert.That(Logits("lenient.safetensors"), Is.EqualTo(Logits("sound.safetensors")));
        Assert.That(File.ReadAllBytes(folder.File("parts.safetensors")), Is.EqualTo(File.ReadAllBytes(folder.File("lenient.safetensors"))));

        float[] Logits(string policy) => PolicyNetwork.Load(folder.File(policy)).Logits(new VideoTokens(new TokenGrid(1, 1, 2), 3, new float[] { 1, -2, 3, 4, 0.5f, -6 }));
    }

    [Test]
    public void Train_CaptionOfAVisualToken_IsNamedOrPassedOverBeforeTraining()
    {
        using var folder = new TemporaryFolder();
        var rows = WriteRows(folder, """{"video": "synthetic:test-short-0", "caption": "A circle."}""", """{"video": "synthetic:test-short-1", "caption": "A <|image_pad|> circle."}""");
        string[] command = ["train", "--data", rows, "--features", "none", "--output", folder.File("policy.safetensors"), .. s_steps];
        var model = new FakeVideoModel();

        var strict = ScoreProgram.Run(model, default, command);
        var lenient = ScoreProgram.Run([.. command, "--skip-damaged"]);

        Assert.That((strict.ExitCode, lenient.ExitCode, model.Encoded), Is.EqualTo((1, 0, 0)));
        Assert.That(strict.Error, Does.Contain("rows.jsonl, line 2, 'caption': the caption contains '<|image_pad|>'."));
        Assert.That(lenient.Error, Does.Contain("passed over 1 rows that are damaged, the first: line 2, 'caption': the caption contains"));
    }

    [TestCase("\u00E9", "line 1: not valid UTF-8.")]
    [TestCase("\"}\n{\"video\": \"synthetic:test-short-1\", \"\\ud800\": \"\", \"caption\": \"A", "line 2: ")]
    [TestCase("\\udc00", "line 1: ")]
    public void Train_TextThatIsNone_IsDamageOfItsLine(string inCaption, string message)
    {
        using var folder = new TemporaryFolder();
        var rows = folder.File("rows.jsonl");
        File.WriteAllText(
            rows, $"{{\"video\": \"synthetic:test-short-0\", \"caption\": \"A circle {inCaption}\"}}\n{{\"video\": \"synthetic:test-short-1\", \"caption\": \"A square.\"}}\n", System.Text.Encoding.Latin1);
        string[] command = ["train", "--data", rows, "--features", "none", "--output", folder.File("policy.safetensors"), .. s_steps];

        var strict = ScoreProgram.Run(command);
        var lenient = ScoreProgram.Run([.. command, "--skip-damaged"]);

        Assert.That((strict.ExitCode, lenient.ExitCode), Is.EqualTo((1, 0)));
        Assert.That(strict.Error, Does.Contain($"rows.jsonl, {message}"));
        Assert.That(lenient.Error, Does.Contain("passed over 1 rows that are damaged"));
    }

    [TestCase(32768, 0)]
    [TestCase(32769, 1)]
    public void Train_LongCaption_IsReadUpToItsLimit(int length, int exitCode)
    {
        using var folder = new TemporaryFolder();
        var rows = WriteRows(folder, $$"""{"video": "synthetic:test-short-0", "caption": "{{new string('a', length)}}"}""");

        var run = ScoreProgram.Run(["train", "--data", rows, "--features", "none", "--output", folder.File("policy.safetensors"), .. s_steps]);

        Assert.That(run.ExitCode, Is.EqualTo(exitCode));
        Assert.That(run.Error, exitCode == 0 ? Does.Not.Contain("characters") : Does.Contain("line 1: the caption has 32769 characters; expected at most 32768."));
    }

    [Test]
    [Platform("Linux")]
    public void Train_RowsFromAPipe_AreRefused()
    {
        using var folder = new TemporaryFolder();

        var run = ScoreProgram.Run(["train", "--data", "/dev/null", "--output", folder.File("policy.safetensors")]);

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Error, Does.Contain("--data: '/dev/null' is a device or a pipe").And.Contain("Write them to a file."));
    }

    [TestCase("policy.safetensors")]
    [TestCase("pipeline.zip")]
    public void Train_Diverging_FailsAndLeavesTheOutputAsItWas(string name)
    {
        using var folder = new TemporaryFolder();
        Assert.That(ScoreProgram.Run(["train", "--data", "synthetic", "--output", folder.File(name), .. s_small]).ExitCode, Is.Zero);
        var old = File.ReadAllBytes(folder.File(name));

        var run = ScoreProgram.Run(["train", "--data", "synthetic", "--output", folder.File(name), "--learning-rate", "1e30", "--overwrite", .. s_small]);

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.Contain("score: Training diverged at step 1, at a learning rate of 1E+30").And.Contain("--learning-rate"));
        Assert.That(File.ReadAllBytes(folder.File(name)), Is.EqualTo(old));
    }

    [TestCase("policy.safetensors", false)]
    [TestCase("policy.safetensors", true)]
    [TestCase("pipeline.zip", false)]
    public void Train_FinishedAndGivenAgain_NeedsOverwrite(string name, bool keepsCheckpoint)
    {
        using var folder = new TemporaryFolder();
        string[] command = ["train", "--data", "synthetic", "--output", folder.File(name), "--metrics", folder.File("metrics.jsonl"), .. s_small, .. keepsCheckpoint ? new[] { "--checkpoint", folder.File("kept") } : []];
        ScoreProgram.Run(command);
        var before = Contents(folder);
        var (idle, busy) = (new FakeVideoModel(), new FakeVideoModel());

        var refused = ScoreProgram.Run(idle, default, command);
        var after = Contents(folder);
        var overwritten = ScoreProgram.Run(busy, default, [.. command, "--overwrite"]);

        Assert.That((refused.ExitCode, refused.Output, idle.Encoded), Is.EqualTo((1, "", 0)));
        Assert.That(refused.Error, Does.StartWith($"score: --output: '{folder.File(name)}' is there, of a training that has ended").And.Contain("Give --overwrite to train anew over its files, or name other ones."));
        Assert.That(after, Is.EqualTo(before));
        Assert.That((overwritten.ExitCode, busy.Encoded), Is.EqualTo((0, 12)), overwritten.Error);
        Assert.That(File.ReadLines(folder.File("metrics.jsonl")).Count(line => line.StartsWith("{\"kind\":\"step\"", StringComparison.Ordinal)), Is.EqualTo(7));
        if (name.EndsWith(".safetensors", StringComparison.Ordinal))
            Assert.That(Contents(folder)[name], Is.EqualTo(before[name]), "the same bytes of the same seed");
    }

    [Test]
    public void Train_MetricsOfAFinishedRunForAnotherOutput_NeedsOverwrite()
    {
        using var folder = new TemporaryFolder();
        string[] Command(string output) => ["train", "--data", "synthetic", "--output", folder.File(output), "--metrics", folder.File("metrics.jsonl"), .. s_small];
        ScoreProgram.Run(Command("a.safetensors"));

        var run = ScoreProgram.Run(Command("b.safetensors"));

        Assert.That(run.ExitCode, Is.EqualTo(1));
        Assert.That(run.Error, Does.StartWith($"score: --metrics: '{folder.File("metrics.jsonl")}' is there and complete"));
        Assert.That(File.Exists(folder.File("b.safetensors")), Is.False);
    }

    [Test]
    public void Train_OverwritingAndStopped_GoesOnWithTheSameCommand()
    {
        using var folder = new TemporaryFolder();
        string[] command = ["train", "--data", "synthetic", "--output", folder.File("policy.safetensors"), .. s_small];
        ScoreProgram.Run(command);
        var bytes = File.ReadAllBytes(folder.File("policy.safetensors"));
        using var cancellation = new CancellationTokenSource();
        var calls = 0;
        var model = new FakeVideoModel { BeforeCrossEntropy = () => { if (++calls == 25) cancellation.Cancel(); } };

        var stopped = ScoreProgram.Run(model, cancellation.Token, [.. command, "--overwrite"]);
        var resumed = ScoreProgram.Run([.. command, "--overwrite"]);

        Assert.That((stopped.ExitCode, resumed.ExitCode), Is.EqualTo((130, 0)));
        Assert.That(File.ReadAllBytes(folder.File("policy.safetensors")), Is.EqualTo(bytes));
    }

    [Test]
    public void Train_ResumedWithAnotherFeatureType_IsRefused()
    {
        using var folder = new TemporaryFolder();
        var rows = WriteRows(folder, """{"video": "synthetic:policytraining-short-0", "caption": "A red circle."}""");
        string[] Command(string type) => ["train", "--data", rows, "--output", folder.File("policy.safetensors"), "--features", folder.File("features"), "--feature-type", type, .. s_steps];
        using var cancellation = new CancellationTokenSource();
        var calls = 0;
        var model = new FakeVideoModel { BeforeCrossEntropy = () => { if (++calls == 20) cancellation.Cancel(); } };

        var stopped = ScoreProgram.Run(model, cancellation.Token, Command("f32"));
        var other = ScoreProgram.Run(Command("bf16"));
        var same = ScoreProgram.Run(Command("f32"));

        Assert.That((stopped.ExitCode, other.ExitCode, same.ExitCode), Is.EqualTo((130, 1, 0)));
        Assert.That(other.Error, Does.Contain("FeatureType was 'f32', is 'bf16'"));
    }

    [Test]
    public void Train_RuinousLearningRate_SaysSoWhenItShowsAndInTheVerdict()
    {
        using var folder = new TemporaryFolder();
        string[] command = ["train", "--data", "synthetic", "--learning-rate", "1000", .. s_small];

        var text = ScoreProgram.Run([.. command, "--output", folder.File("a.safetensors")]);
        var json = ScoreProgram.Run([.. command, "--output", folder.File("b.safetensors"), "--json"]);

        using var result = JsonDocument.Parse(json.Output);
        Assert.That((text.ExitCode, json.ExitCode), Is.EqualTo((0, 0)));
        Assert.That(text.Error, Does.StartWith("score: warning: Training goes wrong: the logits reached"));
        Assert.That(text.Output, Does.Contain("verdict: It went wrong: the logits reached").And.Contain("Try a lower LearningRate (--learning-rate)"));
        Assert.That(result.RootElement.GetProperty("wentWrong").GetBoolean());
        Assert.That(result.RootElement.GetProperty("verdict").GetString(), Does.StartWith("It went wrong: "));
    }

    private static Dictionary<string, string> Contents(TemporaryFolder folder) => Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories)
        .ToDictionary(file => Path.GetRelativePath(folder.Path, file), file => Convert.ToHexString(File.ReadAllBytes(file)));

    private static string WriteLlava(TemporaryFolder folder, IEnumerable<(string Video, string Caption)> rows)
    {
        var path = folder.File("llava.json");
        File.WriteAllText(path, JsonSerializer.Serialize(rows.Select(row => new { video = row.Video, conversations = new[] { new { from = "human", value = "<image>" }, new { from = "gpt", value = row.Caption } } })));
        return path;
    }

    private static string WriteRows(TemporaryFolder folder, params string[] lines)
    {
        var path = folder.File("rows.jsonl");
        File.WriteAllLines(path, lines);
        return path;
    }
}
