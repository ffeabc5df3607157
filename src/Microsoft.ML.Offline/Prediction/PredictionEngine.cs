using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Applies a row-to-row model to single objects.</summary>
public abstract class PredictionEngineBase<TSrc, TDst> : IDisposable
    where TSrc : class
    where TDst : class, new()
{
    private readonly ITransformer _transformer;
    private readonly PredictionEngineOptions _options;
    private bool _disposed;

    private protected PredictionEngineBase(ITransformer transformer, PredictionEngineOptions options)
    {
        ArgumentNullException.ThrowIfNull(transformer);
        ArgumentNullException.ThrowIfNull(options);
        if (!transformer.IsRowToRowMapper)
            throw new ArgumentException("A prediction engine needs a transformer that maps row to row", nameof(transformer));

        _transformer = transformer;
        _options = options;
        Input = new ObjectRow<TSrc>(MemberBinding<TSrc>.All(options.InputSchemaDefinition, SchemaDefinition.Direction.Read));
        var mapper = transformer.GetRowToRowMapper(Input.Schema);
        OutputSchema = mapper.OutputSchema;
        var writer = new ObjectWriter<TDst>(
            OutputSchema,
            options.OutputSchemaDefinition,
            options.IgnoreMissingColumns ? null : name => new ArgumentOutOfRangeException("outputSchema", $"Could not find column '{name}' in the model's output"));
        Output = mapper.GetRow(Input, writer.Columns);
        Write = writer.WriterFrom(Output);
    }

    public DataViewSchema OutputSchema { get; }

    private protected ObjectRow<TSrc> Input { get; }

    private protected DataViewRow Output { get; }

    private protected Action<TDst> Write { get; }

    public void Dispose()
    {
        if (_disposed)
            return;

        _disposed = true;
        Output.Dispose();
        if (_options.OwnsTransformer)
            (_transformer as IDisposable)?.Dispose();
    }

    public TDst Predict(TSrc example)
    {
        var prediction = new TDst();
        Predict(example, ref prediction);
        return prediction;
    }

    public abstract void Predict(TSrc example, ref TDst prediction);

    private protected void CheckNotDisposed() => ObjectDisposedException.ThrowIf(_disposed, this);
}

/// <summary>
/// Applies a row-to-row model to single objects. Not thread-safe: use one engine for each thread, or a pool.
/// Disposes the model unless <see cref="PredictionEngineOptions.OwnsTransformer"/> is false.
/// </summary>
public sealed class PredictionEngine<TSrc, TDst> : PredictionEngineBase<TSrc, TDst>
    where TSrc : class
    where TDst : class, new()
{
    internal PredictionEngine(ITransformer transformer, PredictionEngineOptions options)
        : base(transformer, options)
    {
    }

    public override void Predict(TSrc example, ref TDst prediction)
    {
        ArgumentNullException.ThrowIfNull(example);
        CheckNotDisposed();

        Input.MoveTo(example);
        prediction ??= new TDst();
        Write(prediction);
    }
}
