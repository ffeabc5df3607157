namespace Microsoft.ML.Data;

/// <summary>A chain in a model file: a count, then each transformer behind its scope.</summary>
internal static class ChainFile
{
    public const string Kind = "TransformerChain";

    public const int Version = 1;

    public static TransformerChain<ITransformer> Load(ModelLoadContext ctx)
    {
        ctx.CheckVersion(Kind, Version);
        var transformers = new List<ITransformer>();
        var scopes = new List<TransformerScope>();
        for (var remaining = ctx.ReadCount(); remaining > 0; remaining--)
        {
            scopes.Add((TransformerScope)ctx.Reader.ReadInt32());
            transformers.Add(ctx.ReadTransformer());
        }
        return new TransformerChain<ITransformer>(transformers, scopes);
    }
}
