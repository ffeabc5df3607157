namespace Score.Cli.Hub;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class HubSettingsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Of_NothingSet_IsThePublicHub()
    {
        var settings = Of();

        Assert.That((settings.Endpoint.AbsoluteUri, settings.Token, settings.IsOffline), Is.EqualTo(("https://huggingface.co/", (string?)null, false)));
    }

    [TestCase("hf_abc")]
    [TestCase(" hf_abc\r\n")]
    public void Of_Token_IsTrimmed(string token) => Assert.That(Of(("HF_TOKEN", token)).Token, Is.EqualTo("hf_abc"));

    [Test]
    public void Of_TokenFile_IsReadWhereTheVariableIsEmpty()
    {
        File.WriteAllText(_folder.File("token"), "hf_file\n");

        Assert.That((Of(("HF_TOKEN", " ")).Token, Of(("HF_TOKEN", "hf_var")).Token, Of(("HF_HOME", "/nowhere"), ("HF_TOKEN_PATH", _folder.File("token"))).Token), Is.EqualTo(("hf_file", "hf_var", "hf_file")));
    }

    [TestCase("hf_\nabc", "U+000A as character 4 of 7")]
    [TestCase("hf_\u0001abc", "U+0001 as character 4 of 7")]
    [TestCase("hf abc", "U+0020 as character 3 of 6")]
    [TestCase("hf_\u00e9abc", "U+00E9 as character 4 of 7")]
    public void Of_TokenThatIsNoHeader_IsRefusedWithoutShowingIt(string token, string place)
    {
        Assert.That(() => Of(("HF_TOKEN", token)), Throws.InvalidOperationException.With.Message.Contains(place).And.Message.Contains("HF_TOKEN").And.Message.Not.Contains("abc"));
        File.WriteAllText(_folder.File("token"), token);
        Assert.That(() => Of(), Throws.InvalidOperationException.With.Message.Contains(place).And.Message.Contains(_folder.File("token")).And.Message.Not.Contains("abc"));
    }

    [Test]
    public void Of_TokenFileOfItsOwn_IsReadOrMissed()
    {
        File.WriteAllText(_folder.File("mine"), "hf_mine\n");

        Assert.That(Of(("HF_TOKEN_PATH", _folder.File("mine"))).Token, Is.EqualTo("hf_mine"));
        Assert.That(() => Of(("HF_TOKEN_PATH", _folder.File("nowhere"))), Throws.InvalidOperationException.With.Message.Contains(_folder.File("nowhere")).And.Message.Contains("HF_TOKEN_PATH"));
        Assert.That(() => Of(("HF_TOKEN_PATH", "~/no-such-token")), Throws.InvalidOperationException.With.Message.Not.Contains("~"));
    }

    [Test]
    public void Hide_TokenInAnyCase_IsNotShown() =>
        Assert.That(Of(("HF_TOKEN", "hf_AbC")).Hide("no host hf_abc.example, nor hf_AbC"), Is.EqualTo("no host ***.example, nor ***"));

    [TestCase("huggingface.co")]
    [TestCase("ftp://huggingface.co")]
    [TestCase("https://me:s3cret@huggingface.co")]
    [TestCase("https://huggingface.co?key=s3cret")]
    public void Of_BadEndpoint_IsRefusedWithoutShowingIt(string endpoint) =>
        Assert.That(() => Of(("HF_ENDPOINT", endpoint)), Throws.InvalidOperationException.With.Message.StartsWith("The environment variable HF_ENDPOINT must be an http or https address").And.Message.Not.Contains("s3cret"));

    [TestCase("1", true), TestCase("true", true), TestCase("ON", true), TestCase("0", false), TestCase("", false)]
    public void Of_Offline_IsAsPythonReadsIt(string value, bool expected) => Assert.That(Of(("HF_HUB_OFFLINE", value)).IsOffline, Is.EqualTo(expected));

    private HubSettings Of(params (string Name, string Value)[] variables)
    {
        var all = new Dictionary<string, string> { ["HF_HOME"] = _folder.Path };
        foreach (var (name, value) in variables)
            all[name] = value;
        return HubSettings.Of(all.GetValueOrDefault);
    }
}
