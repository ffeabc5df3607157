namespace Microsoft.ML.Score.Testing;

/// <summary>Where the sources stand, for tests that read them and the goldens among them, and the data folder beside them, which not every machine has.</summary>
public static class RepositoryFolder
{
    /// <summary>The folder that holds the solution file.</summary>
    public static string Root { get; } = Find();

    /// <summary>
    /// The path of a golden file or folder: the repository's, which has every kind once, or else the shared data folder's, which has all; the test is
    /// ignored when neither has it.
    /// </summary>
    public static string Golden(params string[] parts)
    {
        var path = Path.Combine([Root, "tests", "Goldens", .. parts]);
        return Path.Exists(path) ? path : RequireShared(["goldens", .. parts]);
    }

    /// <summary>The path of something in the shared data folder beside the repository; the test is ignored when it is absent.</summary>
    public static string RequireShared(params string[] parts)
    {
        var path = Path.Combine([Root, "..", "shared", .. parts]);
        // Videos of others and the larger goldens are not part of the repository, so a clone alone does not have them.
        if (!Path.Exists(path))
            Assert.Ignore($"Needs {Path.Combine(["../shared", .. parts])} beside the repository.");
        return path;
    }

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Microsoft.ML.Score.sln")))
                return folder.FullName;
        throw new InvalidOperationException($"No Microsoft.ML.Score.sln above {AppContext.BaseDirectory}.");
    }
}
