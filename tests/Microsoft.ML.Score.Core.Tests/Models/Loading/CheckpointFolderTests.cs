namespace Microsoft.ML.Score.Models.Loading;

/// <summary>Models by their hub id, in a cache laid out by hand as Python's huggingface_hub leaves it.</summary>
[TestFixture]
[NonParallelizable]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class CheckpointFolderTests : IDisposable
{
    private static readonly string s_commit = string.Concat(Enumerable.Repeat("0123abcd", 5));

    private static readonly string[] s_variables = ["HF_HUB_CACHE", "HF_HOME"];

    private readonly string?[] _before = Array.ConvertAll(s_variables, Environment.GetEnvironmentVariable);
    private readonly TemporaryFolder _cache = new();
    private readonly RandomCheckpoint _checkpoint = new();

    public CheckpointFolderTests()
    {
        Environment.SetEnvironmentVariable("HF_HUB_CACHE", _cache.Path);
        Environment.SetEnvironmentVariable("HF_HOME", null);
    }

    private string Repository => _cache.File("models--Org--Random-VL");

    private string Snapshot => Path.Combine(Repository, "snapshots", s_commit);

    public void Dispose()
    {
        foreach (var (name, value) in s_variables.Zip(_before))
            Environment.SetEnvironmentVariable(name, value);
        _checkpoint.Dispose();
        _cache.Dispose();
    }

    [TestCase("Org/Random-VL", true)]
    [TestCase("Org/Random-VL@main", true)]
    [TestCase("Org/Random-VL@v1/beta", true)]
    [TestCase("Org/Random-VL@0123abcd0123abcd0123abcd0123abcd0123abcd", true)]
    [TestCase("Org/Random-VL", false)]
    public void Load_IdInTheCache_IsTheModelOfTheFolder(string id, bool links)
    {
        Fill(links);
        using var byFolder = VideoModel.Load(_checkpoint.Folder);

        using var byId = VideoModel.Load(id);

        Assert.That((byId.Info.Source, byId.Info with { Source = "" }), Is.EqualTo((id, byFolder.Info with { Source = "" })));
        Assert.That(VideoModel.Describe(id).Fingerprint, Is.EqualTo(byFolder.Info.Fingerprint));
        Assert.That(VideoModel.Check(id).SelectMany(check => check.Faults), Is.Empty);
    }

    [Test]
    public void Load_PathThatExists_WinsOverTheCache()
    {
        Fill(links: true);
        using var place = new TemporaryFolder();
        Directory.CreateDirectory(place.File("Org/Random-VL"));
        var before = Environment.CurrentDirectory;
        try
        {
            Environment.CurrentDirectory = place.Path;

            Assert.That(() => VideoModel.Load("Org/Random-VL"), Throws.TypeOf<FileNotFoundException>().With.Message.EqualTo("There is no 'config.json' in folder 'Org/Random-VL'."));
        }
        finally
        {
            Environment.CurrentDirectory = before;
        }
    }

    [Test]
    public void Load_IdThatIsNotThere_SaysHowToGetItAndWhereItWasLookedFor() =>
        Assert.That(() => VideoModel.Load("Qwen/Qwen3-VL-8B-Instruct"), Throws.TypeOf<DirectoryNotFoundException>().With.Message.EqualTo(
            $"There is no folder 'Qwen/Qwen3-VL-8B-Instruct' to load a model from, and the Hugging Face cache '{_cache.Path}' has no model of that id. 'score download Qwen/Qwen3-VL-8B-Instruct' gets it "
            + "(or huggingface-cli download); a checkpoint elsewhere is named by its folder, another cache by HF_HUB_CACHE or HF_HOME."));

    [Test]
    public void Load_RevisionThatIsNotThere_NamesThoseThatAre()
    {
        Fill(links: true);

        Assert.That(() => VideoModel.Load("Org/Random-VL@v2"), Throws.TypeOf<DirectoryNotFoundException>().With.Message.Contains("has that model, but not its revision 'v2' (only main, v1/beta). 'score download Org/Random-VL --revision v2' gets it"));
        Assert.That(() => VideoModel.Check("Org/Random-VL@v2"), Throws.TypeOf<DirectoryNotFoundException>());
    }

    [Test]
    public void Load_LinksThatLeadNowhere_AreAnIncompleteDownload()
    {
        Fill(links: true);
        foreach (var file in Directory.GetFiles(Path.Combine(Repository, "blobs")).Where(file => file.EndsWith("model.safetensors", StringComparison.Ordinal) || file.EndsWith("vocab.json", StringComparison.Ordinal)))
            File.Move(file, file + ".incomplete");

        Assert.That(() => VideoModel.Load("Org/Random-VL"), Throws.TypeOf<FileNotFoundException>().With.Message.EqualTo(
            $"The download of 'Org/Random-VL' in '{Snapshot}' is incomplete: model.safetensors, vocab.json are missing. Run 'score download Org/Random-VL', which gets the rest."));
        Assert.That(VideoModel.Check("Org/Random-VL").SelectMany(check => check.Faults).Select(fault => fault.File), Does.Contain("model.safetensors"));
    }

    [TestCase("config.json", "config.json is missing")]
    [TestCase("model.safetensors", "model.safetensors is missing")]
    public void Load_SnapshotWithoutAFile_IsAnIncompleteDownload(string file, string message)
    {
        Fill(links: true);
        File.Delete(Path.Combine(Snapshot, file));

        Assert.That(() => VideoModel.Load("Org/Random-VL"), Throws.TypeOf<FileNotFoundException>().With.Message.Contains($"is incomplete: {message}. Run "));
    }

    [Test]
    public void Load_ShardThatTheIndexNames_IsMissed()
    {
        Fill(links: false);
        File.Delete(Path.Combine(Snapshot, "model.safetensors"));
        File.WriteAllText(Path.Combine(Snapshot, "model.safetensors.index.json"), """{"weight_map": {"a": "model-2.safetensors", "b": "model-1.safetensors", "c": "model-1.safetensors"}}""");
        File.WriteAllBytes(Path.Combine(Snapshot, "model-2.safetensors"), []);

        Assert.That(() => VideoModel.Load("Org/Random-VL"), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("is incomplete: model-1.safetensors is missing. Run "));
    }

    /// <summary>What stands there must not lead out of the cache.</summary>
    [TestCase("../../../..")]
    [TestCase("main")]
    [TestCase("")]
    public void Load_RefWithoutACommit_IsRefused(string text)
    {
        Fill(links: true);
        File.WriteAllText(Path.Combine(Repository, "refs", "main"), text);

        Assert.That(() => VideoModel.Load("Org/Random-VL"), Throws.TypeOf<InvalidDataException>().With.Message.Contains("should hold the commit of 'Org/Random-VL'").And.Message.EndsWith("run 'score download Org/Random-VL'."));
    }

    [TestCase("/a/b", "/h", "/x", "/a/b")]
    [TestCase(null, "/h", "/x", "/h/hub")]
    [TestCase("", null, "/x", "/x/huggingface/hub")]
    [TestCase(null, "~/h", "/x", "{home}/h/hub")]
    [TestCase(null, null, null, "{home}/.cache/huggingface/hub")]
    [Platform("Linux,MacOsX", Reason = "The paths are of POSIX systems.")]
    public void OfUser_Variables_AreTakenInPythonsOrder(string? cache, string? home, string? caches, string expected)
    {
        var found = HubCache.OfUser(name => name switch { "HF_HUB_CACHE" => cache, "HF_HOME" => home, "XDG_CACHE_HOME" => caches, _ => null });

        Assert.That(found.Folder, Is.EqualTo(expected.Replace("{home}", Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), StringComparison.Ordinal)));
    }

    private void Fill(bool links)
    {
        Directory.CreateDirectory(Snapshot);
        Directory.CreateDirectory(Path.Combine(Repository, "blobs"));
        Directory.CreateDirectory(Path.Combine(Repository, "refs", "v1"));
        File.WriteAllText(Path.Combine(Repository, "refs", "main"), s_commit);
        File.WriteAllText(Path.Combine(Repository, "refs", "v1", "beta"), s_commit + "\n");
        foreach (var file in Directory.GetFiles(_checkpoint.Folder))
        {
            var name = Path.GetFileName(file);
            File.Copy(file, links ? Path.Combine(Repository, "blobs", "blob-" + name) : Path.Combine(Snapshot, name));
            if (links)
                File.CreateSymbolicLink(Path.Combine(Snapshot, name), Path.Combine("..", "..", "blobs", "blob-" + name));
        }
    }
}
