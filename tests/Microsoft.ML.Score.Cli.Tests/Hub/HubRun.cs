using Microsoft.ML.Score.Models.Loading;
using Score.Cli.Annotation;

namespace Score.Cli.Hub;

/// <summary>Downloads from a server on this machine into a cache of the test's own; waiting between tries takes no time.</summary>
public abstract class HubRun : IDisposable
{
    private protected const string Token = "hf_secretsecret7";

    private protected static readonly HubModelId s_model = HubModelId.TryParse(HubServer.Model)!;

    private protected HubRun()
    {
        Server.Content["config.json"] = "{\"model_type\": \"none\"}"u8.ToArray();
        Server.Content["merges.txt"] = [];
        Server.Content["model.safetensors"] = Bytes(300_000, seed: 1);
    }

    private protected HubServer Server { get; } = new();

    private protected TemporaryFolder Folder { get; } = new();

    private protected JumpingClock Clock { get; } = new();

    private protected List<string> Warnings { get; } = [];

    private protected List<HubDownloadState> States { get; } = [];

    private protected string Repository => Path.Combine(Folder.Path, "models--Org--Model");

    public void Dispose()
    {
        Server.Dispose();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static byte[] Bytes(int count, int seed)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private protected Task<HubDownloadResult> Download(HubModelId? model = null, string[]? include = null, CancellationToken cancellationToken = default, Action<string, string>? link = null, long free = long.MaxValue, double patience = 30, string? endpoint = null)
    {
        var settings = HubSettings.Of(name => name switch { "HF_ENDPOINT" => endpoint ?? Server.Endpoint, "HF_HUB_CACHE" => Folder.Path, "HF_TOKEN" => Token, _ => null });
        return Run();

        async Task<HubDownloadResult> Run()
        {
            using var client = new HubClient(settings, Clock, Warn) { Patience = TimeSpan.FromSeconds(patience) };
            var download = new HubDownload(client, settings.Cache) { Patterns = new FilePatterns(include ?? [.. FilePatterns.Default]), Concurrency = 4, Report = States.Add, Link = link, FreeBytes = _ => free };
            return await download.RunAsync(model ?? s_model, cancellationToken);
        }
    }

    private protected async Task<HubException> FaultOf(Func<Task<HubDownloadResult>>? download = null)
    {
        try
        {
            await (download ?? (() => Download()))();
        }
        catch (HubException fault)
        {
            Assert.That(fault.ToString() + string.Concat(Warnings), Does.Not.Contain(Token));
            return fault;
        }

        throw new AssertionException("The download did not fail.");
    }

    private protected void AssertWhole(string? commit = null, params string[] files)
    {
        var folder = Path.Combine(Repository, "snapshots", commit ?? Server.Commit);
        foreach (var name in files.Length > 0 ? files : [.. Server.Content.Keys])
        {
            var bytes = Server.Content[name];
            var blob = new FileInfo(Path.Combine(Repository, "blobs", HubServer.HashOf(name, bytes)));
            Assert.That(File.ReadAllBytes(Path.Combine(folder, name)), Is.EqualTo(bytes), name);
            Assert.That(File.ResolveLinkTarget(Path.Combine(folder, name), returnFinalTarget: true)?.FullName, Is.EqualTo(blob.FullName));
        }

        Assert.That(File.ReadAllText(Path.Combine(Repository, "refs", "main")), Is.EqualTo(commit ?? Server.Commit));
        Assert.That(Directory.GetFiles(Path.Combine(Repository, "blobs"), "*.incomplete"), Is.Empty);
        Assert.That(Directory.GetFiles(Folder.Path, "*.lock", SearchOption.AllDirectories), Is.Empty);
    }

    private void Warn(string warning)
    {
        lock (Warnings)
            Warnings.Add(warning);
    }
}
