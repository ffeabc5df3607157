namespace Score.Cli.Hub;

/// <summary>What a server, a network or a killed run does to the bytes of a file.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class BlobDownloadTests : HubRun
{
    private const string Weights = "model.safetensors";

    private string Part => Path.Combine(Repository, "blobs", HubServer.Sha256(Server.Content[Weights]) + ".incomplete");

    [Test]
    public async Task Run_ConnectionThatBreaksOff_GoesOnWhereItEnded()
    {
        Server.Change = (request, usual) => request.Host == HubHost.Files && Server.RequestsFor(Weights).Count(seen => seen.Host == HubHost.Files) <= 3 ? usual with { CutAfter = 70_000 } : usual;

        var result = await Download();

        AssertWhole();
        Assert.That(Server.RequestsFor(Weights).Where(request => request.Host == HubHost.Files).Select(request => request.Range), Is.EqualTo(new[] { null, "bytes=70000-", "bytes=140000-", "bytes=210000-" }));
        Assert.That((result.ReceivedBytes, Clock.Waits), Is.EqualTo((300_022L, new[] { 1.0, 2, 4 }.Select(TimeSpan.FromSeconds))));
        Assert.That(Warnings[0], Does.Contain("; try 2 of 6 in 1 s."));
    }

    /// <summary>Stopped as by Ctrl+C or SIGKILL at some byte, and run again: equal bytes, and no byte comes twice.</summary>
    [TestCase(1), TestCase(65_536), TestCase(299_999), CancelAfter(60_000)]
    public async Task Run_StoppedAndRunAgain_EndsWithTheSameBytes(int at)
    {
        using var stop = new CancellationTokenSource();
        Server.Change = (request, usual) => request.Host != HubHost.Files ? usual : usual with
        {
            CutAfter = at,
            Then = async () =>
            {
                while (!File.Exists(Part) || new FileInfo(Part).Length < at)
                    await Task.Delay(5);
                await stop.CancelAsync();
                await Task.Delay(200);
            },
        };

        Assert.That(async () => await Download(cancellationToken: stop.Token), Throws.InstanceOf<OperationCanceledException>());
        // Who names the commit must not load half a model.
        Assert.That(Directory.GetFileSystemEntries(Path.Combine(Repository, "snapshots", Server.Commit)), Is.Empty);
        Assert.That(File.ReadAllBytes(Part), Is.EqualTo(Server.Content[Weights][..at]));
        Assert.That(Path.Combine(Repository, "refs", "main"), Does.Not.Exist);
        Server.Change = (_, usual) => usual;
        var result = await Download();

        AssertWhole();
        Assert.That(Server.Requests.Select(request => request.Range), Does.Contain($"bytes={at}-"));
        Assert.That(result.ReceivedBytes, Is.LessThanOrEqualTo(300_022 - at));
    }

    [Test]
    public async Task Run_ServerThatIgnoresRange_BeginsAnew()
    {
        Server.Change = (request, usual) => request.Host == HubHost.Files
            ? new(200, Server.Content[Weights]) { CutAfter = request.Range is null ? 100_000 : null }
            : usual;

        var result = await Download();

        AssertWhole();
        Assert.That(result.ReceivedBytes, Is.EqualTo(400_022));
        Assert.That(States[^1].Bytes, Is.EqualTo(300_022), "what was dropped does not count");
    }

    [TestCase("bytes 0-299999/300000", Description = "another start")]
    [TestCase("bytes 100000-299999/300001", Description = "another file")]
    [TestCase("junk")]
    public async Task Run_AnotherPartThanAskedFor_BeginsAnew(string contentRange)
    {
        Server.Change = (request, usual) => request.Host != HubHost.Files ? usual
            : request.Range is null ? Server.RequestsFor(Weights).Count() < 4 ? usual with { CutAfter = 100_000 } : usual
            : new(206, Server.Content[Weights][100_000..], $"Content-Range: {contentRange}");

        await Download();

        AssertWhole();
    }

    [Test]
    public async Task Run_PartWithWrongBytes_BeginsAnew()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        File.WriteAllBytes(Part, new byte[1000]);

        var result = await Download();

        AssertWhole();
        Assert.That(result.ReceivedBytes, Is.EqualTo(299_000 + 300_000 + 22));
    }

    [TestCase(300_000), TestCase(400_000)]
    public async Task Run_PartAsLongAsTheFileOrLonger_BeginsAnew(int length)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Part)!);
        File.WriteAllBytes(Part, new byte[length]);

        await Download();

        AssertWhole();
    }

    [TestCase(Weights, "SHA-256")]
    [TestCase("config.json", "git SHA-1")]
    public async Task Run_WrongBytes_NeverAppear(string file, string checksum)
    {
        Server.Change = (request, usual) => usual.Status == 200 && request.Path.EndsWith(file, StringComparison.Ordinal) ? usual with { Body = new byte[Server.Content[file].Length] } : usual;

        var fault = await FaultOf();

        Assert.That(fault.Message, Does.StartWith($"'{file}' of 'Org/Model' came 3 times with another {checksum} than the hub lists for it"));
        Assert.That(Path.Combine(Repository, "snapshots", Server.Commit, file), Does.Not.Exist);
        Assert.That(Path.Combine(Repository, "blobs", HubServer.HashOf(file, Server.Content[file])), Does.Not.Exist);
        Assert.That(Path.Combine(Repository, "refs", "main"), Does.Not.Exist);
    }

    [Test]
    public async Task Run_WrongBytesOnce_AreFetchedAgain()
    {
        Server.Change = (request, usual) => request.Host == HubHost.Files && Server.RequestsFor(Weights).Count() == 2 ? usual with { Body = new byte[300_000] } : usual;

        await Download();

        AssertWhole();
    }

    /// <summary>The list says one size and the answer another: told by the head, or by bytes that go on.</summary>
    [TestCase(299_999, 299_999, "The server sends 293.0 KiB of 'model.safetensors' of 'Org/Model' where the hub lists 293.0 KiB.")]
    [TestCase(400_000, 400_000, "The server sends 390.6 KiB of ")]
    [TestCase(400_000, -1, "The server sends more of ")]
    [TestCase(200_000, -1, "'model.safetensors' of 'Org/Model' broke off after 195.3 KiB of 293.0 KiB.")]
    [TestCase(200_000, 300_000, "The connection to the hub failed: ")]
    public async Task Run_AnotherSizeThanListed_FailsAfterSixTries(int length, int told, string message)
    {
        Server.Change = (request, usual) => request.Host == HubHost.Files ? new(200, Bytes(length, seed: 3)) { ToldLength = told } : usual;

        var fault = await FaultOf();

        Assert.That(fault.Message, Does.StartWith(message));
        Assert.That(Clock.Waits, Is.EqualTo(new[] { 1.0, 2, 4, 8, 16 }.Select(TimeSpan.FromSeconds)));
        Assert.That(Path.Combine(Repository, "snapshots", Server.Commit, Weights), Does.Not.Exist);
    }

    /// <summary>A connection that breaks off every few megabytes does not end a long download.</summary>
    [Test]
    public async Task Run_ManyBreaksWithMuchBetween_AreBorne()
    {
        Server.Content[Weights] = Bytes(9_000_000, seed: 4);
        Server.Change = (request, usual) => request.Host == HubHost.Files ? usual with { CutAfter = 1_100_000 } : usual;

        await Download();

        AssertWhole();
        Assert.That((Server.RequestsFor(Weights).Count(request => request.Host == HubHost.Files), Clock.Waits.Count), Is.EqualTo((9, 0)));
    }

    [Test, CancelAfter(60_000)]
    public async Task Run_ServerThatFallsSilent_IsAskedAgain()
    {
        Server.Change = (request, usual) => request.Host == HubHost.Files && request.Range is null
            ? usual with { CutAfter = 100_000, Then = () => Task.Delay(8_000) }
            : usual;

        await Download(patience: 2);

        AssertWhole();
        Assert.That(Warnings, Has.Some.Contains(" sent nothing for 2 seconds; try 2 of 6 in 1 s."));
        Assert.That(Server.Requests.Select(request => request.Range), Does.Contain("bytes=100000-"));
    }
}
