namespace Microsoft.ML.Transforms;

/// <summary>Marks the factory that a saved custom mapping finds by contract name; written <c>[CustomMappingFactoryAttribute("...")]</c>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class CustomMappingFactoryAttributeAttribute : ExtensionBaseAttribute
{
    public CustomMappingFactoryAttributeAttribute(string contractName)
        : base(contractName)
    {
    }
}

/// <summary>Gives a custom mapping its action again when a model is loaded. Needs a public constructor without parameters.</summary>
public abstract class CustomMappingFactory<TSrc, TDst> : ICustomMappingFactory
    where TSrc : class, new()
    where TDst : class, new()
{
    public abstract Action<TSrc, TDst> GetMapping();

    ITransformer ICustomMappingFactory.CreateTransformer(string contractName) => new CustomMappingTransformer<TSrc, TDst>(GetMapping(), contractName);
}

/// <summary>A factory whose type arguments are not known to the one who loads.</summary>
internal interface ICustomMappingFactory
{
    ITransformer CreateTransformer(string contractName);
}
