using Microsoft.ML.Score.Saving;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Score;

/// <summary>Makes transformers from what zips hold of them. Saving itself knows none of them, so that they can use it.</summary>
internal static class RestoredTransformers
{
    /// <exception cref="InvalidDataException">The kind is not known here, or settings or learnt part are damaged.</exception>
    /// <exception cref="ArgumentException">The model given in the options is not the saved one.</exception>
    public static VideoTransformer Restore(this SavedTransformer saved, ScoreLoadOptions options) => saved.Kind switch
    {
        EncodeVideoTransformer.Kind => new EncodeVideoTransformer(saved.Read<EncodeVideoSettings>(), options),
        ScoreCompressTransformer.Kind => new ScoreCompressTransformer(saved.Read<ScoreCompressSettings>(), saved.Data),
        PruneTokensTransformer.Kind => new PruneTokensTransformer(saved.Read<PruneTokensSettings>()),
        MergeTokensTransformer.Kind => new MergeTokensTransformer(saved.Read<MergeTokensSettings>()),
        GatherTokensTransformer.Kind => new GatherTokensTransformer(saved.Read<GatherTokensSettings>()),
        AnswerVideoQuestionTransformer.Kind => new AnswerVideoQuestionTransformer(saved.Read<AnswerVideoQuestionSettings>(), options),
        _ => throw new InvalidDataException($"The saved transformer is of kind '{saved.Kind}', which this version does not know; a later version may have written it."),
    };
}

/// <summary>Gives the mapping of a saved transformer when it is loaded.</summary>
[CustomMappingFactoryAttribute(CarrierChain.ContractName)]
internal sealed class CarrierFactory : CustomMappingFactory<CarrierInput, CarrierOutput>
{
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
