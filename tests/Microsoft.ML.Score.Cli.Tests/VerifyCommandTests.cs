using System.CommandLine;

namespace Microsoft.ML.Score.Cli;

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
            var output = new StringWriter();

            var exitCode = Program.BuildRootCommand().Parse(["verify", folder]).Invoke(new InvocationConfiguration { Output = output });

            Assert.That(exitCode, Is.EqualTo(2));
            Assert.That(output.ToString().TrimEnd().Split('\n')[^1], Does.Contain("1 unsupported"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
