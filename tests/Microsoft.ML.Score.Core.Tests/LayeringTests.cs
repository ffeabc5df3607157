using System.Text.RegularExpressions;

namespace Microsoft.ML.Score;

/// <summary>Inside Core a folder uses only folders before it in this list, so that every dependency runs one way.</summary>
[TestFixture]
public partial class LayeringTests
{
    private static readonly string[] s_order =
        ["Storage", "Kernels", "Video", "Text", "Tokens", "Models", "Policy", "Compression", "Synthetic", "Evaluation", "Training"];

    private static readonly string s_core = Path.Combine(RepositoryFolder.Root, "src", "Microsoft.ML.Score.Core");

    [Test]
    public void CoreFolders_AreThoseOfTheDesign()
    {
        var folders = Directory.GetDirectories(s_core).Select(Path.GetFileName).Except(["bin", "obj", "Properties"]);

        Assert.That(folders, Is.SubsetOf(s_order));
    }

    [Test]
    public void CoreUsings_PointOnlyToEarlierFolders()
    {
        var violations =
            from folder in s_order
            where Directory.Exists(Path.Combine(s_core, folder))
            from file in Directory.EnumerateFiles(Path.Combine(s_core, folder), "*.cs", SearchOption.AllDirectories)
            from Match match in UsedNamespace().Matches(File.ReadAllText(file))
            let used = match.Groups[1].Value
            where Array.IndexOf(s_order, used) < 0 || Array.IndexOf(s_order, used) > Array.IndexOf(s_order, folder)
            select $"{Path.GetRelativePath(s_core, file)} uses {match.Value.Trim()}";

        Assert.That(violations, Is.Empty);
    }

    [Test]
    public void CoreUsings_NeverReachMachineLearningNet()
    {
        var violations =
            from file in Directory.EnumerateFiles(s_core, "*.cs", SearchOption.AllDirectories)
            where !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            where MachineLearningNet().IsMatch(File.ReadAllText(file))
            select Path.GetRelativePath(s_core, file);

        Assert.That(violations, Is.Empty);
    }

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+(?:static\s+|\w+\s*=\s*)?Microsoft\.ML\.Score\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex UsedNamespace();

    [GeneratedRegex(@"^\s*using\s+(?:static\s+|\w+\s*=\s*)?Microsoft\.(?:ML(?!\.Score)|Extensions)", RegexOptions.Multiline)]
    private static partial Regex MachineLearningNet();
}
