using System.Diagnostics;
using System.Globalization;

namespace Score.Cli.Videos;

/// <summary>The built program, killed while FFmpeg works for it.</summary>
[TestFixture]
[Platform("Linux", Reason = "kill -9 and /proc.")]
public class ReadingProcessTests
{
    private const string Script = "#!/bin/sh\necho $$ > pid\nsleep 600\n";

    [Test]
    public void Program_KilledWhileAVideoIsRead_LeavesNoProcess([Values] bool isScript)
    {
        using var folder = new TemporaryFolder();
        var home = Path.GetDirectoryName(folder.File("clip.mp4"))!;
        File.WriteAllText(folder.File("clip.mp4"), "any");
        File.WriteAllText(folder.File("ffprobe"), isScript ? Script : Script.Replace("sleep", "exec sleep", StringComparison.Ordinal));
        Process.Start("chmod", ["755", folder.File("ffprobe")]).WaitForExit();
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(Program).Assembly.Location, "model", "tiny", "--video", "clip.mp4"])
        {
            WorkingDirectory = home,
        };
        start.Environment["PATH"] = $"{home}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        Assert.That(() => File.Exists(folder.File("pid")) && File.ReadAllText(folder.File("pid")).EndsWith('\n'), Is.True.After(60_000, 50));
        Assert.That(Running(home), Is.Not.Empty);

        process.Kill(); // this process alone, as kill -9 does

        Assert.That(() => Running(home), Is.Empty.After(5000, 50), "nothing that it has started is left");
    }

    /// <summary>The processes that were started in a folder and still run.</summary>
    private static IEnumerable<string> Running(string folder) => Directory.EnumerateDirectories("/proc").Where(entry =>
    {
        try
        {
            return int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out _)
                && new DirectoryInfo(Path.Combine(entry, "cwd")).LinkTarget == folder;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // it has ended
        }
    });
}
