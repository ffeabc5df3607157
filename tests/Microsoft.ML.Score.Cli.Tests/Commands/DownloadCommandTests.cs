using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Models;
using Score.Cli.Hub;

namespace Score.Cli.Commands;

/// <summary>The command against a hub on this machine, and the commands that name the model by its id afterwards.</summary>
[TestFixture]
[NonParallelizable]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed partial class DownloadCommandTests : IDisposable
{
    private const string Token = "hf_secretsecret7";

    private static readonly string[] s_variables = ["HF_ENDPOINT", "HF_HUB_CACHE", "HF_HOME", "HF_TOKEN", "HF_HUB_OFFLINE"];

    private readonly TemporaryFolder _cache = new();
    private readonly HubServer _server = new();
    private readonly RandomCheckpoint _checkpoint = new();
    private readonly string?[] _before = Array.ConvertAll(s_variables, Environment.GetEnvironmentVariable);

    public DownloadCommandTests()
    {
        foreach (var file in Directory.GetFiles(_checkpoint.Folder))
            _server.Content[Path.GetFileName(file)] = File.ReadAllBytes(file);
        foreach (var (name, value) in s_variables.Zip([_server.Endpoint, _cache.Path, null, Token, null]))
            Environment.SetEnvironmentVariable(name, value);
    }

    private string Snapshot => Path.Combine(_cache.Path, "models--Org--Model", "snapshots", _server.Commit);

    public void Dispose()
    {
        foreach (var (name, value) in s_variables.Zip(_before))
            Environment.SetEnvironmentVariable(name, value);
        _checkpoint.Dispose();
        _server.Dispose();
        _cache.Dispose();
    }

    [Test]
    public void Download_Checkpoint_IsLoadedAndDescribedByItsId()
    {
        var bytes = _server.Content.Values.Sum(content => (long)content.Length);
        var first = ScoreProgram.Run("download", "Org/Model");
        var second = ScoreProgram.Run("download", "Org/Model");
        var described = ScoreProgram.Run("model", "Org/Model", "--json");
        var check = ScoreProgram.Run("model", "Org/Model@main", "--check");
        using var byId = VideoModel.Load("Org/Model");
        using var byFolder = VideoModel.Load(_checkpoint.Folder);

        var lines = first.Output.TrimEnd().Split(Environment.NewLine);
        Assert.That((first.ExitCode, first.Error), Is.EqualTo((0, "")));
        Assert.That(lines[0], Does.StartWith($"Org/Model at main, commit {_server.Commit}: {_server.Content.Count} files, "));
        Assert.That(lines[1], Does.StartWith("downloaded: ").And.EndWith($" for {_server.Content.Count} files; already there: 0 files"));
        Assert.That(lines[2], Is.EqualTo(Snapshot));
        Assert.That(second.Output, Does.Contain("already complete: nothing was downloaded").And.EndWith(Snapshot + Environment.NewLine));
        Assert.That((byId.Info.Source, byId.Info with { Source = "" }), Is.EqualTo(("Org/Model", byFolder.Info with { Source = "" })));
        Assert.That(JsonDocument.Parse(described.Output).RootElement.GetProperty("fingerprint").GetString(), Is.EqualTo(byFolder.Info.Fingerprint));
        Assert.That((check.ExitCode, check.Output.Contains("all checks passed", StringComparison.Ordinal)), Is.EqualTo((0, true)), check.Output);
    }

    [Test]
    public void Download_Json_SaysWhatItDid()
    {
        var run = ScoreProgram.Run("download", "Org/Model", "--include", "config.json", "*.txt", "--json", "--revision", _server.Commit);

        using var document = JsonDocument.Parse(run.Output);
        var root = document.RootElement;
        var files = _server.Content.Where(item => item.Key == "config.json" || item.Key.EndsWith(".txt", StringComparison.Ordinal)).ToList();
        Assert.That((root.GetProperty("files").GetInt32(), root.GetProperty("newFiles").GetInt32(), root.GetProperty("bytes").GetInt64(), root.GetProperty("receivedBytes").GetInt64()),
            Is.EqualTo((files.Count, files.Count, files.Sum(file => (long)file.Value.Length), files.Sum(file => (long)file.Value.Length))));
        Assert.That((root.GetProperty("commit").GetString(), root.GetProperty("folder").GetString()), Is.EqualTo((_server.Commit, Snapshot)));
    }

    /// <summary>Whatever the hub answers, the token is in nothing that the program prints.</summary>
    [TestCase(401), TestCase(403), TestCase(404), TestCase(302), TestCase(418)]
    public void Download_Refused_FailsInOneLineWithoutTheToken(int status)
    {
        _server.Change = (request, _) => new(status, System.Text.Encoding.ASCII.GetBytes(request.Authorization!), $"X-Error-Message: {request.Authorization}", "Location: /" + Token);

        var run = ScoreProgram.Run("download", "Org/Model");

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error.TrimEnd().Split('\n')[^1], Does.StartWith("score: "));
        Assert.That(run.Error, Does.Not.Contain("secret"));
        Assert.That(_server.Requests[0].Authorization, Is.EqualTo($"Bearer {Token}"));
    }

    /// <summary>A hub may quote what it was asked with: in a name, as a commit, in the place of a redirect or in what breaks a header.</summary>
    [TestCase("{\"sha\": \"SECRET\", \"siblings\": []}")]
    [TestCase("{\"sha\": \"\\u0068f_secretsecret7\", \"siblings\": []}")]
    [TestCase("SECRET")]
    public void Download_ListWithTheToken_DoesNotShowIt(string body)
    {
        _server.Change = (_, _) => new(200, System.Text.Encoding.ASCII.GetBytes(body.Replace("SECRET", Token, StringComparison.Ordinal)));

        var run = ScoreProgram.Run("download", "Org/Model");

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((1, "")));
        Assert.That(run.Error, Does.StartWith("score: The hub's list of the files of 'Org/Model' ").And.Not.Contain("secret"));
    }

    [Test]
    public void Download_Stopped_SaysThatTheSameCommandGoesOn()
    {
        using var stop = new CancellationTokenSource();
        _server.Change = (request, usual) => request.Host == HubHost.Hub ? usual : usual with
        {
            CutAfter = 1000,
            Then = async () =>
            {
                await stop.CancelAsync();
                await Task.Delay(200);
            },
        };

        var run = ScoreProgram.Run(new FakeVideoModel(), stop.Token, "download", "Org/Model");

        Assert.That((run.ExitCode, run.Output), Is.EqualTo((130, "")));
        Assert.That(run.Error.TrimEnd().Split(Environment.NewLine), Is.EqualTo(new[] { "score: what was downloaded is kept; the same command goes on.", "score: stopped." }));
        _server.Change = (_, usual) => usual;
        Assert.That(ScoreProgram.Run("download", "Org/Model").ExitCode, Is.Zero);
        Assert.That(File.ReadAllBytes(Path.Combine(Snapshot, "model.safetensors")), Is.EqualTo(_server.Content["model.safetensors"]));
    }

    /// <summary>SIGKILL leaves a part, a lock file that nobody holds and no ref; the same command goes on with the part.</summary>
    [Test, CancelAfter(120_000)]
    public void Download_KilledAndRunAgain_GoesOn()
    {
        using var silence = new CancellationTokenSource();
        _server.Change = (request, usual) => request.Host == HubHost.Hub ? usual : usual with { CutAfter = 50_000, Then = () => Task.Delay(60_000, silence.Token) };
        var part = Path.Combine(_cache.Path, "models--Org--Model", "blobs", HubServer.Sha256(_server.Content["model.safetensors"]) + ".incomplete");
        using var process = Process.Start(new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [typeof(Program).Assembly.Location, "download", "Org/Model"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        while (!process.HasExited && (!File.Exists(part) || new FileInfo(part).Length < 50_000))
            Thread.Sleep(5);
        process.Kill();
        process.WaitForExit();
        silence.Cancel();
        var killed = File.ReadAllBytes(part);
        _server.Change = (_, usual) => usual;

        var run = ScoreProgram.Run("download", "Org/Model");

        Assert.That(killed, Is.EqualTo(_server.Content["model.safetensors"][..50_000]));
        Assert.That((run.ExitCode, run.Error), Is.EqualTo((0, "")));
        Assert.That(_server.Requests.Select(request => request.Range), Does.Contain("bytes=50000-"));
        Assert.That(File.ReadAllBytes(Path.Combine(Snapshot, "model.safetensors")), Is.EqualTo(_server.Content["model.safetensors"]));
        Assert.That(Directory.GetFiles(_cache.Path, "*.lock", SearchOption.AllDirectories), Is.Empty);
    }

    [Test]
    public void Download_Offline_AsksNobody()
    {
        Environment.SetEnvironmentVariable("HF_HUB_OFFLINE", "1");
        var without = ScoreProgram.Run("download", "Org/Model");
        Environment.SetEnvironmentVariable("HF_HUB_OFFLINE", null);
        ScoreProgram.Run("download", "Org/Model");
        var asked = _server.Requests.Count;
        Environment.SetEnvironmentVariable("HF_HUB_OFFLINE", "1");

        var with = ScoreProgram.Run("download", "Org/Model");

        Assert.That((without.ExitCode, with.ExitCode, _server.Requests.Count), Is.EqualTo((1, 0, asked)));
        Assert.That(without.Error, Does.StartWith("score: HF_HUB_OFFLINE is set, so the hub is not asked, and the Hugging Face cache '").And.Contain("does not have 'Org/Model'. Unset it to download."));
        Assert.That(with.Output, Does.EndWith(Snapshot + Environment.NewLine));
        File.Delete(File.ResolveLinkTarget(Path.Combine(Snapshot, "model.safetensors"), returnFinalTarget: true)!.FullName);
        Assert.That(ScoreProgram.Run("download", "Org/Model").Error, Does.Contain("the file 'model.safetensors' is missing"));
    }

    [TestCase("The model must be ORGANISATION/NAME or ORGANISATION/NAME@REVISION, got 'Model'.", "Model")]
    [TestCase("The model must be ", "../x")]
    [TestCase("The model must be ", "a/b/c")]
    [TestCase("The model must be ", "a/b@..")]
    [TestCase("--revision must be a branch, a tag or a commit, got '../x'.", "Org/Model", "--revision", "../x")]
    [TestCase("--revision cannot be combined with a revision in the id; leave out one of the two.", "Org/Model@v1", "--revision", "v2")]
    [TestCase("--include must be a list of patterns of file names, got ' '.", "Org/Model", "--include", " ")]
    [TestCase("--include must be a list of patterns of file names, got '*.json,'.", "Org/Model", "--include", "*.json,")]
    [TestCase("--include lists '*.json' twice.", "Org/Model", "--include", "*.json,*.txt", "*.json")]
    [TestCase("--concurrency must be a whole number from 1 to 64, got '0'.", "Org/Model", "--concurrency", "0")]
    public void Download_WrongUsage_SaysSo(string message, params string[] args)
    {
        var run = ScoreProgram.Run(["download", .. args]);

        Assert.That((run.ExitCode, run.Output, _server.Requests.Count), Is.EqualTo((2, "", 0)));
        Assert.That(run.Error, Does.StartWith("score: ").And.Contain(message));
    }

    /// <summary>The commands of the documentation need a network; here they meet a hub on this machine that has whatever they name.</summary>
    [TestCase("docs/cli.md")]
    [TestCase("docs/hub.md")]
    public void Download_DocumentedCommands_Succeed(string page)
    {
        _server.Change = (request, usual) => request.Path.StartsWith("/api/models/", StringComparison.Ordinal) ? HubServer.Json(_server.Listing())
            : request.Path.Split('/') is [_, _, _, "resolve", _, var file] ? request.Range is null ? new(200, _server.Content[file]) : usual : usual;
        var text = File.ReadAllText(Path.Combine(RepositoryFolder.Root, page)).ReplaceLineEndings("\n");
        string[][] commands = [.. ConsoleCommand().Matches(text).Select(match => match.Groups["arguments"].Value.Split(' ').Select(word => word.Trim('"')).ToArray()).Where(words => words[0] == "download")];

        foreach (var command in commands)
            Assert.That(ScoreProgram.Run(command) is { ExitCode: 0, Error: "" }, string.Join(' ', command));

        Assert.That(commands, Is.Not.Empty);
    }

    [Test]
    public void Help_Download_HasAnExampleAndTheDefaults() =>
        Assert.That(Regex.Replace(ScoreProgram.Run("download", "--help").Output, @"\s+", " "), Does.Contain("Examples: score download Qwen/Qwen2.5-VL-7B-Instruct").And.Contain("[default: *.json,*.safetensors,*.txt,*.jinja]").And.Contain("[default: 4]"));

    [GeneratedRegex(@"^score (?<arguments>.+)$", RegexOptions.Multiline)]
    private static partial Regex ConsoleCommand();
}
