namespace Microsoft.ML.Score.Architecture.Reading;

/// <summary>One use of a type of a project in another file of the same project; paths are relative to the project, with forward slashes.</summary>
/// <param name="File">The file that uses it.</param>
/// <param name="UsedType">The type's name, with those that it is nested in.</param>
/// <param name="UsedFile">The file that declares it.</param>
internal sealed record TypeReference(string File, string UsedType, string UsedFile)
{
    /// <summary>The folder of the user; empty for the project's own.</summary>
    public string Folder => FolderOf(File);

    /// <summary>The folder of the type.</summary>
    public string UsedFolder => FolderOf(UsedFile);

    public override string ToString() => $"{Name(Folder)} -> {Name(UsedFolder)}: {File} uses {UsedType} of {UsedFile}";

    private static string Name(string folder) => folder.Length == 0 ? "(project root)" : folder;

    private static string FolderOf(string file) => file.LastIndexOf('/') is >= 0 and var end ? file[..end] : "";
}
