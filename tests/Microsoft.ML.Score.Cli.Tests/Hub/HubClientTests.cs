using System.Globalization;

namespace Score.Cli.Hub;

/// <summary>Redirects, refusals, waits, and what becomes of the token.</summary>
[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class HubClientTests : HubRun
{
    [Test]
    public async Task Get_OtherHost_DoesNotGetTheToken()
    {
        await Download();

        Assert.That(Server.Requests.Where(request => request.Host == HubHost.Hub).Select(request => request.Authorization), Is.All.EqualTo($"Bearer {Token}"));
        Assert.That(Server.Requests.Where(request => request.Host == HubHost.Files).Select(request => request.Authorization), Is.EqualTo(new string?[] { null }));
    }

    /// <summary>From the hub to another host and back: who redirects back must not learn what the token opens.</summary>
    [Test]
    public async Task Get_WayBackToTheHub_HasNoTokenEither()
    {
        Server.Change = (request, usual) => request.Host == HubHost.Files ? HubAnswer.Redirect($"{Server.Endpoint}/stolen/model.safetensors")
            : request.Path.StartsWith("/stolen/", StringComparison.Ordinal) ? new(200, Server.Content["model.safetensors"]) : usual;

        await Download();

        Assert.That(Server.Requests.Single(request => request.Path.StartsWith("/stolen/", StringComparison.Ordinal)).Authorization, Is.Null);
        AssertWhole();
    }

    [TestCase(301), TestCase(302), TestCase(303), TestCase(307), TestCase(308)]
    public async Task Get_RelativeRedirect_IsFollowedWithTheToken(int status)
    {
        Server.Change = (request, usual) => request.Path.StartsWith("/api/models/Org/", StringComparison.Ordinal) ? HubAnswer.Redirect("/api/models/New/Name", status)
            : request.Path == "/api/models/New/Name" ? HubServer.Json(Server.Listing()) : usual;

        await Download();

        Assert.That(Server.Requests[1].Authorization, Is.EqualTo($"Bearer {Token}"));
        AssertWhole();
    }

    [Test]
    public async Task Get_RedirectsWithoutEnd_AreGivenUp()
    {
        Server.Change = (request, usual) => request.Path.Contains(".safetensors", StringComparison.Ordinal) ? HubAnswer.Redirect(request.Host == HubHost.Hub ? $"{Server.FilesEndpoint}/model.safetensors?sig=s3cret" : $"{Server.Endpoint}/a.safetensors?sig=s3cret") : usual;

        var fault = await FaultOf();

        Assert.That(fault.Message, Does.Contain("10 redirects").And.Not.Contain("s3cret"));
        Assert.That(Server.Requests.Count(request => request.Path.Contains(".safetensors", StringComparison.Ordinal)), Is.EqualTo(11));
    }

    [TestCase("file:///etc/passwd")]
    [TestCase("ftp://localhost/x")]
    [TestCase("http://me:pass@localhost/x")]
    public async Task Get_RedirectToNoWebAddress_IsNotFollowed(string location)
    {
        Server.Change = (request, usual) => request.Host == HubHost.Hub && request.Path.Contains("/resolve/", StringComparison.Ordinal) ? HubAnswer.Redirect(location) : usual;

        Assert.That((await FaultOf()).Message, Does.Contain("redirects to no http or https address"));
    }

    [TestCase("https://hub/a", "/b?c", "https://hub/b?c")]
    [TestCase("https://hub/a", "https://files:8443/b", "https://files:8443/b")]
    [TestCase("https://hub/a", "//files/b", "https://files/b")]
    [TestCase("http://hub/a", "https://files/b", "https://files/b")]
    [TestCase("http://hub/a", "http://files/b", "http://files/b")]
    [TestCase("https://hub/a", "http://hub/b", null)]
    [TestCase("https://hub/a", "http://files/b", null)]
    [TestCase("https://hub/a", null, null)]
    public void Next_Location_IsFollowedUnlessEncryptionEnds(string address, string? location, string? expected)
    {
        Uri Next() => HubClient.Next(new Uri(address), new Uri(address), location is null ? null : new Uri(location, UriKind.RelativeOrAbsolute));

        if (expected is null)
            Assert.That(Next, Throws.TypeOf<HubException>().With.Message.StartsWith("https://hub redirects to "));
        else
            Assert.That(Next().AbsoluteUri, Is.EqualTo(expected));
    }

    [Test]
    public async Task Get_BusyHub_IsWaitedForAsLongAsItAsks()
    {
        Server.Change = (request, usual) => Server.Requests.Count switch
        {
            1 => new(429, [], "Retry-After: 7"),
            2 => new(503, [], $"Retry-After: {(DateTimeOffset.UnixEpoch + TimeSpan.FromSeconds(7 + 40)).ToString("R", CultureInfo.InvariantCulture)}"),
            3 => new(500, []),
            4 => new(200, []) { CutAfter = 0, ToldLength = 100 },
            _ => usual,
        };

        await Download();

        Assert.That(Clock.Waits, Is.EqualTo(new[] { 7.0, 40, 4, 8 }.Select(TimeSpan.FromSeconds)));
        Assert.That(Warnings[0], Is.EqualTo("The hub answers 429; try 2 of 6 in 7 s."));
        AssertWhole();
    }

    [Test]
    public async Task Get_HubThatStaysBusy_IsGivenUp()
    {
        Server.Change = (_, _) => new(503, []);

        Assert.That((await FaultOf()).Message, Is.EqualTo("The hub answers 503."));
        Assert.That((Server.Requests.Count, Clock.Waits.Count), Is.EqualTo((6, 5)));
    }

    [Test]
    public async Task Get_HubThatAsksForHours_IsNotWaitedFor()
    {
        Server.Change = (_, _) => new(429, [], "Retry-After: 7200");

        Assert.That((await FaultOf()).Message, Is.EqualTo("The hub answers 429 and asks to wait 120 minutes. Run the same command then; what is downloaded is kept."));
        Assert.That(Clock.Waits, Is.Empty);
    }

    [TestCase(401, "", "The hub does not accept the token for 'Org/Model' (401): check the id, and set HF_TOKEN to a valid one")]
    [TestCase(401, "GatedRepo", "The model 'Org/Model' is gated (401): accept its terms at ")]
    [TestCase(403, "GatedRepo", "The model 'Org/Model' is gated (403): accept its terms at ")]
    [TestCase(403, "", "The hub refuses access to 'Org/Model' (403): ask for it at ")]
    [TestCase(404, "RepoNotFound", "There is no model 'Org/Model' at ")]
    [TestCase(404, "RevisionNotFound", "The model 'Org/Model' has no revision 'main' (404): ")]
    [TestCase(410, "", "The hub answers 410.")]
    public async Task Get_Refusal_SaysWhatToDoAtOnce(int status, string code, string message)
    {
        Server.Change = (_, _) => new(status, System.Text.Encoding.ASCII.GetBytes(Token), $"X-Error-Code: {code}", $"X-Error-Message: {Token}");

        Assert.That((await FaultOf()).Message, Does.StartWith(message));
        Assert.That((Server.Requests.Count, Clock.Waits.Count, Directory.GetFileSystemEntries(Folder.Path).Length), Is.EqualTo((1, 0, 0)));
    }

    /// <summary>The addresses of large files are signed for a while: the hub is asked for a new one.</summary>
    [Test]
    public async Task Get_SignatureThatHasRunOut_IsAskedForAgain()
    {
        Server.Change = (request, usual) => request.Host == HubHost.Files && Server.RequestsFor("model.safetensors").Count() == 2 ? new(403, []) : usual;

        await Download();

        AssertWhole();
        Assert.That(Server.RequestsFor("model.safetensors").Select(request => request.Host), Is.EqualTo(new[] { HubHost.Hub, HubHost.Files, HubHost.Hub, HubHost.Files }));
    }

    [TestCase("http://127.0.0.1:1", "http://127.0.0.1:1 cannot be reached: ")]
    [TestCase("http://no-such-host.invalid", "http://no-such-host.invalid cannot be reached: ")]
    public async Task Get_HubThatIsNotThere_IsNotWaitedFor(string endpoint, string message)
    {
        Assert.That((await FaultOf(() => Download(endpoint: endpoint))).Message, Does.StartWith(message).And.EndWith("Check the network, and HF_ENDPOINT where it is set."));
        Assert.That(Clock.Waits, Is.Empty);
    }
}
