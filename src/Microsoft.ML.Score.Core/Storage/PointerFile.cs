using System.Text;

namespace Microsoft.ML.Score.Storage;

/// <summary>
/// The few lines that a store of large files leaves where a file should be, as long as nobody asked it for the content: what a clone without
/// git-lfs has in place of weights and tokenizer.
/// </summary>
/// <param name="What">What is there, for messages.</param>
/// <param name="NextStep">What brings the file, as a sentence.</param>
internal sealed record PointerFile(string What, string NextStep)
{
    // git-annex writes the longest pointers, of one line; git-lfs stays below 1024 bytes.
    private const int MostBytes = 4096;

    private const string OrDownload = "or download the file itself from where the checkpoint came from.";

    /// <summary>The pointer that a file is, by its first bytes; null for another file.</summary>
    public static PointerFile? In(ReadOnlySpan<byte> start)
    {
        if (start.StartsWith("version https://git-lfs.github.com/spec/"u8) || start.StartsWith("version https://hawser.github.com/spec/"u8))
            return new($"a pointer of git-lfs{Size(start)} and not the file itself", $"Run 'git lfs pull' in the folder that was cloned, {OrDownload}");
        if (start.StartsWith("/annex/objects/"u8))
            return Annex("a pointer of git-annex and not the file itself");
        return start.StartsWith("# xet version "u8)
            ? new("a pointer of git-xet and not the file itself", $"Run 'git xet checkout' in the folder that was cloned, {OrDownload}")
            : null;
    }

    /// <summary>The pointer that a file is; null for another file, or none.</summary>
    public static PointerFile? At(string path)
    {
        if (!File.Exists(path))
            return null;
        RegularFile.ThrowIfNot(path);
        if (RegularFile.LengthOf(path) == 0)
            return null;
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        var start = new byte[MostBytes];
        return In(start.AsSpan(0, stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)));
    }

    /// <summary>The pointer that a link without a target is: git-annex leaves links into its store.</summary>
    public static PointerFile? OfLink(string target) => target.Replace('\\', '/').Contains("annex/objects/", StringComparison.Ordinal)
        ? Annex("a link into the store of git-annex, which does not hold the file")
        : null;

    /// <summary>The message of an error about the file.</summary>
    public string Message(string path) => $"'{path}' is {What}. {NextStep}";

    private static PointerFile Annex(string what) => new(what, $"Run 'git annex get .' in the folder that was cloned, {OrDownload}");

    private static string Size(ReadOnlySpan<byte> pointer)
    {
        var lines = Encoding.ASCII.GetString(pointer[..Math.Min(pointer.Length, MostBytes)]).Split('\n');
        return lines.FirstOrDefault(line => line.StartsWith("size ", StringComparison.Ordinal)) is { } line && long.TryParse(line.AsSpan(5).Trim(), out var bytes)
            ? $" to {ByteCount.Format(bytes)}"
            : "";
    }
}
