using System.Text.Json;
using System.Text.Json.Nodes;

namespace Score.Cli.Hub;

/// <summary>What the hub's list may say, of which names and hashes become paths.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class HubListingTests : HubRun
{
    [TestCase("../evil.json")]
    [TestCase("a/../../evil.json")]
    [TestCase("/etc/evil.json")]
    [TestCase("a//b.json")]
    [TestCase("a/./b.json")]
    [TestCase("..\\evil.json")]
    [TestCase("a\u0000.json")]
    [TestCase("a\u001b[2J.json")]
    [TestCase("a\n.json")]
    [TestCase("..")]
    [TestCase("")]
    [TestCase("a/")]
    public async Task Read_HostileName_IsRefusedAndWritesNothing(string name)
    {
        Answer(list => list["siblings"]![0]!["rfilename"] = name);

        var fault = await FaultOf();

        Assert.That(fault.Message, Does.StartWith("The hub's list of the files of 'Org/Model' cannot be used: '").And.Contain("is no name for a file below a folder").And.Not.Contain("\u001b").And.Not.Contain("\n"));
        Assert.That((Server.Requests.Count, Directory.GetFileSystemEntries(Folder.Path).Length), Is.EqualTo((1, 0)));
    }

    [TestCase("sha", "\"../../x\"", "is no commit")]
    [TestCase("sha", "\"main\"", "is no commit")]
    [TestCase("sha", "7", "")]
    [TestCase("siblings", "null", "")]
    [TestCase("siblings", "[7]", "")]
    [TestCase("siblings", "[{}]", "")]
    [TestCase("siblings", "[{\"rfilename\": \"a.json\", \"size\": 3, \"blobId\": \"../../../evil\"}]", "has no checksum")]
    [TestCase("siblings", "[{\"rfilename\": \"a.json\", \"size\": 3}]", "")]
    [TestCase("siblings", "[{\"rfilename\": \"a.json\", \"size\": -3, \"blobId\": \"0000000000000000000000000000000000000000\"}]", "has no certain size")]
    [TestCase("siblings", "[{\"rfilename\": \"a.json\", \"size\": 1e18, \"blobId\": \"0000000000000000000000000000000000000000\"}]", "")]
    [TestCase("siblings", "[{\"rfilename\": \"a.safetensors\", \"size\": 3, \"lfs\": {\"size\": 4, \"sha256\": \"0000000000000000000000000000000000000000000000000000000000000000\"}}]", "has no certain size")]
    [TestCase("siblings", "[{\"rfilename\": \"a.json\", \"size\": 0, \"blobId\": \"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\"}, {\"rfilename\": \"a.json\", \"size\": 0, \"blobId\": \"e69de29bb2d1d6434b8b29ae775ad8c2e48c5391\"}]", "'a.json' stands there twice")]
    public async Task Read_DamagedList_IsRefusedAndWritesNothing(string key, string value, string why)
    {
        Answer(list => list[key] = JsonNode.Parse(value));

        Assert.That((await FaultOf()).Message, Does.StartWith("The hub's list of the files of 'Org/Model' cannot be used: ").And.Contain(why));
        Assert.That(Directory.GetFileSystemEntries(Folder.Path), Is.Empty);
    }

    [TestCase("")]
    [TestCase("<html>")]
    [TestCase("[]")]
    [TestCase("{\"sha\": ")]
    public async Task Read_NoList_IsRefused(string text)
    {
        Server.Change = (_, _) => new(200, System.Text.Encoding.ASCII.GetBytes(text));

        Assert.That((await FaultOf()).Message, Does.StartWith("The hub's list of the files of 'Org/Model' cannot be used: "));
    }

    /// <summary>Every byte of a right answer cut off or changed gives a list or the typed error.</summary>
    [Test]
    public void Read_EveryByteDamaged_IsReadOrRefused()
    {
        var whole = JsonSerializer.SerializeToUtf8Bytes(Server.Listing());
        var refused = 0;

        foreach (var damaged in DamagedFile.Variants(whole))
            try
            {
                HubListing.Read(s_model, damaged);
            }
            catch (HubException)
            {
                refused++;
            }

        Assert.That(HubListing.Read(s_model, whole).Files, Has.Count.EqualTo(3));
        Assert.That(refused, Is.GreaterThan(whole.Length));
    }

    private void Answer(Action<JsonObject> change) => Server.Change = (request, usual) =>
    {
        if (!request.Path.StartsWith("/api/", StringComparison.Ordinal))
            return usual;
        var list = JsonNode.Parse(usual.Body)!.AsObject();
        change(list);
        return HubServer.Json(list);
    };
}
