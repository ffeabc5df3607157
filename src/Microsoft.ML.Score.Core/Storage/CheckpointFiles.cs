using System.Reflection;

namespace Microsoft.ML.Score.Storage;

/// <summary>The files of a model in Hugging Face layout: a folder, or resources embedded in an assembly. Safe for concurrent use.</summary>
internal sealed class CheckpointFiles
{
    private readonly string _location;
    private readonly Assembly? _assembly;

    private CheckpointFiles(string location, Assembly? assembly, string description)
    {
        _location = location;
        _assembly = assembly;
        Description = description;
    }

    /// <summary>Where the files are, for messages.</summary>
    public string Description { get; }

    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    public static CheckpointFiles FromFolder(string folder) => Directory.Exists(folder)
        ? new CheckpointFiles(folder, null, $"folder '{folder}'")
        : throw new DirectoryNotFoundException(File.Exists(folder)
            ? $"'{folder}' is a file, expected the folder of a model."
            : $"There is no folder '{folder}' to load a model from.");

    /// <param name="assembly">The assembly that holds the resources.</param>
    /// <param name="prefix">What stands before the file name in a resource's name.</param>
    public static CheckpointFiles FromResources(Assembly assembly, string prefix) =>
        new(prefix, assembly, $"resources '{prefix}*' of {assembly.GetName().Name}");

    public bool Exists(string name) => _assembly is null
        ? File.Exists(Path.Combine(_location, name))
        : _assembly.GetManifestResourceInfo(_location + name) is not null;

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is a pipe or a device, or the pointer that a store of large files leaves in place of it.</exception>
    public byte[] ReadAllBytes(string name)
    {
        ThrowIfMissing(name);
        if (_assembly is null)
            return RegularFile.ReadAllBytes(Path.Combine(_location, name));
        using var stream = _assembly.GetManifestResourceStream(_location + name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">It is not a valid safetensors file.</exception>
    public SafetensorsFile OpenSafetensors(string name)
    {
        ThrowIfMissing(name);
        return _assembly is null
            ? SafetensorsFile.Open(Path.Combine(_location, name))
            : SafetensorsFile.Parse(ReadAllBytes(name), _location + name);
    }

    private void ThrowIfMissing(string name)
    {
        if (!Exists(name))
            throw new FileNotFoundException($"There is no '{name}' in {Description}.", name);
    }
}
