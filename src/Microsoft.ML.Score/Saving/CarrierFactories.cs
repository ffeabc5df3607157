using Microsoft.ML.Transforms;

namespace Microsoft.ML.Score.Saving;

/// <summary>Gives the blank slots when a saved transformer is loaded. The contract name is in saved zips: it stays.</summary>
[CustomMappingFactoryAttribute(ContractName)]
internal sealed class CarrierBlanksFactory : CustomMappingFactory<CarrierNothing, CarrierBlanks>
{
    public const string ContractName = "Microsoft.ML.Score.Blanks.v1";

    public override Action<CarrierNothing, CarrierBlanks> GetMapping() => static (_, _) => { };
}

/// <summary>Gives the mapping of a saved transformer when it is loaded. The contract name is in saved zips: it stays.</summary>
[CustomMappingFactoryAttribute(ContractName)]
internal sealed class CarrierFactory : CustomMappingFactory<CarrierInput, CarrierOutput>
{
    public const string ContractName = "Microsoft.ML.Score.Transformer.v1";

    public override Action<CarrierInput, CarrierOutput> GetMapping()
    {
        // One mapping belongs to one loaded transformer, whose constant is the same in every row: the first row builds the program.
        var gate = new Lock();
        CarrierProgram? program = null;
        return (input, output) => Program(input.Payload).Run(input, output);

        CarrierProgram Program(ReadOnlyMemory<char> payload)
        {
            if (Volatile.Read(ref program) is { } ready)
                return ready;
            lock (gate)
                return program ??= new CarrierProgram(SavedTransformer.Decode(payload.Span).Restore(new ScoreLoadOptions()));
        }
    }
}

/// <summary>No column.</summary>
internal sealed class CarrierNothing;
