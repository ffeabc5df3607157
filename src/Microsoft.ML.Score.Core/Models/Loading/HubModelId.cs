using System.Text.RegularExpressions;

namespace Microsoft.ML.Score.Models.Loading;

/// <summary>A model of the Hugging Face hub at one of its revisions. Compiled into the tool too, which downloads them.</summary>
/// <param name="Organisation">Whose it is.</param>
/// <param name="Name">The model's name there.</param>
/// <param name="Revision">A branch, a tag or a commit.</param>
internal sealed partial record HubModelId(string Organisation, string Name, string Revision)
{
    /// <summary>The revision of an id that names none.</summary>
    public const string DefaultRevision = "main";

    /// <summary>What <see cref="TryParse"/> takes, for messages.</summary>
    public const string Form = "ORGANISATION/NAME or ORGANISATION/NAME@REVISION";

    private const int MostOfAPart = 96; // the hub's own limit
    private const int MostOfARevision = 200;

    /// <summary>The id without the revision.</summary>
    public string Id => $"{Organisation}/{Name}";

    /// <summary>What the model's folder is called in a cache.</summary>
    public string FolderName => $"models--{Organisation}--{Name}";

    /// <summary>The command of the tool that downloads it.</summary>
    public string DownloadCommand => Revision == DefaultRevision ? $"score download {Id}" : $"score download {Id} --revision {Revision}";

    /// <summary>The id that a text is; null where it is none.</summary>
    public static HubModelId? TryParse(string text) =>
        text.Split('@', 2) is var parts && parts[0].Split('/') is [var organisation, var name] && IsPart(organisation) && IsPart(name) && (parts.Length == 1 || IsRevision(parts[1]))
            ? new(organisation, name, parts.Length == 1 ? DefaultRevision : parts[1])
            : null;

    /// <summary>Whether a text can name a branch, a tag or a commit; one that can is also a safe path below a folder.</summary>
    public static bool IsRevision(string text) => text.Length <= MostOfARevision && RevisionForm().IsMatch(text) && !text.Contains("..", StringComparison.Ordinal) && !text.EndsWith(".lock", StringComparison.Ordinal);

    /// <summary>Whether a text is a commit, written out.</summary>
    public static bool IsCommit(string text) => CommitForm().IsMatch(text);

    public override string ToString() => Revision == DefaultRevision ? Id : $"{Id}@{Revision}";

    private static bool IsPart(string text) =>
        text.Length <= MostOfAPart && PartForm().IsMatch(text) && !text.Contains("--", StringComparison.Ordinal) && !text.Contains("..", StringComparison.Ordinal);

    [GeneratedRegex(@"^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\z")]
    private static partial Regex PartForm();

    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)*\z")]
    private static partial Regex RevisionForm();

    [GeneratedRegex(@"^[0-9a-f]{40}\z")]
    private static partial Regex CommitForm();
}
