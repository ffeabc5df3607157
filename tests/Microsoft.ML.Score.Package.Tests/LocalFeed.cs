using System.Diagnostics;
using System.Reflection;
using System.Xml.Linq;

namespace Microsoft.ML.Score.Package;

/// <summary>The solution packed into a feed, in a folder outside the repository whose restores read that feed.</summary>
[SetUpFixture]
public class LocalFeed
{
    /// <summary>The address that the packages are made with.</summary>
    public const string RepositoryUrl = "https://github.com/example/score";

    private static DirectoryInfo? s_folder;

    /// <summary>The version of the sources, without the commit.</summary>
    public static string Version { get; } =
        typeof(LocalFeed).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>The version of the packages: no other has it, so that none which the machine already holds is taken for them.</summary>
    public static string PackageVersion { get; } = $"{Version}-test.{DateTime.UtcNow.Ticks}";

    /// <summary>A path in the folder outside the repository.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([s_folder!.FullName, .. parts]);

    /// <summary>Runs <c>dotnet</c> as a user of the feed; a failure fails the test with all that it wrote.</summary>
    public static string Dotnet(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = PathOf() };
        // Packages of others are read where the machine holds them (NuGet.config says so); ours must not get there.
        start.Environment["NUGET_PACKAGES"] = PathOf("packages");
        start.Environment["ScorePackageVersion"] = PackageVersion;
        return Run(start);
    }

    /// <summary>Runs a program; a failure fails the test with all that it wrote.</summary>
    public static string Run(ProcessStartInfo start)
    {
        // What the running test was started with must not choose how other builds are made, and no build server may outlive the folder.
        foreach (var name in start.Environment.Keys.Where(key => key.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.That(process.ExitCode, Is.Zero, $"{start.FileName} {string.Join(' ', start.ArgumentList)}\n{output}\n{error.Result}");
        return output;
    }

    /// <summary>Packs into the feed, with outputs beside it, since the repository's may be in use.</summary>
    [OneTimeSetUp]
    public void Pack()
    {
        s_folder = Directory.CreateTempSubdirectory("score-packages-");
        var watch = Stopwatch.StartNew();
        Run(new ProcessStartInfo("dotnet", ["pack", "--artifacts-path", PathOf("build"), "--output", PathOf("feed"), $"-p:PackageVersion={PackageVersion}", $"-p:RepositoryUrl={RepositoryUrl}"])
        {
            WorkingDirectory = RepositoryFolder.Root,
        });
        TestContext.Progress.WriteLine($"Packed in {watch.Elapsed.TotalSeconds:0} s.");

        var held = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        new XElement("configuration",
            new XElement("packageSources", new XElement("add", new XAttribute("key", "local"), new XAttribute("value", PathOf("feed")))),
            new XElement("fallbackPackageFolders", new XElement("add", new XAttribute("key", "machine"), new XAttribute("value", held)))).Save(PathOf("NuGet.config"));
    }

    [OneTimeTearDown]
    public void Delete() => s_folder?.Delete(recursive: true);
}
