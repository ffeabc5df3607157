using System.Text.RegularExpressions;

namespace Microsoft.ML.Score;

/// <summary>Inside Core a folder uses only folders before it in this list, so that every dependency runs one way.</summary>
[TestFixture]
public partial class LayeringTests
{
    private static readonly string[] Order =
        ["Numerics", "Weights", "Video", "Text", "Tokens", "Models", "Compression", "Policy", "Synthetic", "Evaluation", "Training", "Reports"];

    private static readonly string Core = Path.Combine(RepositoryFolder.Root, "src", "Microsoft.ML.Score.Core");

    [Test]
    public void CoreFolders_AreThoseOfTheDesign()
    {
        var folders = Directory.GetDirectories(Core).Select(Path.GetFileName).Except(["bin", "obj", "Properties"]);

        Assert.That(folders, Is.SubsetOf(Order));
    }

    [Test]
    public void CoreUsings_PointOnlyToEarlierFolders()
    {
        var violations =
            from folder in Order
            where Directory.Exists(Path.Combine(Core, folder))
            from file in Directory.EnumerateFiles(Path.Combine(Core, folder), "*.cs", SearchOption.AllDirectories)
            from Match match in UsedNamespace().Matches(File.ReadAllText(file))
            let used = match.Groups[1].Value
            where Array.IndexOf(Order, used) < 0 || Array.IndexOf(Order, used) > Array.IndexOf(Order, folder)
            select $"{Path.GetRelativePath(Core, file)} uses {match.Value.Trim()}";

        Assert.That(violations, Is.Empty);
    }

    [Test]
    public void CoreUsings_NeverReachMachineLearningNet()
    {
        var violations =
            from file in Directory.EnumerateFiles(Core, "*.cs", SearchOption.AllDirectories)
            where !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
            where MachineLearningNet().IsMatch(File.ReadAllText(file))
            select Path.GetRelativePath(Core, file);

        Assert.That(violations, Is.Empty);
    }

    [GeneratedRegex(@"^\s*(?:global\s+)?using\s+(?:static\s+|\w+\s*=\s*)?Microsoft\.ML\.Score\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex UsedNamespace();

    [GeneratedRegex(@"^\s*using\s+(?:static\s+|\w+\s*=\s*)?Microsoft\.(?:ML(?!\.Score)|Extensions)", RegexOptions.Multiline)]
    private static partial Regex MachineLearningNet();
}
