using System.Diagnostics;

namespace Score.Cli.Output;

/// <summary>The built program with closed, full and deserted standard streams, as a shell sets them up.</summary>
[TestFixture]
[Platform("Linux", Reason = "/dev/full is of Linux.")]
public class StandardStreamTests
{
    private const string Compress = "compress synthetic:test-short-0 --output kept";
    private const string Fail = "compress missing.mp4";
    private const string Train = "train --data synthetic --output kept/policy.safetensors --warm-up-steps 1 --main-steps 1 --batch-size 1 --synthetic-images 2 --synthetic-videos 1 --synthetic-validation 1";

    // Work that is done counts; a result that could not be written is a failure; a reader that has left is none.
    [TestCase(Compress, "2>&-", 0)]
    [TestCase(Compress, "2>/dev/full", 0)]
    [TestCase(Compress, ">&-", 1)]
    [TestCase(Compress, ">/dev/full", 1)]
    [TestCase(Compress, ">&- 2>&-", 1)]
    [TestCase(Compress, "<&- >&- 2>&-", 1)]
    [TestCase(Compress, ">/dev/full 2>/dev/full", 1)]
    [TestCase(Compress, "| head -1 >head; exit ${PIPESTATUS[0]}", 0)]
    [TestCase(Compress, "| true; exit ${PIPESTATUS[0]}", 0)]
    [TestCase(Fail, "2>&-", 1)]
    [TestCase(Fail, "2>/dev/full", 1)]
    [TestCase(Fail, "<&- >&- 2>&-", 1)]
    [TestCase("compress", "2>&-", 2)]
    [TestCase("--bogus", "2>/dev/full", 2)]
    [TestCase(Train, "2>&-", 0)]
    [TestCase(Train, "2>/dev/full", 0)]
    [TestCase(Train, ">/dev/full 2>&-", 1)]
    public void Program_WithStreamsThatTakeNothing_EndsByItsWorkAndLeavesItsFiles(string command, string streams, int exitCode)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("kept"));

        var run = Run(folder, command, streams);

        Assert.That(run.ExitCode, Is.EqualTo(exitCode), run.Error);
        if (command == Compress)
            Assert.That(File.ReadAllText(Path.Combine(folder.File("kept"), "test-short-0.mask.json")), Does.StartWith("{\"video\":\"synthetic:test-short-0\"").And.EndsWith("}\n"));
        if (command == Train)
            Assert.That(Directory.GetFileSystemEntries(folder.File("kept")).Select(Path.GetFileName), Is.EqualTo(new[] { "policy.safetensors" }));
    }

    [Test]
    public void Program_WithFullOrClosedOutput_SaysSoWhereItCan()
    {
        using var folder = new TemporaryFolder();

        Assert.That(Run(folder, Compress, ">/dev/full").Error, Is.EqualTo("score: standard output cannot be written: No space left on device\n"));
        Assert.That(Run(folder, Compress, ">&-").Error, Is.EqualTo("score: standard output cannot be written: it is closed.\n"));
        Assert.That(Run(folder, "eval --videos 1 --lengths short --ratios 0.1 --compressors random --json eval.json", ">/dev/full").ExitCode, Is.EqualTo(1));
        Assert.That(File.ReadAllText(folder.File("eval.json")), Does.EndWith("}\n"), "the file is written all the same");
    }

    [Test]
    public void Write_AfterAFailure_IsDroppedAndTheFirstFailureRemembered()
    {
        var stream = new StandardStream(new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0));

        stream.Write("lost"u8);
        var first = stream.Failure;
        stream.Write("lost too"u8);

        Assert.That(first, Is.InstanceOf<IOException>());
        Assert.That(stream.Failure, Is.SameAs(first));
    }

    private static (int ExitCode, string Error) Run(TemporaryFolder folder, string command, string streams)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        using var process = Process.Start(new ProcessStartInfo("bash", ["-c", $"\"{dotnet}\" \"{typeof(Program).Assembly.Location}\" {command} {streams}"])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        _ = output.Result;
        return (process.ExitCode, error);
    }
}
