using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Score.Cli.Files;

/// <summary>What a command would write where something else is, is refused before any work: no model is loaded, and every file keeps its bytes.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CommandFilesTests : IDisposable
{
    private const string Row = """{"video": "synthetic:test-short-0", "caption": "A red circle."}""";

    private readonly TemporaryFolder _folder = new();

    public CommandFilesTests()
    {
        File.WriteAllText(_folder.File("rows.jsonl"), Row + "\n");
        File.WriteAllText(_folder.File("notes.txt"), "notes of mine\n");
        File.WriteAllText(_folder.File("path-rows.jsonl"), """{"path":"a.mp4","caption":"A row to train on."}""" + "\n");
        File.WriteAllText(_folder.File("config.json"), "{\"benchmarks\": 3}\n");
        PolicyNetwork.Initialize(dimension: 3).Save(_folder.File("policy.safetensors"));
        FeatureFile.Write(_folder.File("model.safetensors"), new VideoTokens(new TokenGrid(1, 1, 1), 2, new float[] { 1, 2 }));
        File.WriteAllBytes(_folder.File("archive.zip"), [0x50, 0x4b, 5, 6, .. new byte[18]]); // an empty zip
        Directory.CreateDirectory(_folder.File("a"));
        Directory.CreateDirectory(_folder.File("busy.safetensors.checkpoint"));
        File.WriteAllText(_folder.File("busy.safetensors.checkpoint/notes.txt"), "mine");
        Directory.CreateDirectory(_folder.File("kept"));
        File.WriteAllText(_folder.File("kept/test-short-0.mask.json"), "{\"mine\": true}");
        File.Copy(_folder.File("model.safetensors"), _folder.File("kept/test-short-0.kept.safetensors"));
        File.WriteAllText(_folder.File("failing.jsonl.failed"), "notes of mine\n");
    }

    public void Dispose() => _folder.Dispose();

    [TestCase("--metrics names the file of --data", "train --data @rows.jsonl --output @new.safetensors --metrics @rows.jsonl")]
    [TestCase("--metrics names the file of --data", "train --data @rows.jsonl --output @new.safetensors --metrics @a/../rows.jsonl")]
    [TestCase("--metrics names the file of --validation", "train --data synthetic --validation @rows.jsonl --output @new.safetensors --metrics @rows.jsonl")]
    [TestCase("--metrics names the file of --output", "train --data synthetic --output @new.safetensors --metrics @new.safetensors")]
    [TestCase("which is removed at the end", "train --data synthetic --output @new.safetensors --metrics @new.safetensors.checkpoint/metrics.jsonl")]
    [TestCase("which is removed at the end", "train --data synthetic --output @new.safetensors --features @new.safetensors.checkpoint")]
    [TestCase("lies in --metrics", "train --data synthetic --output @new/p.safetensors --metrics @new")]
    [TestCase("is a file there", "train --data synthetic --output @new/p.safetensors --features @new/p.safetensors")]
    [TestCase("where the lock of --output", "train --data synthetic --output @new.safetensors --metrics @new.safetensors.lock")]
    [TestCase("--json names the file of --records", "eval --records @new.json --json @new.json")]
    [TestCase("--json names the file of --policy", "eval --policy @policy.safetensors --json @policy.safetensors")]
    [TestCase("--records names the file of --ablation-policy", "eval --compressors ablation --ablation-policy @policy.safetensors --records @policy.safetensors")]
    [TestCase("--json names the file of --annotations", "eval --benchmark mlvu-dev --annotations mlvu-dev=@rows.jsonl --json @rows.jsonl")]
    [TestCase("--output needs videos of different names", "compress @a/clip.mp4 @b/clip.mp4 --output @new")]
    [TestCase("--output needs videos of different names", "compress synthetic:test-short-0 @a/test-short-0 --output @new")]
    [TestCase("names the file of --policy", "compress synthetic:test-short-0 --policy @kept/test-short-0.mask.json --output @kept")]
    [TestCase("--output names the file of --data", "annotate --data @rows.jsonl --output @rows.jsonl --endpoint http://localhost:1/v1 --model m")]
    [TestCase("--metrics must not be empty", "train --data synthetic --output @new.safetensors --metrics ")]
    public void Clash_OfTwoPaths_IsWrongUsage(string message, string command) => IsRefused(2, message, command);

    [TestCase("exists and is not a policy", "train --data synthetic --output @model.safetensors")]
    [TestCase("exists and is not an ML.NET model", "train --data synthetic --output @archive.zip")]
    [TestCase("exists and is not a metrics record", "train --data synthetic --output @new.safetensors --metrics @notes.txt")]
    [TestCase("exists and is not a metrics record", "train --data synthetic --output @new.safetensors --metrics @policy.safetensors")]
    [TestCase("busy.safetensors.checkpoint' holds 'notes.txt'", "train --data synthetic --output @busy.safetensors")]
    [TestCase("is a file; name a folder", "train --data synthetic --output @new.safetensors --features @notes.txt")]
    [TestCase("exists and is not the results of an evaluation", "eval --json @config.json")]
    [TestCase("exists and is not the results of an evaluation", "eval --json @policy.safetensors")]
    [TestCase("exists and is not the record of an evaluation", "eval --records @rows.jsonl")]
    [TestCase("exists and is not a mask", "compress synthetic:test-short-0 --output @kept")]
    [TestCase("exists and is not kept tokens", "compress synthetic:test-short-0 --format tokens --output @kept")]
    [TestCase("exists and is not rows that score annotate wrote", "annotate --data @rows.jsonl --output @path-rows.jsonl --endpoint http://localhost:1/v1 --model m")]
    [TestCase("exists and is not the failures of an annotation", "annotate --data @rows.jsonl --output @failing.jsonl --endpoint http://localhost:1/v1 --model m")]
    public void Output_OfSomethingElse_IsRefused(string message, string command) => IsRefused(1, message, command);

    [TestCase("is a file, not a folder", "train --data synthetic --output @notes.txt/p.safetensors")]
    [TestCase("is a file, not a folder", "train --data synthetic --output @new.safetensors --metrics @notes.txt/m.jsonl")]
    [TestCase("is a file, not a folder", "train --data synthetic --output @new.safetensors --checkpoint @notes.txt")]
    [TestCase("is a file, not a folder", "train --data synthetic --output @new.safetensors --features @notes.txt/f")]
    [TestCase("is a file, not a folder", "eval --json @notes.txt/e.json")]
    [TestCase("is a file, not a folder", "eval --records @notes.txt/r.jsonl")]
    [TestCase("is a file, not a folder", "compress synthetic:test-short-0 --output @notes.txt")]
    [TestCase("is a file, not a folder", "annotate --data @rows.jsonl --output @notes.txt/a.jsonl --endpoint http://localhost:1/v1 --model m")]
    [TestCase("is a folder; name a file", "train --data synthetic --output @new.safetensors --metrics @a")]
    [TestCase("is a folder; name a file", "annotate --data @rows.jsonl --output @a --endpoint http://localhost:1/v1 --model m")]
    [TestCase("is a folder; name a file", "eval --json @new/")]
    public void Output_ThatCannotBeWritten_IsRefused(string message, string command) => IsRefused(1, message, command);

    [TestCase("device or a pipe; name a file, or - for standard output", "eval --json /dev/stdout")]
    [TestCase("device or a pipe", "eval --records /dev/null")]
    [TestCase("device or a pipe", "train --data synthetic --output @new.safetensors --metrics /dev/null")]
    [TestCase("cannot be written", "train --data synthetic --output /dev/full/p.safetensors")]
    [TestCase("/proc/p.safetensors", "train --data synthetic --output /proc/p.safetensors")]
    [Platform("Linux", Reason = "Hard links, devices and pipes are told on Linux only.")]
    public void Output_ThatIsADevice_IsRefused(string message, string command) => IsRefused(1, message, command);

    [Test]
    public void Output_OfALongName_IsRefused() =>
        IsRefused(1, "too long", $"train --data synthetic --output @{new string('n', 230)}.safetensors");

    [TestCase("-s")]
    [TestCase("")] // a hard link
    [Platform("Linux", Reason = "Hard links, devices and pipes are told on Linux only.")]
    public void Output_ThatLinksToAnInput_IsWrongUsage(string symbolic)
    {
        using (var link = Process.Start("ln", [.. symbolic.Split(' ', StringSplitOptions.RemoveEmptyEntries), _folder.File("rows.jsonl"), _folder.File("link")]))
            link.WaitForExit();

        IsRefused(2, "--metrics names the file of --data", "train --data @rows.jsonl --output @new.safetensors --metrics @link");
    }

    [Test]
    [Platform("Linux,MacOsX", Reason = "Links need rights on Windows.")]
    public void Output_ThroughALinkedFolder_IsWrongUsage()
    {
        Directory.CreateSymbolicLink(_folder.File("linked"), _folder.Path);

        IsRefused(2, "--metrics names the file of --data", "train --data @rows.jsonl --output @new.safetensors --metrics @linked/rows.jsonl");
        IsRefused(2, "--json names the file of --records", "eval --records @linked/new.json --json @new.json");
    }

    [Test]
    [Platform("Linux", Reason = "Hard links, devices and pipes are told on Linux only.")]
    public void Output_ThatIsAPipe_IsRefused()
    {
        using (var make = Process.Start("mkfifo", _folder.File("pipe")))
            make.WaitForExit();

        Assert.That(Run("train --data synthetic --output @new.safetensors --metrics @pipe"), Is.EqualTo((1, $"score: --metrics: '{_folder.File("pipe")}' is a device or a pipe; name a file.\n")));
    }

    [Test]
    public void Output_LockFileOfSomethingElse_IsRefused()
    {
        File.WriteAllText(_folder.File("new.json.lock"), "mine");

        IsRefused(1, "new.json.lock", "eval --json @new.json");
    }

    [TestCase("train --data synthetic --output @held", "held.safetensors")]
    [TestCase("train --data synthetic --output @held2.safetensors --checkpoint @held", "held/checkpoint.safetensors")]
    [TestCase("train --data synthetic --output @held2.safetensors --metrics @held", "held")]
    [TestCase("eval --records @held", "held")]
    [TestCase("eval --json @held", "held")]
    [TestCase("compress synthetic:test-short-0 --output @held", "held/test-short-0.mask.json")]
    [TestCase("annotate --data @rows.jsonl --endpoint http://localhost:1/v1 --model m --output @held", "held")]
    public void Output_OfAnotherRun_IsRefusedNamingTheHolder(string command, string held)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.File(held))!);
        using var other = FileLock.Take(_folder.File(held), "score other");

        IsRefused(1, $"is being written by process {Environment.ProcessId} on {Environment.MachineName}, since", held.EndsWith("held.safetensors", StringComparison.Ordinal) ? command + ".safetensors" : command);
        IsRefused(1, "score other", held.EndsWith("held.safetensors", StringComparison.Ordinal) ? command + ".safetensors" : command);
    }

    [Test]
    public void Repeated_Commands_ReplaceTheirOwnFiles()
    {
        string[] train = ["train", "--overwrite", "--data", "synthetic", "--synthetic-images", "2", "--synthetic-videos", "1", "--synthetic-validation", "1", "--warm-up-steps", "1", "--main-steps", "0", "--batch-size", "1"];
        string[][] commands =
        [
            [.. train, "--output", _folder.File("new.safetensors"), "--metrics", _folder.File("metrics.jsonl"), "--checkpoint", _folder.File("a")],
            [.. train, "--output", _folder.File("new.zip"), "--features", _folder.File("features")],
            ["eval", "--videos", "1", "--lengths", "short", "--ratios", "0.1", "--compressors", "random", "--records", _folder.File("records.jsonl"), "--json", _folder.File("eval.json")],
            ["compress", "synthetic:test-short-1", "--policy", _folder.File("policy.safetensors"), "--output", _folder.File("kept")],
            ["compress", "synthetic:test-short-1", "--policy", _folder.File("policy.safetensors"), "--output", _folder.File("kept"), "--format", "tokens"],
        ];

        foreach (var command in commands)
            for (var time = 0; time < 2; time++)
                Assert.That(ScoreProgram.Run(command), Has.Property(nameof(ScoreProgram.ExitCode)).EqualTo(0), string.Join(' ', command));
        Assert.That(Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Where(file => file.EndsWith(".lock", StringComparison.Ordinal) || file.EndsWith(".tmp", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void Train_TemporariesOfAKilledRun_AreRemovedAndForeignOnesStay()
    {
        var (ours, foreign) = ($"new.safetensors.{new string('0', 32)}.tmp", $"other.safetensors.{new string('0', 32)}.tmp");
        File.WriteAllText(_folder.File(ours), "half");
        File.WriteAllText(_folder.File(foreign), "half");

        var run = ScoreProgram.Run("train", "--data", "synthetic", "--synthetic-images", "2", "--synthetic-videos", "1", "--synthetic-validation", "1", "--warm-up-steps", "1", "--main-steps", "0", "--batch-size", "1", "--output", _folder.File("new.safetensors"));

        Assert.That((run.ExitCode, File.Exists(_folder.File(ours)), File.Exists(_folder.File(foreign))), Is.EqualTo((0, false, true)));
    }

    [TestCase("{\"path\":\"a.mp4\",\"error\":\"gone\"}\n{\"path\":\"b.m", true)]
    [TestCase("{\"pa", true)]
    [TestCase("{\"path\":\"a.mp4\",\"error\":\"gone\"}\nnotes", false)]
    [TestCase("{\"path\":\"a.mp4\",\"caption\":\"A row.\"}\n", false)]
    public void Failures_CutOffByAKill_AreStillOurs(string content, bool areOurs)
    {
        File.WriteAllText(_folder.File("failed"), content);

        Assert.That(OutputKind.Failures.IsOne(_folder.File("failed")), Is.EqualTo(areOurs));
    }

    /// <summary>A file that somebody puts into the checkpoint folder while the training runs outlives it.</summary>
    [Test]
    public void Train_FileThatAppearsInTheCheckpointFolder_Stays()
    {
        var notes = _folder.File("new.safetensors.checkpoint/notes.txt");
        var model = new FakeVideoModel { BeforeCrossEntropy = () => File.WriteAllText(notes, "mine") };

        var run = ScoreProgram.Run(model, default, "train", "--data", "synthetic", "--synthetic-images", "2", "--synthetic-videos", "1", "--synthetic-validation", "1", "--warm-up-steps", "1", "--main-steps", "0", "--batch-size", "1", "--output", _folder.File("new.safetensors"));

        Assert.That((run.ExitCode, File.ReadAllText(notes)), Is.EqualTo((0, "mine")));
        Assert.That(Directory.GetFileSystemEntries(Path.GetDirectoryName(notes)!), Has.Length.EqualTo(1));
    }

    private void IsRefused(int exitCode, string message, string command)
    {
        var before = Content();

        var (code, error) = Run(command);

        Assert.That(error, Does.StartWith("score: ").And.Contain(message));
        Assert.That(code, Is.EqualTo(exitCode), error);
        Assert.That(Content(), Is.EqualTo(before));
    }

    private (int ExitCode, string Error) Run(string command)
    {
        var (output, error) = (new StringWriter(), new StringWriter { NewLine = "\n" });
        string[] arguments = [.. command.Split(' ').Select(part => part.Replace("@", _folder.Path + "/", StringComparison.Ordinal))];
        var code = Program.RunAsync(arguments, (_, _) => throw new InvalidOperationException("The model was loaded."), output, error).GetAwaiter().GetResult();
        return (code, error.ToString());
    }

    /// <summary>Every file and folder, with the hash of what it holds.</summary>
    private string[] Content() =>
    [
        .. Directory.EnumerateFileSystemEntries(_folder.Path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Order(StringComparer.Ordinal)
            .Select(entry => $"{entry} {(!File.Exists(entry) ? "" : entry.EndsWith(".lock", StringComparison.Ordinal) && !entry.EndsWith("new.json.lock", StringComparison.Ordinal) ? "held" : Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(entry))))}"),
    ];
}
