using Microsoft.ML.Score.Architecture.Reading;

namespace Microsoft.ML.Score.Architecture;

/// <summary>A folder uses only folders before it, so that every dependency runs one way; read from the compiled assemblies, by source file.</summary>
[TestFixture]
public class FolderTests
{
    // The rooms of Core, each with its floors: Kernels holds what all kernels share, and Backends, above the kernels, the list of them; Models
    // holds what all models share, and Loading, above the models, tells which one a checkpoint is.
    private static readonly string[] s_core =
    [
        "Storage",
        "Kernels", "Kernels/Simd", "Kernels/Backends",
        "Video",
        "Text",
        "Tokens",
        "Models", "Models/Layers", "Models/Qwen2", "Models/Qwen25VL", "Models/Qwen3VL", "Models/LlavaVideo", "Models/Loading",
        "Policy",
        "Compression",
        "Synthetic",
        "Evaluation",
        "Training",
    ];

    [Test]
    public void CoreFolders_AreThoseOfTheDesign() => Assert.That(FoldersOf(Projects.Core), Is.SubsetOf(s_core));

    [Test]
    public void CoreReferences_PointOnlyToEarlierFolders() => AssertNone(
        Projects.Core.References.Where(reference => Array.IndexOf(s_core, reference.UsedFolder) > Array.IndexOf(s_core, reference.Folder)));

    [Test]
    public void CoreReferences_OfOneModel_NeverReachTheOther() => AssertNone(
        Projects.Core.References.Where(reference => reference is { Folder: "Models/LlavaVideo", UsedFolder: "Models/Qwen25VL" or "Models/Qwen3VL" }));

    [TestCaseSource(nameof(ProjectNames))]
    public void References_BetweenFolders_FormNoCycle(string project) => AssertNone(
        FolderCycles.Find(Projects.All.Single(candidate => candidate.Name == project).References));

    private static IEnumerable<string> ProjectNames() => Projects.All.Select(project => project.Name);

    private static IEnumerable<string> FoldersOf(CompiledProject project) =>
        project.References.SelectMany(reference => (string[])[reference.Folder, reference.UsedFolder]).Distinct();

    // All of them and in full; a constraint's own message stops after some.
    private static void AssertNone<T>(IEnumerable<T> violations)
    {
        var found = violations.ToArray();
        Assert.That(found, Has.Length.Zero, string.Join(Environment.NewLine + Environment.NewLine, found));
    }
}
