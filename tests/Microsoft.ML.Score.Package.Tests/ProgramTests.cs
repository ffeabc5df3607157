namespace Microsoft.ML.Score.Package;

/// <summary>Programs of users, which know the packages and nothing of the repository.</summary>
// Not in a plain test run, which would pack what it is building; .ci/run names the category.
[TestFixture, Explicit("Packs the solution, which takes minutes."), Category("Install")]
public class ProgramTests
{
    [OneTimeSetUp]
    public void TrainAndSave()
    {
        Copy("Pipeline");
        Assert.That(RunProgram("Pipeline", "train", "score.zip", "masks.txt"), Does.Contain("saved"));
    }

    [Test]
    public void Load_FreshProcess_PredictsTheMasksOfTheTrainingProcess() =>
        Assert.That(RunProgram("Pipeline", "load", "score.zip", "masks.txt"), Does.Contain("Model.Load: 4 of 4 masks as saved").And.Contain("LoadScore: 4 of 4 masks as saved"));

    [Test]
    public void Serve_EightClientsOfThePool_GetNoWrongMask()
    {
        Copy("Server");

        Assert.That(RunProgram("Server", "score.zip", "masks.txt"), Does.Contain("160 predictions, 0 wrong"));
    }

    private static string RunProgram(string name, params string[] arguments) => LocalFeed.Dotnet(["run", "--project", name, "--", .. arguments]);

    private static void Copy(string name)
    {
        Directory.CreateDirectory(LocalFeed.PathOf(name));
        foreach (var file in Directory.GetFiles(Path.Combine(RepositoryFolder.Root, "tests", "Microsoft.ML.Score.Package.Tests", "Programs", name)))
            File.Copy(file, LocalFeed.PathOf(name, Path.GetFileName(file)));
    }
}
