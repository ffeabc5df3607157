using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms;

namespace Microsoft.ML;

/// <summary>Where a model is being read from.</summary>
internal sealed class ModelLoadContext(BinaryReader reader, IHostEnvironment environment)
{
    private const int MaxCount = 1_000_000;

    private const int MaxDepth = 64;

    private int _depth;

    public BinaryReader Reader => reader;

    public IHostEnvironment Environment => environment;

    public ITransformer ReadTransformer()
    {
        if (++_depth > MaxDepth)
            throw new InvalidDataException($"The model nests chains more than {MaxDepth} deep");

        var kind = reader.ReadString();
        ITransformer transformer = kind switch
        {
            ChainFile.Kind => ChainFile.Load(this),
            ColumnCopyingTransformer.Kind => ColumnCopyingTransformer.Load(this),
            ColumnSelectingTransformer.Kind => ColumnSelectingTransformer.Load(this),
            ColumnConcatenatingTransformer.Kind => ColumnConcatenatingTransformer.Load(this),
            ExpressionTransformer.LoaderSignature => ExpressionTransformer.Load(this),
            CustomMappingFile.Kind => CustomMappingFile.Load(this),
            _ => throw new InvalidDataException($"The model holds a transformer of an unknown kind, '{kind}'"),
        };
        _depth--;
        return transformer;
    }

    /// <summary>Reads the version of what <paramref name="kind"/> wrote and refuses a newer one.</summary>
    public int CheckVersion(string kind, int newest)
    {
        var version = reader.ReadInt32();
        return version >= 1 && version <= newest
            ? version
            : throw new InvalidDataException($"{kind} was saved with version {version}; this library reads versions 1 to {newest}");
    }

    public int ReadCount()
    {
        var count = reader.ReadInt32();
        return count is >= 0 and <= MaxCount ? count : throw new InvalidDataException($"The model has a count of {count}, expected 0 to {MaxCount}");
    }
}
