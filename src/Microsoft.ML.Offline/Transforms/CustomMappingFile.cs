using System.Reflection;

namespace Microsoft.ML.Transforms;

/// <summary>A custom mapping in a model file: its contract name and the assembly that holds the factory.</summary>
internal static class CustomMappingFile
{
    public const string Kind = "CustomMapping";

    private const int Version = 1;

    public static void Save(ModelSaveContext ctx, string contractName, Assembly assembly)
    {
        ctx.Begin(Kind, Version);
        ctx.Writer.Write(contractName);
        ctx.Writer.Write(assembly.FullName);
    }

    public static ITransformer Load(ModelLoadContext ctx)
    {
        ctx.CheckVersion(Kind, Version);
        var contractName = ctx.Reader.ReadString();
        var assemblyName = ctx.Reader.ReadString();
        return (Create(ctx, contractName) ?? CreateFrom(ctx, contractName, assemblyName)).CreateTransformer(contractName);
    }

    private static ICustomMappingFactory Create(ModelLoadContext ctx, string contractName) =>
        (ICustomMappingFactory)ctx.Environment.ComponentCatalog.CreateExtension(typeof(CustomMappingFactoryAttributeAttribute), contractName);

    private static ICustomMappingFactory CreateFrom(ModelLoadContext ctx, string contractName, string assemblyName)
    {
        try
        {
            ctx.Environment.ComponentCatalog.RegisterAssembly(Assembly.Load(assemblyName), throwOnError: false);
        }
        catch (Exception exception) when (exception is IOException or BadImageFormatException or ArgumentException)
        {
            throw new InvalidOperationException(
                $"The model needs the custom mapping '{contractName}' of the assembly '{assemblyName}', which could not be loaded: {exception.Message}", exception);
        }

        return Create(ctx, contractName)
            ?? throw new InvalidOperationException(
                $"The model needs the custom mapping '{contractName}': the assembly '{assemblyName}' holds no factory of that contract name");
    }
}
