using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Microsoft.ML.Score.Architecture.Reading;

/// <summary>
/// Finds which file uses which type of which other file, by base types, attributes, constraints, signatures, locals and instructions. Lambdas,
/// iterators and async methods count for the file that they are written in. Constants, nameof and comments leave nothing in an assembly and
/// are not seen.
/// </summary>
internal sealed class ReferenceReader
{
    private readonly PEReader _assembly;
    private readonly MetadataReader _reader;
    private readonly SourceFiles _files;
    private readonly TypesInSignature _signature;
    private readonly HashSet<TypeReference> _found = [];
    private string? _file;

    public ReferenceReader(PEReader assembly, MetadataReader reader, SourceFiles files)
    {
        _assembly = assembly;
        _reader = reader;
        _files = files;
        _signature = new TypesInSignature(Add);
    }

    public IReadOnlyList<TypeReference> Read()
    {
        foreach (var handle in _reader.TypeDefinitions)
        {
            var type = _reader.GetTypeDefinition(handle);
            _file = _files.Of(handle);
            AddDeclaration(type);
            foreach (var method in type.GetMethods())
            {
                _file = _files.Of(method);
                AddMethod(_reader.GetMethodDefinition(method));
            }
        }

        return [.. _found.OrderBy(reference => reference.ToString(), StringComparer.Ordinal)];
    }

    private void AddDeclaration(TypeDefinition type)
    {
        Add(type.BaseType);
        Add(type.GetCustomAttributes());
        Add(type.GetGenericParameters());
        foreach (var implemented in type.GetInterfaceImplementations())
            Add(_reader.GetInterfaceImplementation(implemented).Interface);
        foreach (var handle in type.GetFields())
        {
            var field = _reader.GetFieldDefinition(handle);
            field.DecodeSignature(_signature, null);
            Add(field.GetCustomAttributes());
        }

        foreach (var property in type.GetProperties())
            Add(_reader.GetPropertyDefinition(property).GetCustomAttributes());
    }

    private void AddMethod(MethodDefinition method)
    {
        method.DecodeSignature(_signature, null);
        Add(method.GetCustomAttributes());
        Add(method.GetGenericParameters());
        foreach (var parameter in method.GetParameters())
            Add(_reader.GetParameter(parameter).GetCustomAttributes());
        if (method.RelativeVirtualAddress == 0)
            return;

        var body = _assembly.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
            _reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_signature, null);
        foreach (var region in body.ExceptionRegions)
            Add(region.CatchType);
        foreach (var token in MethodBodyTokens.Read(body.GetILBytes() ?? []))
            Add(token);
    }

    private void Add(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes)
            Add(_reader.GetCustomAttribute(attribute).Constructor);
    }

    private void Add(GenericParameterHandleCollection parameters)
    {
        foreach (var constraint in parameters.SelectMany(parameter => _reader.GetGenericParameter(parameter).GetConstraints()))
            Add(_reader.GetGenericParameterConstraint(constraint).Type);
    }

    private void Add(EntityHandle handle)
    {
        if (handle.IsNil)
            return; // an interface has no base type, a finally no exception
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                Add((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeSpecification:
                _reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(_signature, null);
                break;
            case HandleKind.MethodDefinition:
                Add(_reader.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                Add(_reader.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                Add(_reader.GetMemberReference((MemberReferenceHandle)handle).Parent);
                break;
            case HandleKind.MethodSpecification:
                var method = _reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                Add(method.Method);
                method.DecodeSignature(_signature, null);
                break;
        }
    }

    private void Add(TypeDefinitionHandle type)
    {
        if (_file is { } file && _files.Of(type) is { } usedFile && usedFile != file)
            _found.Add(new TypeReference(file, NameOf(type), usedFile));
    }

    private string NameOf(TypeDefinitionHandle handle)
    {
        var type = _reader.GetTypeDefinition(handle);
        var name = _reader.GetString(type.Name);
        return type.GetDeclaringType() is { IsNil: false } outer ? $"{NameOf(outer)}.{name}" : name;
    }
}
