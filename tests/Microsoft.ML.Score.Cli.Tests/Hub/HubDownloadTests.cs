using Microsoft.ML.Score.Models.Loading;

namespace Score.Cli.Hub;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class HubDownloadTests : HubRun
{
    [Test]
    public async Task Run_Model_IsLaidOutAsPythonHasIt()
    {
        Server.Content["vision.bin"] = [1];
        Server.Content["onnx/model.safetensors"] = [2];
        Server.Content["original/params.json"] = "{}"u8.ToArray();

        var result = await Download();

        Assert.That(result, Is.EqualTo(new HubDownloadResult(Server.Commit, Path.Combine(Repository, "snapshots", Server.Commit), 3, 300_022, 3, 300_022)));
        AssertWhole(null, "config.json", "merges.txt", "model.safetensors");
        Assert.That(new FileInfo(Path.Combine(result.Folder, "config.json")).LinkTarget, Is.EqualTo(Path.Combine("..", "..", "blobs", HubServer.GitSha1(Server.Content["config.json"]))));
        Assert.That(Directory.GetFileSystemEntries(result.Folder), Has.Length.EqualTo(3), "no .bin, no folders");
        Assert.That(States[^1], Is.EqualTo(new HubDownloadState(300_022, 300_022, 3, 3)));
    }

    /// <summary>By `git hash-object` of an empty file and of "hello\n".</summary>
    [Test]
    public async Task Run_SmallFiles_AreNamedByGitsSha1()
    {
        Server.Content["hello.txt"] = "hello\n"u8.ToArray();

        await Download();

        Assert.That(Directory.GetFiles(Path.Combine(Repository, "blobs")).Select(Path.GetFileName), Is.SupersetOf(new[] { "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391", "ce013625030ba8dba906f756967f9e9ca394464a" }));
    }

    [Test]
    public async Task Run_Again_AsksForNoFile()
    {
        await Download();
        var asked = Server.Requests.Count;

        var again = await Download();

        Assert.That((again.NewFiles, again.ReceivedBytes, Server.Requests.Count - asked), Is.EqualTo((0, 0L, 1)));
    }

    [Test]
    public async Task Run_Include_ReplacesTheDefault()
    {
        Server.Content["onnx/deep/model.bin"] = [2, 3];

        await Download(include: ["**.bin", "c*.json"]);

        AssertWhole(null, "onnx/deep/model.bin", "config.json");
        Assert.That(Path.Combine(Repository, "snapshots", Server.Commit, "model.safetensors"), Does.Not.Exist);
    }

    [Test]
    public async Task Run_PatternsThatFitNothing_SaysSoAndWritesNothing()
    {
        var fault = await FaultOf(() => Download(include: ["*.gguf"]));

        Assert.That(fault.Message, Is.EqualTo("None of the 3 files of 'Org/Model' fits *.gguf. Name others with --include, such as those of the weights: '**' is all."));
        Assert.That(Directory.GetFileSystemEntries(Folder.Path), Is.Empty);
    }

    [Test]
    public async Task Run_Revision_IsKeptUnderItsName()
    {
        await Download(s_model with { Revision = "refs/pr/3" });
        await Download(s_model with { Revision = Server.Commit });

        Assert.That(Server.Requests[0].Path, Is.EqualTo("/api/models/Org/Model/revision/refs%2Fpr%2F3?blobs=true"));
        Assert.That(File.ReadAllText(Path.Combine(Repository, "refs", "refs", "pr", "3")), Is.EqualTo(Server.Commit));
        Assert.That(Directory.GetFiles(Path.Combine(Repository, "refs"), "*", SearchOption.AllDirectories), Has.Length.EqualTo(1), "a commit needs none");
    }

    /// <summary>main moves while the files are on the way: they are those of the commit that was listed. Later the new commit takes what is equal.</summary>
    [Test]
    public async Task Run_CommitThatChanges_MixesNoTwo()
    {
        var (first, second) = (Server.Commit, new string('b', 40));
        Server.Change = (request, usual) =>
        {
            Server.Commit = second;
            return usual;
        };

        await Download();
        Server.Change = (_, usual) => usual;
        var resolved = Server.Requests.Where(request => request.Path.Contains("/resolve/", StringComparison.Ordinal)).Select(request => request.Path.Split('/')[4]).Distinct().ToArray();
        AssertWhole(first);
        Server.Content["config.json"] = "{\"model_type\": \"other\"}"u8.ToArray();
        var later = await Download();

        Assert.That(resolved, Is.EqualTo(new[] { first }));
        Assert.That((later.Commit, later.ReceivedBytes), Is.EqualTo((second, 23L)), "only config.json comes again");
        AssertWhole(second);
    }

    /// <summary>Until the new commit is whole, its revision leads to the one before.</summary>
    [Test]
    public async Task Run_NewCommitThatFails_LeavesTheOneBefore()
    {
        await Download();
        var first = Server.Commit;
        Server.Commit = new string('b', 40);
        Server.Content["model.safetensors"] = Bytes(1000, seed: 2);
        Server.Change = (request, usual) => request.Host == HubHost.Files ? new(404, []) : usual;

        await FaultOf();

        Assert.That(File.ReadAllText(Path.Combine(Repository, "refs", "main")), Is.EqualTo(first));
        Assert.That(new HubCache(Folder.Path).Find(s_model), Is.EqualTo(Path.Combine(Repository, "snapshots", first)));
    }

    [Test]
    public async Task Run_FilesOfEqualBytes_ComeOnce()
    {
        Server.Content["copy.json"] = Server.Content["config.json"];

        await Download();

        AssertWhole();
        Assert.That(Server.Requests.Count(request => request.Path.EndsWith(".json", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    /// <summary>On a file system without links the snapshot has the files themselves.</summary>
    [Test]
    public async Task Run_WithoutLinks_PutsTheFilesIntoTheSnapshot()
    {
        Server.Content["copy.json"] = Server.Content["config.json"];

        var result = await Download(link: NoLinks);
        var again = await Download(link: NoLinks);

        foreach (var (name, bytes) in Server.Content)
            Assert.That((File.ReadAllBytes(Path.Combine(result.Folder, name)).SequenceEqual(bytes), new FileInfo(Path.Combine(result.Folder, name)).LinkTarget), Is.EqualTo((true, (string?)null)), name);
        Assert.That(Directory.GetFiles(Path.Combine(Repository, "blobs")), Is.Empty);
        Assert.That(again.NewFiles, Is.Zero);

        static void NoLinks(string path, string target) => throw new IOException("no links here");
    }

    [Test]
    public void Run_TooLittleSpace_IsKnownBeforeAnyFile()
    {
        Assert.That(async () => await Download(free: 100_000), Throws.InstanceOf<IOException>().With.Message.StartsWith("The download needs 293.0 KiB more and the disk of ").And.Message.Contains("has 97.7 KiB left"));
        Assert.That(Server.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>A second run of the command meets the first one's lock, names it and leaves its files alone.</summary>
    [Test]
    public async Task Run_WhileAnotherRuns_IsRefused()
    {
        IOException? refusal = null;
        Server.Change = (request, usual) => request.Host != HubHost.Files || request.Range is not null ? usual : usual with
        {
            CutAfter = 1000,
            Then = async () => refusal ??= await RefusalOfASecondRun(),
        };

        await Download();

        Assert.That(refusal?.Message, Does.Contain("is being written by process ").And.Contain("score download Org/Model; wait until that has ended."));
        AssertWhole();

        async Task<IOException?> RefusalOfASecondRun()
        {
            try
            {
                await Download();
                return null;
            }
            catch (IOException exception)
            {
                return exception;
            }
        }
    }

    /// <summary>Python's huggingface_hub holds the lock of a blob by the same file.</summary>
    [Test]
    public void Run_BlobThatAnotherProgramHolds_IsLeftAlone()
    {
        var locks = Directory.CreateDirectory(Path.Combine(Folder.Path, ".locks", "models--Org--Model")).FullName;
        using var held = new FileStream(Path.Combine(locks, HubServer.Sha256(Server.Content["model.safetensors"]) + ".lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        Assert.That(async () => await Download(), Throws.InstanceOf<IOException>().With.Message.Contains("is being written by another process"));
    }
}
