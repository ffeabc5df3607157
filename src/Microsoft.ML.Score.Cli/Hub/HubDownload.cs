using Microsoft.ML.Score.Models.Loading;
using Microsoft.ML.Score.Storage;

namespace Score.Cli.Hub;

/// <summary>What came of a download.</summary>
/// <param name="Commit">The commit that the revision is.</param>
/// <param name="Folder">Where its files are.</param>
/// <param name="Files">Files that were wanted.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="NewFiles">Those of them that were not there.</param>
/// <param name="ReceivedBytes">What came over the network.</param>
internal sealed record HubDownloadResult(string Commit, string Folder, int Files, long Bytes, int NewFiles, long ReceivedBytes);

/// <summary>How far a download is.</summary>
/// <param name="Bytes">Bytes that are there.</param>
/// <param name="TotalBytes">Bytes of all files.</param>
/// <param name="Files">Files that are there.</param>
/// <param name="TotalFiles">All files.</param>
internal sealed record HubDownloadState(long Bytes, long TotalBytes, int Files, int TotalFiles);

/// <summary>Brings the files of a model into the cache, several at a time; what is there already is not asked for again.</summary>
/// <param name="client">The hub.</param>
/// <param name="cache">Where the files go.</param>
internal sealed class HubDownload(HubClient client, HubCache cache)
{
    private readonly Lock _lock = new();

    /// <summary>Which files are wanted.</summary>
    public required FilePatterns Patterns { get; init; }

    /// <summary>Files under way at a time.</summary>
    public required int Concurrency { get; init; }

    /// <summary>Gets each change of the state; called from one thread at a time.</summary>
    public required Action<HubDownloadState> Report { get; init; }

    /// <summary>Makes a link, by its path and what it leads to; null for the system's.</summary>
    public Action<string, string>? Link { get; init; }

    /// <summary>The bytes that a folder's disk has left.</summary>
    public Func<string, long> FreeBytes { get; init; } = folder => new DriveInfo(folder).AvailableFreeSpace;

    /// <summary>Downloads.</summary>
    /// <exception cref="HubException">The hub does not give the files.</exception>
    /// <exception cref="IOException">The cache cannot be written, or another run is writing this model.</exception>
    public async Task<HubDownloadResult> RunAsync(HubModelId model, CancellationToken cancellationToken)
    {
        var listing = await client.ListAsync(model, cancellationToken);
        HubFile[] files = [.. listing.Files.Where(file => Patterns.Match(file.Name))];
        if (files.Length == 0)
            throw new HubException($"None of the {listing.Files.Count} files of '{model}' fits {Patterns}. Name others with --include, such as those of the weights: '**' is all.");
        var snapshot = new HubSnapshot(cache, model, listing.Commit, Link);
        var missing = files.Where(file => !snapshot.Has(file)).GroupBy(file => (file.Hash, file.Size)).Select(same => same.ToArray()).ToList();
        var result = new HubDownloadResult(listing.Commit, snapshot.Folder, files.Length, files.Sum(file => file.Size), missing.Sum(same => same.Length), 0);
        if (missing.Count == 0 && snapshot.IsCurrent)
            return result;

        using var held = snapshot.Take();
        ThrowIfNoSpace(snapshot, missing);
        var state = new HubDownloadState(result.Bytes - missing.Sum(same => same.Sum(file => file.Size)), result.Bytes, files.Length - result.NewFiles, files.Length);
        var blobs = new BlobDownload(client, model, listing.Commit) { Moved = bytes => Move(bytes, 0) };
        await Parallel.ForEachAsync(missing, new ParallelOptions { MaxDegreeOfParallelism = Concurrency, CancellationToken = cancellationToken }, async (same, token) =>
        {
            if (snapshot.MissingBlobOf(same[0]) is { } blob)
            {
                using var heldBlob = snapshot.TakeBlob(same[0]);
                await blobs.RunAsync(same[0], blob, token);
            }
            else
            {
                Move(same[0].Size, 0);
            }

            Move(same.Skip(1).Sum(file => file.Size), same.Length);
        });
        // Only now: whoever names the commit itself would load what is there of it, and a model without its smaller files is another one.
        foreach (var same in missing)
            snapshot.Place(same);
        snapshot.MakeCurrent();
        return result with { ReceivedBytes = blobs.Received };

        void Move(long bytes, int arrived)
        {
            lock (_lock)
            {
                state = state with { Bytes = state.Bytes + bytes, Files = state.Files + arrived };
                Report(state);
            }
        }
    }

    private void ThrowIfNoSpace(HubSnapshot snapshot, List<HubFile[]> missing)
    {
        var needed = missing.Sum(same => same[0].Size - snapshot.PartOf(same[0]));
        if (FreeBytes(snapshot.Folder) is var free && free < needed)
            throw new IOException($"The download needs {ByteCount.Format(needed)} more and the disk of '{cache.Folder}' has {ByteCount.Format(free)} left. Make room, or name another disk's folder with HF_HUB_CACHE.");
    }
}
