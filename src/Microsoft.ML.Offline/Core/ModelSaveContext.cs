namespace Microsoft.ML;

/// <summary>Where a model is being written; only this library's own transformers write into it, others delegate to them.</summary>
public sealed class ModelSaveContext : IDisposable
{
    internal ModelSaveContext(BinaryWriter writer) => Writer = writer;

    internal BinaryWriter Writer { get; }

    public void Dispose() => Writer.Dispose();

    /// <summary>Begins a transformer: its kind and the version of what follows.</summary>
    internal void Begin(string kind, int version)
    {
        Writer.Write(kind);
        Writer.Write(version);
    }
}
