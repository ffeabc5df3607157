using Microsoft.ML.Transforms;

namespace Microsoft.ML.Score.Saving;

/// <summary>Gives the blank slots when a saved transformer is loaded. The contract name is in saved zips: it stays.</summary>
[CustomMappingFactoryAttribute(ContractName)]
internal sealed class CarrierBlanksFactory : CustomMappingFactory<CarrierNothing, CarrierBlanks>
{
    public const string ContractName = "Microsoft.ML.Score.Blanks.v1";

    public override Action<CarrierNothing, CarrierBlanks> GetMapping() => static (_, _) => { };
}

/// <summary>No column.</summary>
internal sealed class CarrierNothing;
