using System.Reflection;

namespace Microsoft.ML.Runtime;

/// <summary>The extensions that saved models name: classes under an <see cref="ExtensionBaseAttribute"/>. Thread-safe.</summary>
public sealed class ComponentCatalog
{
    private readonly Dictionary<(Type Attribute, string ContractName), Type> _extensions = [];
    private readonly HashSet<string> _assemblies = [];
    private readonly Lock _lock = new();

    internal ComponentCatalog()
    {
    }

    /// <exception cref="InvalidOperationException">Two classes claim one contract name, unless <paramref name="throwOnError"/> is false.</exception>
    /// <exception cref="ReflectionTypeLoadException">Some of the classes cannot be loaded, unless <paramref name="throwOnError"/> is false.</exception>
    public void RegisterAssembly(Assembly assembly, bool throwOnError = true)
    {
        ArgumentNullException.ThrowIfNull(assembly);

        lock (_lock)
        {
            if (_assemblies.Contains(assembly.FullName))
                return;

            var types = TypesOf(assembly, throwOnError);
            _assemblies.Add(assembly.FullName);
            foreach (var type in types)
            {
                foreach (var attribute in type.GetCustomAttributes<ExtensionBaseAttribute>(inherit: false))
                {
                    if (!_extensions.TryAdd((attribute.GetType(), attribute.ContractName), type) && throwOnError)
                        throw new InvalidOperationException(
                            $"The contract name '{attribute.ContractName}' is claimed by {_extensions[(attribute.GetType(), attribute.ContractName)]} and {type}");
                }
            }
        }
    }

    /// <summary>An instance of the class that claims the contract, or null.</summary>
    internal object CreateExtension(Type attributeType, string contractName)
    {
        Type type;
        lock (_lock)
        {
            if (!_extensions.TryGetValue((attributeType, contractName), out type))
                return null;
        }

        if (type.IsAbstract || type.GetConstructor(Type.EmptyTypes) is null)
            throw new InvalidOperationException($"{type} claims the contract name '{contractName}' but has no public constructor without parameters");
        return Activator.CreateInstance(type);
    }

    private static IEnumerable<Type> TypesOf(Assembly assembly, bool throwOnError)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException exception) when (!throwOnError)
        {
            return exception.Types.Where(type => type is not null);
        }
    }
}
