using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;

namespace Microsoft.ML.Score.Architecture.Reading;

/// <summary>Which source file of a project a type or method stands in, as its symbols say.</summary>
internal sealed class SourceFiles
{
    // Of the portable PDB format: the documents of a type none of whose methods has instructions of the source, such as an enum.
    private static readonly Guid s_typeDocuments = new("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");

    private readonly MetadataReader _assembly;
    private readonly MetadataReader _symbols;
    private readonly string _projectFolder;
    private readonly Dictionary<TypeDefinitionHandle, string?> _files = [];

    /// <param name="assembly">The project's assembly.</param>
    /// <param name="symbols">Its symbols.</param>
    /// <param name="projectFolder">The project's folder under the repository, such as "src/Microsoft.ML.Score.Core".</param>
    public SourceFiles(MetadataReader assembly, MetadataReader symbols, string projectFolder)
    {
        _assembly = assembly;
        _symbols = symbols;
        _projectFolder = $"/{projectFolder}/";
    }

    /// <summary>The type's file; null for what the compiler or a generator made and no file declares.</summary>
    public string? Of(TypeDefinitionHandle type)
    {
        if (!_files.TryGetValue(type, out var file))
            _files.Add(type, file = Find(type));
        return file;
    }

    /// <summary>The method's file: that of its instructions, else its type's.</summary>
    public string? Of(MethodDefinitionHandle method) => OfInstructions(method) ?? Of(_assembly.GetMethodDefinition(method).GetDeclaringType());

    private string? Find(TypeDefinitionHandle handle)
    {
        var type = _assembly.GetTypeDefinition(handle);
        return type.GetMethods().Select(OfInstructions).FirstOrDefault(file => file is not null)
            ?? OfTypeDocuments(handle)
            ?? (type.GetDeclaringType() is { IsNil: false } outer ? Of(outer) : null);
    }

    private string? OfInstructions(MethodDefinitionHandle handle)
    {
        var method = _symbols.GetMethodDebugInformation(handle.ToDebugInformationHandle());
        var document = method.Document;
        if (document.IsNil && !method.SequencePointsBlob.IsNil)
            document = method.GetSequencePoints().Select(point => point.Document).FirstOrDefault(document => !document.IsNil);
        return document.IsNil ? null : PathOf(document);
    }

    private string? OfTypeDocuments(TypeDefinitionHandle type)
    {
        foreach (var handle in _symbols.GetCustomDebugInformation(type))
        {
            var information = _symbols.GetCustomDebugInformation(handle);
            if (_symbols.GetGuid(information.Kind) != s_typeDocuments)
                continue;
            var blob = _symbols.GetBlobReader(information.Value);
            while (blob.RemainingBytes > 0)
                if (PathOf(MetadataTokens.DocumentHandle(blob.ReadCompressedInteger())) is { } path)
                    return path;
        }

        return null;
    }

    /// <summary>The path inside the project; null for files of generators.</summary>
    private string? PathOf(DocumentHandle document)
    {
        var path = _symbols.GetString(_symbols.GetDocument(document).Name).Replace('\\', '/');
        var start = path.LastIndexOf(_projectFolder, StringComparison.Ordinal);
        if (start < 0)
            return null;
        var inside = path[(start + _projectFolder.Length)..];
        return inside.StartsWith("obj/", StringComparison.Ordinal) ? null : inside;
    }
}
