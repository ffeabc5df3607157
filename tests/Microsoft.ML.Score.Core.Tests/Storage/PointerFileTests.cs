using System.Diagnostics;
using System.Text;

namespace Microsoft.ML.Score.Storage;

/// <summary>What stands in place of a file: pointers of stores of large files, links to nothing, pipes and devices.</summary>
[TestFixture]
public class PointerFileTests
{
    public const string Lfs = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 3953612345\n";

    [TestCase(Lfs, "a pointer of git-lfs to 3.7 GiB", "git lfs pull")]
    [TestCase("version https://git-lfs.github.com/spec/v1\r\noid sha256:00\r\nsize 12\r\n", "a pointer of git-lfs to 12 B", "git lfs pull")]
    [TestCase("version https://hawser.github.com/spec/v1\noid sha256:00\nsize x\n", "a pointer of git-lfs and", "git lfs pull")]
    [TestCase("/annex/objects/SHA256E-s3953612345--4d7a21.safetensors\n", "a pointer of git-annex", "git annex get")]
    [TestCase("# xet version 0\nfilesize = 5\nhash = 'aa'\n", "a pointer of git-xet", "git xet checkout")]
    [TestCase("version 1 of my weights", null, null)]
    [TestCase("#version: 0.2\na b\n", null, null)]
    [TestCase("{}", null, null)]
    [TestCase("", null, null)]
    public void In_FirstBytes_NamesStoreAndNextStep(string content, string? what, string? nextStep)
    {
        var pointer = PointerFile.In(Encoding.UTF8.GetBytes(content));

        Assert.That(pointer?.What, what is null ? Is.Null : Does.StartWith(what));
        Assert.That(pointer?.NextStep, nextStep is null ? Is.Null : Does.Contain(nextStep));
    }

    [Test]
    public void Open_PointerInPlaceOfWeights_SaysSoForFilesAndBytes()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("x.safetensors"), Lfs);

        var message = $"'{folder.File("x.safetensors")}' is a pointer of git-lfs to 3.7 GiB and not the file itself. Run 'git lfs pull'";
        Assert.That(() => SafetensorsFile.Open(folder.File("x.safetensors")), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith(message));
        Assert.That(() => SafetensorsFile.Parse(Encoding.UTF8.GetBytes("/annex/objects/K"), "y"), Throws.TypeOf<InvalidDataException>().With.Message.StartsWith("'y' is a pointer of git-annex"));
    }

    [Test]
    public void ReadAllBytes_PointerOrFile_IsRefusedOrRead()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("tokenizer.json"), Lfs);
        File.WriteAllText(folder.File("config.json"), "{}");
        File.WriteAllText(folder.File("empty"), "");
        var files = CheckpointFiles.FromFolder(folder.Path);

        Assert.That(() => files.ReadAllBytes("tokenizer.json"), Throws.TypeOf<InvalidDataException>().With.Message.Contains("tokenizer.json' is a pointer of git-lfs"));
        Assert.That(Encoding.UTF8.GetString(files.ReadAllBytes("config.json")), Is.EqualTo("{}"));
        Assert.That(files.ReadAllBytes("empty"), Is.Empty);
    }

    [Test]
    [CancelAfter(60_000)]
    public void ReadAllBytes_PipeDeviceOrLinkToNothing_IsRefusedAtOnce()
    {
        // The kind of a file is asked of the Linux kernel; the length, which decides elsewhere, has its own test with the safetensors header.
        if (!OperatingSystem.IsLinux())
            Assert.Ignore("Elsewhere pipes and devices are told by their length alone, and a pipe reads as an empty file.");
        using var folder = new TemporaryFolder();
        using (var mkfifo = Process.Start("mkfifo", [folder.File("pipe")]))
            mkfifo.WaitForExit();
        File.CreateSymbolicLink(folder.File("linked"), folder.File("pipe"));
        File.CreateSymbolicLink(folder.File("device"), "/dev/zero");
        File.CreateSymbolicLink(folder.File("gone"), "nowhere");
        File.CreateSymbolicLink(folder.File("annexed"), ".git/annex/objects/Xm/4K/SHA256E-s9--aa");
        File.CreateSymbolicLink(folder.File("loop"), "loop");

        foreach (var name in (string[])["pipe", "linked", "device"])
            AssertThrows<InvalidDataException>(name, "is a pipe or device, expected a file");
        AssertThrows<FileNotFoundException>("gone", "is a link to 'nowhere', which is not there");
        AssertThrows<FileNotFoundException>("annexed", "Run 'git annex get .'");
        AssertThrows<FileNotFoundException>("loop", "is a link to 'loop'");

        void AssertThrows<T>(string name, string message)
        {
            var read = Task.Run(() => RegularFile.ReadAllBytes(folder.File(name)));
            Assert.That(read.ContinueWith(_ => { }).Wait(TimeSpan.FromSeconds(30)), Is.True, $"{name}: it waits");
            Assert.That(read.Exception?.InnerException, Is.TypeOf<T>().With.Message.Contains(message), name);
        }
    }
}
