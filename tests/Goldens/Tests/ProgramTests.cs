namespace Score.Cli;

[TestFixture]
public class VerifyCommandTests
{
    [Test]
    public void Verify_FolderOfUnknownKind_ExitsWithTwo()
    {
        var folder = Directory.CreateTempSubdirectory("score-verify").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "case1.json"), "{}");

            var run = ScoreProgram.Run("verify", folder);

            Assert.That(run.ExitCode, Is.EqualTo(2));
            Assert.That(run.Output.TrimEnd().Split('\n')[^1], Does.Contain("1 unsupported"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
