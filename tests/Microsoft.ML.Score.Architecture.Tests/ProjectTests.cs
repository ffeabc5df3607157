using System.Xml.Linq;

namespace Microsoft.ML.Score.Architecture;

/// <summary>Dependencies of projects run one way, Core's are the runtime alone, and its friends are known.</summary>
[TestFixture]
public class ProjectTests
{
    private const string Core = "Microsoft.ML.Score.Core";

    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        [Core] = [],
        ["Microsoft.ML.Score"] = [Core],
        ["Microsoft.ML.Score.Datasets"] = [Core],
        ["Microsoft.ML.Score.Reports"] = [Core],
        ["Microsoft.ML.Score.TorchSharp"] = [Core],
        ["Microsoft.ML.Score.Cli"] = [Core, "Microsoft.ML.Score", "Microsoft.ML.Score.Datasets", "Microsoft.ML.Score.Reports", "Microsoft.ML.Score.TorchSharp"],
    };

    // A test, golden case or measurement may stand in this list, and of the libraries the one that implements the kernels again.
    private static readonly string[] s_friendsOfCore =
    [
        "Microsoft.ML.Score.Benchmarks",
        "Microsoft.ML.Score.BigCheckpoint",
        "Microsoft.ML.Score.Core.Tests",
        "Microsoft.ML.Score.Goldens",
        "Microsoft.ML.Score.Testing",
        "Microsoft.ML.Score.TinyModel.Tests",
        "Microsoft.ML.Score.TorchSharp",
        "Microsoft.ML.Score.TorchSharp.Device",
        "Microsoft.ML.Score.TorchSharp.Tests",
        "TinyModel",
    ];

    [Test]
    public void Projects_UnderSource_AreAllKnownHere() =>
        Assert.That(
            Directory.GetDirectories(Path.Combine(RepositoryFolder.Root, "src")).Select(Path.GetFileName),
            Is.EquivalentTo(s_allowed.Keys).And.EquivalentTo(Projects.All.Select(project => project.Name)),
            "A new project gets its place in the lists of this test and a reference from the test project.");

    [Test]
    public void Assemblies_OfOurOwn_AreUsedOneWay()
    {
        var violations =
            from project in Projects.All
            from assembly in project.Assemblies
            where assembly == "score" || s_allowed.ContainsKey(assembly)
            where !s_allowed[project.Name].Contains(assembly)
            select $"{project.Name} uses {assembly}";

        Assert.That(violations, Is.Empty);
    }

    [Test]
    public void ProjectReferences_RunOneWay()
    {
        var violations =
            from project in Projects.All
            from reference in Items(project.Name, "ProjectReference")
            let referenced = Path.GetFileNameWithoutExtension(reference)
            where !s_allowed[project.Name].Contains(referenced)
            select $"{project.Name}.csproj references {referenced}";

        Assert.That(violations, Is.Empty);
    }

    [Test]
    public void Core_NeedsTheRuntimeAlone()
    {
        Assert.That(Projects.Core.Assemblies, Has.All.StartsWith("System.").Or.EqualTo("Microsoft.Win32.Primitives")); // the latter holds Win32Exception
        Assert.That(Items(Core, "PackageReference"), Is.EqualTo((string[])["System.Numerics.Tensors"]), "No ML.NET, no Microsoft.Extensions and no native library.");
    }

    [Test]
    public void Core_HasTheseFriendsAndNoOthers() => Assert.That(Projects.Core.Friends, Is.EquivalentTo(s_friendsOfCore));

    private static string[] Items(string project, string kind) =>
        [.. XDocument.Load(Path.Combine(RepositoryFolder.Root, "src", project, $"{project}.csproj")).Descendants(kind).Select(item => item.Attribute("Include")!.Value)];
}
