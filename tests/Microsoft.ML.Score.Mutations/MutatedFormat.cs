namespace Score.Mutations;

/// <summary>A format with a small valid file of it.</summary>
/// <param name="Name">What the table calls it.</param>
/// <param name="Path">Where the damaged file is written for each reading.</param>
/// <param name="Bytes">The valid file.</param>
/// <param name="Read">Reads the file as the product does, to its end.</param>
internal sealed record MutatedFormat(string Name, string Path, byte[] Bytes, Action Read)
{
    /// <summary>How many of the leading bytes are damaged, and cut; the others stay. Default all.</summary>
    public int DamagedBytes { get; init; } = Bytes.Length;

    /// <summary>An error that the reader documents beside <see cref="InvalidDataException"/>, for a file that is whole and of something else. Default none.</summary>
    public Type? OtherError { get; init; }

    /// <summary>The file with its leading bytes damaged.</summary>
    public IEnumerable<byte[]> Damaged(Func<byte[], IEnumerable<byte[]>> mutations) =>
        mutations(Bytes[..DamagedBytes]).Select(damaged => damaged.Length < DamagedBytes ? damaged : [.. damaged, .. Bytes.AsSpan(DamagedBytes)]);

    /// <summary>The format of a file that is there.</summary>
    public static MutatedFormat Of(string name, string path, Action read) => new(name, path, File.ReadAllBytes(path), read);
}
