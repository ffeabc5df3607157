using System.Net;
using Microsoft.ML.Score.Models.Loading;
using Microsoft.ML.Score.Storage;

namespace Score.Cli.Hub;

/// <summary>Brings one file after the other into a folder of blobs, going on where a broken connection or an earlier run ended.</summary>
/// <param name="client">The hub.</param>
/// <param name="model">The model.</param>
/// <param name="commit">Its commit.</param>
internal sealed class BlobDownload(HubClient client, HubModelId model, string commit)
{
    // A try that brought as much counts as none: a connection that breaks off now and then ends no download of many gigabytes.
    private const long Enough = 1 << 20;

    // What an earlier run left may be wrong, and one fresh start may meet a fault of a disk or a proxy on the way.
    private const int MostWrong = 3;

    /// <summary>Gets the change of the bytes that are there, which is negative where some turn out to be of no use; called from any thread.</summary>
    public required Action<long> Moved { get; init; }

    /// <summary>Bytes that came over the network.</summary>
    public long Received => Interlocked.Read(ref _received);

    private long _received;

    /// <param name="file">The file.</param>
    /// <param name="path">Where it goes.</param>
    /// <param name="cancellationToken">Stops the download, which can be gone on with.</param>
    /// <exception cref="HubException">The hub does not give it, or gives other bytes.</exception>
    public async Task RunAsync(HubFile file, string path, CancellationToken cancellationToken)
    {
        using var part = PartialFile.Open(path, file, cancellationToken);
        Moved(part.Length);
        for (var wrong = 1; ; wrong++)
        {
            while (part.Length < file.Size)
                await client.RetryAsync(token => GoOnAsync(file, part, token), cancellationToken);
            if (part.TryFinish(path))
                return;
            Moved(-file.Size);
            if (wrong == MostWrong)
                throw new HubException($"{Shown(file)} came {MostWrong} times with another {(file.IsLarge ? "SHA-256" : "git SHA-1")} than the hub lists for it, so it was not kept. Look at HF_ENDPOINT, or for a proxy that changes what passes through it.");
        }
    }

    /// <summary>One answer of the hub, as far as it goes.</summary>
    private async Task<bool> GoOnAsync(HubFile file, PartialFile part, CancellationToken cancellationToken)
    {
        var before = part.Length;
        try
        {
            using var response = await client.OpenAsync(model, commit, file.Name, part.Length, cancellationToken);
            Begin(response, file, part);
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            var buffer = new byte[1 << 17];
            while (await client.ReadAsync(body, buffer, cancellationToken) is > 0 and var read)
            {
                Interlocked.Add(ref _received, read);
                if (part.Length + read > file.Size)
                {
                    Drop(part);
                    throw Lie(file, "more");
                }

                part.Write(buffer.AsSpan(0, read));
                Moved(read);
            }

            return part.Length == file.Size ? true : throw new HubException($"{Shown(file)} broke off after {ByteCount.Format(part.Length)} of {ByteCount.Format(file.Size)}.") { IsTransient = true };
        }
        catch (HubException exception) when (exception.IsTransient && part.Length - before >= Enough)
        {
            return false;
        }
    }

    /// <summary>Checks that what follows is what is missing; else begins anew.</summary>
    private void Begin(HttpResponseMessage response, HubFile file, PartialFile part)
    {
        if (response.StatusCode == HttpStatusCode.OK)
        {
            if (response.Content.Headers.ContentLength is { } length && length != file.Size)
                throw Lie(file, ByteCount.Format(length));
            Drop(part); // the server took no heed of the place that was asked for
        }
        else if (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange is not { } range || range.From != part.Length || range.Length is { } total && total != file.Size)
        {
            Drop(part);
            throw Lie(file, "another part");
        }
    }

    private void Drop(PartialFile part)
    {
        Moved(-part.Length);
        part.Clear();
    }

    private HubException Lie(HubFile file, string what) => new($"The server sends {what} of {Shown(file)} where the hub lists {ByteCount.Format(file.Size)}.") { IsTransient = true };

    private string Shown(HubFile file) => $"'{Excerpt.Of(file.Name)}' of '{model.Id}'";
}
