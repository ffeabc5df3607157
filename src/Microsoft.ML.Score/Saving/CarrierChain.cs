using Microsoft.ML.Data;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.Score.Saving;

/// <summary>
/// The saved form of a transformer: a chain of ML.NET's own transformers, because an outside assembly cannot write a zip entry of
/// its own. Blank slots, a constant that carries the transformer, the user's columns copied onto the slots, one custom mapping that
/// runs the transformer, the results copied to the user's names, and the slots dropped. The chain loads and predicts without us
/// doing anything; <see cref="CarriedBy"/> gives back what the real transformer is made of.
/// </summary>
internal static class CarrierChain
{
    /// <summary>The name of the mapping that runs the transformer. It is in saved zips: it stays.</summary>
    public const string ContractName = "Microsoft.ML.Score.Transformer.v1";

    public static TransformerChain<ITransformer> Build(VideoTransformer transformer)
    {
        var context = new MLContext();
        var inputs = transformer.FittedColumns.ToArray();
        var inputSlots = CarrierSlots.Assign(inputs);
        var view = EmptyView(context, inputs, inputSlots);
        var outputSchema = transformer.GetOutputSchema(view.Schema);
        var outputs = outputSchema.Skip(view.Schema.Count).Select(column => new DataViewSchema.DetachedColumn(column)).ToArray();
        var outputSlots = CarrierSlots.Assign(outputs);
        var transformers = new List<ITransformer>();

        Add(context.Transforms.CustomMapping(new CarrierBlanksFactory().GetMapping(), CarrierBlanksFactory.ContractName));
        Add(context.Transforms.Expression(CarrierInput.PayloadColumn, $"x => \"{transformer.ToSaved().Encode()}\"", CarrierBlanks.AnchorColumn));
        for (var i = 0; i < inputs.Length; i++)
            Add(context.Transforms.CopyColumns(CarrierSlots.Prefix + inputSlots[i], inputs[i].Name));
        Add(context.Transforms.CustomMapping<CarrierInput, CarrierOutput>(new CarrierProgram(transformer).Run, ContractName));
        for (var i = 0; i < outputs.Length; i++)
            Add(outputs[i].Name == transformer.OutputOfKnownSize && outputs[i].Type is VectorDataViewType { Size: var size }
                ? context.Transforms.Concatenate(outputs[i].Name, CarrierOutput.PartColumns(size))
                : context.Transforms.CopyColumns(outputs[i].Name, CarrierOutput.Prefix + outputSlots[i]));
        Add(context.Transforms.DropColumns([.. view.Schema.Select(column => column.Name).Where(IsCarrierColumn).Distinct()]));
        return new TransformerChain<ITransformer>([.. transformers]);

        void Add(IEstimator<ITransformer> estimator)
        {
            var fitted = estimator.Fit(view);
            transformers.Add(fitted);
            view = fitted.Transform(view);
        }
    }

    /// <summary>What a loaded chain carries, or null where the chain is none of ours.</summary>
    /// <exception cref="InvalidDataException">It has our mapping without what belongs to it, or what it carries is damaged.</exception>
    public static SavedTransformer? CarriedBy(IEnumerable<ITransformer> chain)
    {
        var transformers = chain.ToArray();
        if (!transformers.Any(transformer => transformer is CustomMappingTransformer<CarrierInput, CarrierOutput>))
            return null;

        var constants = transformers.OfType<ExpressionTransformer>().ToArray();
        if (constants.Length != 1)
            throw new InvalidDataException($"A saved transformer has one constant that carries it, this chain has {constants.Length} expressions.");
        var oneRow = new MLContext().Data.LoadFromEnumerable([new CarrierBlanks()]);
        try
        {
            var payload = constants[0].Transform(oneRow).GetColumn<ReadOnlyMemory<char>>(CarrierInput.PayloadColumn).Single();
            return SavedTransformer.Decode(payload.Span);
        }
        catch (Exception error) when (error is not InvalidDataException) // of whatever kind: the expression is ML.NET's and came out of the zip
        {
            throw new InvalidDataException($"The constant of a saved transformer cannot be read: {Excerpt.Of(error)}", error);
        }
    }

    private static bool IsCarrierColumn(string name) =>
        name.StartsWith(CarrierSlots.Prefix, StringComparison.Ordinal) || name.StartsWith(CarrierOutput.Prefix, StringComparison.Ordinal);

    private static IDataView EmptyView(MLContext context, DataViewSchema.DetachedColumn[] columns, string[] slots)
    {
        var definition = SchemaDefinition.Create(typeof(CarrierSlots));
        definition.RemoveAll(column => !slots.Contains(column.MemberName));
        for (var i = 0; i < columns.Length; i++)
        {
            var column = definition.Single(column => column.MemberName == slots[i]);
            column.ColumnName = columns[i].Name;
            column.ColumnType = columns[i].Type;
        }

        return context.Data.LoadFromEnumerable(Array.Empty<CarrierSlots>(), definition);
    }
}
