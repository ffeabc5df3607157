using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.ML.Score.Models.Loading;
using Microsoft.ML.Score.Storage;

namespace Score.Cli.Hub;

/// <summary>A file of a model on the hub.</summary>
/// <param name="Name">Its path there, with slashes; safe below a folder.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Hash">Of a large file the SHA-256 of its bytes, of another the SHA-1 that git gives them; it names the file in the cache.</param>
/// <param name="IsLarge">Whether the hub keeps it outside git.</param>
internal sealed record HubFile(string Name, long Size, string Hash, bool IsLarge);

/// <summary>The files of a model at one commit. What a server says is believed only where nothing can come of it: names and hashes become paths.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Files">The files.</param>
internal sealed partial record HubListing(string Commit, IReadOnlyList<HubFile> Files)
{
    private const int MostOfAName = 1000;
    private const long MostBytes = 1L << 40; // of a file; the hub takes less

    /// <param name="model">What was asked for, for messages.</param>
    /// <param name="json">The answer.</param>
    /// <exception cref="HubException">It is no such list, or has a name that is none for a file below a folder.</exception>
    public static HubListing Read(HubModelId model, ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var commit = root.GetProperty("sha").GetString() ?? "";
            if (!HubModelId.IsCommit(commit))
                throw Fault($"'{Excerpt.Of(commit)}' is no commit");
            var files = root.GetProperty("siblings").EnumerateArray().Select(ReadFile).ToList();
            return files.GroupBy(file => file.Name, StringComparer.Ordinal).FirstOrDefault(named => named.Count() > 1) is { } twice
                ? throw Fault($"'{Excerpt.Of(twice.Key)}' stands there twice")
                : new HubListing(commit, files);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw Fault(Excerpt.Of(exception));
        }

        HubException Fault(string why) => new($"The hub's list of the files of '{model}' cannot be used: {why.TrimEnd('.')}. Nothing was written; look at HF_ENDPOINT.");

        HubFile ReadFile(JsonElement item)
        {
            var name = item.GetProperty("rfilename").GetString() ?? "";
            if (!IsSafe(name))
                throw Fault($"'{Excerpt.Of(name)}' is no name for a file below a folder");
            var large = item.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object;
            var hash = (large ? lfs.GetProperty("sha256") : item.GetProperty("blobId")).GetString() ?? "";
            var size = (large ? lfs : item).GetProperty("size").GetInt64();
            if (size is < 0 or > MostBytes || item.TryGetProperty("size", out var told) && told.ValueKind == JsonValueKind.Number && told.GetInt64() != size)
                throw Fault($"'{Excerpt.Of(name)}' has no certain size");
            return (large ? Sha256() : Sha1()).IsMatch(hash) ? new HubFile(name, size, hash, large) : throw Fault($"'{Excerpt.Of(name)}' has no checksum");
        }
    }

    private static bool IsSafe(string name) =>
        name.Length is > 0 and <= MostOfAName && !name.Contains('\\') && !name.Any(char.IsControl) && !Path.IsPathRooted(name)
        && name.Split('/').All(part => part is not ("" or "." or "..") && (!OperatingSystem.IsWindows() || part.IndexOfAny(Path.GetInvalidFileNameChars()) < 0 && part[^1] is not ('.' or ' ')));

    [GeneratedRegex(@"^[0-9a-f]{64}\z")]
    private static partial Regex Sha256();

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex Sha1();
}
