namespace Microsoft.ML;

/// <summary>Marks a class that saved models find by contract name.</summary>
[AttributeUsage(AttributeTargets.Class)]
public abstract class ExtensionBaseAttribute : Attribute
{
    private protected ExtensionBaseAttribute(string contractName)
    {
        ArgumentException.ThrowIfNullOrEmpty(contractName);

        ContractName = contractName;
    }

    public string ContractName { get; }
}
