using System.IO.Compression;
using System.Text;
using System.Xml.Linq;

namespace Microsoft.ML.Score.Package;

/// <summary>What stands in the packages.</summary>
// Not in a plain test run, which would pack what it is building; .ci/run names the category.
[TestFixture, Explicit("Packs the solution, which takes minutes."), Category("Install")]
public class PackageContentTests
{
    private static readonly string[] s_libraries = ["Microsoft.ML.Score", "Microsoft.ML.Score.Core", "Microsoft.ML.Score.Datasets", "Microsoft.ML.Score.Reports", "Microsoft.ML.Score.TorchSharp"];
    private static readonly string[] s_packages = [.. s_libraries, "Microsoft.ML.Score.Cli"];

    [Test]
    public void Pack_Solution_GivesEachPackageWithItsSymbolsAndNothingElse()
    {
        var files = Directory.GetFiles(LocalFeed.PathOf("feed")).Select(Path.GetFileName);

        Assert.That(files, Is.EquivalentTo(s_packages.SelectMany(id => new[] { FileOf(id, "nupkg"), FileOf(id, "snupkg") })));
    }

    [TestCaseSource(nameof(s_packages))]
    public void Pack_Package_SaysWhatItIs(string id)
    {
        using var package = Open(id, "nupkg");
        var metadata = Metadata(package);

        Assert.Multiple(() =>
        {
            Assert.That(Value(metadata, "id"), Is.EqualTo(id));
            Assert.That(Value(metadata, "version"), Is.EqualTo(LocalFeed.PackageVersion));
            Assert.That(Value(metadata, "license"), Is.EqualTo("MIT"));
            Assert.That(Value(metadata, "description"), Does.Contain("SCORE"));
            Assert.That(Value(metadata, "tags"), Does.Contain("token-compression"));
            Assert.That(Element(metadata, "repository")?.Attribute("url")?.Value, Is.EqualTo(LocalFeed.RepositoryUrl));
            Assert.That(Text(package, Value(metadata, "readme")!), Does.StartWith("# "));
        });
    }

    [TestCase("Microsoft.ML.Score", "Microsoft.ML.Score.Core", "Microsoft.ML")]
    [TestCase("Microsoft.ML.Score.Core", "System.Numerics.Tensors")]
    [TestCase("Microsoft.ML.Score.Datasets", "Microsoft.ML.Score.Core", "CsvHelper", "ParquetSharp")]
    [TestCase("Microsoft.ML.Score.Reports", "Microsoft.ML.Score.Core", "SkiaSharp", "SkiaSharp.NativeAssets.Linux.NoDependencies")]
    [TestCase("Microsoft.ML.Score.TorchSharp", "Microsoft.ML.Score.Core", "TorchSharp")]
    public void Pack_Library_DependsOnWhatItsUsersNeed(string id, params string[] expected)
    {
        using var package = Open(id, "nupkg");
        var dependencies = Metadata(package).Descendants().Where(element => element.Name.LocalName == "dependency")
            .ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value);

        Assert.Multiple(() =>
        {
            Assert.That(dependencies.Keys, Is.SupersetOf(expected));
            Assert.That(dependencies.Keys, Has.None.Contains("Analyzers"));
            Assert.That(dependencies.Where(one => s_packages.Contains(one.Key)).Select(one => one.Value), Is.All.EqualTo($"[{LocalFeed.PackageVersion}]"));
        });
    }

    /// <summary>Native libraries come with the packages that need them, not with all.</summary>
    [Test]
    public void Pack_Core_DependsOnNothingNative()
    {
        using var package = Open("Microsoft.ML.Score.Core", "nupkg");
        var dependencies = Metadata(package).Descendants().Where(element => element.Name.LocalName == "dependency").Select(element => element.Attribute("id")!.Value);

        Assert.That(dependencies, Is.EqualTo(new[] { "System.Numerics.Tensors" }));
    }

    [TestCaseSource(nameof(s_libraries))]
    public void Pack_Library_HoldsItsAssemblyAndDocumentationOnly(string id)
    {
        using var package = Open(id, "nupkg");
        var content = package.Entries.Select(entry => entry.FullName).Where(name => name.StartsWith("lib/", StringComparison.Ordinal));

        Assert.That(content, Is.EquivalentTo([$"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"]));
    }

    /// <summary>The application adds the gigabytes of LibTorch itself.</summary>
    [Test]
    public void Pack_Tool_HoldsNoNativeLibraryThatItDoesNotCall()
    {
        using var package = Open("Microsoft.ML.Score.Cli", "nupkg");
        var names = package.Entries.Select(entry => entry.Name).ToArray();

        Assert.That(names, Has.Some.Contains("ParquetSharpNative").And.Some.Contains("LibTorchSharp").And.Some.Contains("libSkiaSharp"));
        Assert.That(names, Has.None.Contains("torch_cpu"));
    }

    [TestCaseSource(nameof(s_libraries))]
    public void Pack_Symbols_NameTheirSources(string id)
    {
        using var package = Open(id, "snupkg");

        // Source Link's map stands in the symbols as plain JSON.
        Assert.That(Text(package, $"lib/net10.0/{id}.pdb"), Does.Contain(LocalFeed.RepositoryUrl.Replace("//github.com", "//raw.githubusercontent.com")));
    }

    [Test]
    public void Pack_Packages_HoldNoTests()
    {
        foreach (var id in s_packages)
        {
            using var package = Open(id, "nupkg");
            Assert.That(package.Entries.Select(entry => entry.FullName), Has.None.Contains("Tests").And.None.Contains("Goldens").And.None.Contains("nunit").IgnoreCase, id);
        }
    }

    private static string FileOf(string id, string extension) => $"{id}.{LocalFeed.PackageVersion}.{extension}";

    private static ZipArchive Open(string id, string extension) => ZipFile.OpenRead(LocalFeed.PathOf("feed", FileOf(id, extension)));

    private static XElement Metadata(ZipArchive package) => XDocument.Parse(Text(package, package.Entries.Single(entry => entry.Name.EndsWith(".nuspec", StringComparison.Ordinal)).FullName)).Root!.Elements().First();

    private static XElement? Element(XElement metadata, string name) => metadata.Elements().SingleOrDefault(element => element.Name.LocalName == name);

    private static string? Value(XElement metadata, string name) => Element(metadata, name)?.Value;

    private static string Text(ZipArchive package, string name)
    {
        using var reader = new StreamReader(package.GetEntry(name)!.Open(), Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
