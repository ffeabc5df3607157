using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Microsoft.ML.Score.Architecture.Reading;

/// <summary>What a compiled project refers to.</summary>
/// <param name="Name">The project's name.</param>
/// <param name="Assemblies">Simple names of the assemblies that it refers to.</param>
/// <param name="Friends">The assemblies that see its internals.</param>
/// <param name="References">The uses of its own types in other files than theirs, each once, in order.</param>
internal sealed record CompiledProject(string Name, IReadOnlyList<string> Assemblies, IReadOnlyList<string> Friends, IReadOnlyList<TypeReference> References)
{
    /// <summary>Reads an assembly beside the tests, with its symbols.</summary>
    /// <param name="folder">The project's folder under the repository, such as "src/Microsoft.ML.Score.Core".</param>
    /// <param name="assemblyName">The assembly's name where it is not the project's.</param>
    public static CompiledProject Read(string folder, string? assemblyName = null)
    {
        var name = folder[(folder.LastIndexOf('/') + 1)..];
        var path = Path.Combine(AppContext.BaseDirectory, assemblyName ?? name);
        using var assembly = new PEReader(File.OpenRead(path + ".dll"));
        using var symbols = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(path + ".pdb"));
        var reader = assembly.GetMetadataReader();
        return new(
            name,
            [.. reader.AssemblyReferences.Select(handle => reader.GetString(reader.GetAssemblyReference(handle).Name)).Order(StringComparer.Ordinal)],
            [.. ReadFriends(reader).Order(StringComparer.Ordinal)],
            new ReferenceReader(assembly, reader, new SourceFiles(reader, symbols.GetMetadataReader(), folder)).Read());
    }

    private static IEnumerable<string> ReadFriends(MetadataReader reader) =>
        from handle in reader.GetAssemblyDefinition().GetCustomAttributes()
        let attribute = reader.GetCustomAttribute(handle)
        where attribute.Constructor.Kind == HandleKind.MemberReference
        let type = reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent
        where type.Kind == HandleKind.TypeReference
            && reader.GetString(reader.GetTypeReference((TypeReferenceHandle)type).Name) == "InternalsVisibleToAttribute"
        select FirstText(reader.GetBlobReader(attribute.Value));

    private static string FirstText(BlobReader arguments)
    {
        arguments.ReadUInt16(); // the prolog that every attribute's blob begins with
        return arguments.ReadSerializedString() ?? "";
    }
}
