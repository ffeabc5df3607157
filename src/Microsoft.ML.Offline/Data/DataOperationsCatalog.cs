using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Making, reading and cutting data views. All of them are lazy: rows are touched by cursors only.</summary>
public sealed class DataOperationsCatalog
{
    internal DataOperationsCatalog(IHostEnvironment environment) => Environment = environment;

    internal IHostEnvironment Environment { get; }

    public IDataView LoadFromEnumerable<TRow>(IEnumerable<TRow> data, SchemaDefinition schemaDefinition = null)
        where TRow : class
    {
        ArgumentNullException.ThrowIfNull(data);

        return new EnumerableDataView<TRow>(data, schemaDefinition);
    }

    public IDataView LoadFromEnumerable<TRow>(IEnumerable<TRow> data, DataViewSchema schema)
        where TRow : class
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(schema);

        return new EnumerableDataView<TRow>(data, EnumerableDataView<TRow>.DefinitionFor(schema));
    }

    public IEnumerable<TRow> CreateEnumerable<TRow>(IDataView data, bool reuseRowObject, bool ignoreMissingColumns = false, SchemaDefinition schemaDefinition = null)
        where TRow : class, new()
    {
        ArgumentNullException.ThrowIfNull(data);

        var writer = new ObjectWriter<TRow>(
            data.Schema,
            schemaDefinition,
            ignoreMissingColumns ? null : name => new ArgumentOutOfRangeException(nameof(data), $"Could not find column '{name}' in the data"));
        return Enumerate(data, writer, reuseRowObject);
    }

    public IDataView Cache(IDataView input, params string[] columnsToPrefetch)
    {
        ArgumentNullException.ThrowIfNull(input);

        return new CachedDataView(input);
    }

    public IDataView ShuffleRows(IDataView input, int? seed = null, int shufflePoolSize = 1000, bool shuffleSource = true)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentOutOfRangeException.ThrowIfLessThan(shufflePoolSize, 1);

        return new ShuffledDataView(input, seed ?? Environment.Register(nameof(ShuffleRows)).Rand.Next(), shufflePoolSize);
    }

    public IDataView SkipRows(IDataView input, long count)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentOutOfRangeException.ThrowIfNegative(count);

        return new RowRangeDataView(input, count, long.MaxValue);
    }

    public IDataView TakeRows(IDataView input, long count)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentOutOfRangeException.ThrowIfNegative(count);

        return new RowRangeDataView(input, 0, count);
    }

    /// <summary>
    /// Rows fall to one side or the other by a hash of the seed and their place in the source (or of the sampling key), so both sides
    /// stay lazy and agree between passes.
    /// </summary>
    public TrainTestData TrainTestSplit(IDataView data, double testFraction = 0.1, string samplingKeyColumnName = null, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (!(testFraction > 0 && testFraction < 1))
            throw new ArgumentOutOfRangeException(nameof(testFraction), testFraction, "The test fraction must be between 0 and 1, both excluded");
        if (samplingKeyColumnName is not null)
            data.Schema.RequireInput(samplingKeyColumnName);

        var split = new RowSplit(samplingKeyColumnName, seed ?? Environment.Register(nameof(TrainTestSplit)).Rand.Next(), testFraction);
        return new TrainTestData(new FilteredDataView(data, split.TrainFilter), new FilteredDataView(data, split.TestFilter));
    }

    private static IEnumerable<TRow> Enumerate<TRow>(IDataView data, ObjectWriter<TRow> writer, bool reuse)
        where TRow : class, new()
    {
        using var cursor = data.GetRowCursor(writer.Columns);
        var write = writer.WriterFrom(cursor);
        var shared = reuse ? new TRow() : null;
        while (cursor.MoveNext())
        {
            var row = shared ?? new TRow();
            write(row);
            yield return row;
        }
    }

    /// <summary>A data view in two disjoint parts.</summary>
    public struct TrainTestData
    {
        public readonly IDataView TrainSet;
        public readonly IDataView TestSet;

        internal TrainTestData(IDataView trainSet, IDataView testSet)
        {
            TrainSet = trainSet;
            TestSet = testSet;
        }
    }
}
