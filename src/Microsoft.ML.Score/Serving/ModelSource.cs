using Microsoft.ML.Score.Saving;

namespace Microsoft.ML.Score.Serving;

/// <summary>A model of a pool: its name, its file, and where its frozen model is found.</summary>
internal sealed record ModelSource(string Name, string FilePath, ScoreLoadOptions? Options)
{
    /// <summary>The model in a message.</summary>
    public string Title => Name.Length == 0 ? "the default model" : $"the model '{Name}'";

    /// <summary>Opens the file so that nobody is kept from writing or replacing it meanwhile.</summary>
    public FileStream Open() => new(FilePath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Reads a pipeline with its real transformers and finds its frozen models: what cannot predict is not served.</summary>
    public static ITransformer Load(MLContext context, Stream stream, ScoreLoadOptions? options)
    {
        var loaded = PipelineZip.Load(context.Model, stream, (stream as FileStream)?.Name ?? "(a stream)", out _);
        try
        {
            var pipeline = context.Model.Rehydrate(loaded, options);
            FindFrozenModels(pipeline);
            return pipeline;
        }
        catch
        {
            (loaded as IDisposable)?.Dispose(); // others' transformers in it may hold native sessions
            throw;
        }
    }

    private static void FindFrozenModels(ITransformer pipeline)
    {
        if (pipeline is VideoTransformer transformer)
            transformer.FindFrozenModel();
        foreach (var part in pipeline as IEnumerable<ITransformer> ?? [])
            FindFrozenModels(part);
    }
}
