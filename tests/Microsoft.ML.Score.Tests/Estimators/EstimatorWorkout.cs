using System.Collections;
using Microsoft.ML.Data;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Saving;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Estimators;

/// <summary>
/// What every estimator must pass: the promised shape is the fitted schema, new columns follow the input's, cursors and cursor sets
/// and prediction rows agree, inactive columns refuse, save and plain load give the same columns and values, rehydrating gives the
/// same schema too, and bad schemas are refused in ML.NET's words by shape, Fit and Transform alike.
/// </summary>
internal static class EstimatorWorkout
{
    public static void Run<TTransformer>(IEstimator<TTransformer> estimator, IDataView data, string[] inputColumnNames, IVideoLanguageModel? model = null, FeatureCacheOptions? cache = null)
        where TTransformer : class, ITransformer
    {
        var context = new MLContext(1);
        var transformer = estimator.Fit(data);
        var view = transformer.Transform(data);
        var addedNames = view.Schema.Skip(data.Schema.Count).Select(column => column.Name).ToArray();

        CheckSchemas(estimator, transformer, data, view, addedNames);
        var values = Read(view, addedNames);
        CheckCursorSet(transformer.Transform(context.Data.Cache(data)), addedNames, values);
        CheckMapper(transformer, data, addedNames, values);
        CheckInactive(view, addedNames);
        CheckReloaded(context, transformer, data, view, addedNames, values, new ScoreLoadOptions { Model = model, Cache = cache });
        CheckInvalidInputs(context, estimator, transformer, data, inputColumnNames);
    }

    /// <summary>All values of the named columns, vectors as arrays.</summary>
    public static List<object[]> Read(IDataView view, params string[] columnNames)
    {
        using var cursor = view.GetRowCursor(columnNames.Select(name => view.Schema[name]));
        return ReadRows(cursor, columnNames);
    }

    private static List<object[]> ReadRows(DataViewRowCursor cursor, string[] columnNames)
    {
        var getters = columnNames.Select(name => Getter(cursor, cursor.Schema[name])).ToArray();
        var rows = new List<object[]>();
        while (cursor.MoveNext())
            rows.Add([.. getters.Select(getter => getter())]);
        return rows;
    }

    private static Func<object> Getter(DataViewRow row, DataViewSchema.Column column) => column.Type switch
    {
        TextDataViewType => Scalar<ReadOnlyMemory<char>>(row, column, value => value.ToString()),
        BooleanDataViewType => Scalar<bool>(row, column, value => value),
        VectorDataViewType { ItemType: var item } when item == NumberDataViewType.Single => Scalar<VBuffer<float>>(row, column, value => value.DenseValues().ToArray()),
        VectorDataViewType { ItemType: var item } when item == NumberDataViewType.Int32 => Scalar<VBuffer<int>>(row, column, value => value.DenseValues().ToArray()),
        VectorDataViewType { ItemType: var item } when item == BooleanDataViewType.Instance => Scalar<VBuffer<bool>>(row, column, value => value.DenseValues().ToArray()),
        var type => throw new NotSupportedException(type.ToString()),
    };

    private static void CheckSchemas(IEstimator<ITransformer> estimator, ITransformer transformer, IDataView data, IDataView view, string[] addedNames)
    {
        Assert.That(transformer.IsRowToRowMapper);
        Assert.That(addedNames, Is.Not.Empty);
        Assert.That(view.Schema.Take(data.Schema.Count).Select(column => column.Name), Is.EqualTo(data.Schema.Select(column => column.Name)));
        Assert.That(Names(transformer.GetOutputSchema(data.Schema)), Is.EqualTo(Names(view.Schema)));

        var promised = estimator.GetOutputSchema(ShapeOf(data));
        foreach (var name in addedNames)
        {
            var column = promised.Single(column => column.Name == name);
            var type = view.Schema[name].Type;
            Assert.That(column.Kind == SchemaShape.Column.VectorKind.Scalar, Is.EqualTo(type is not VectorDataViewType), name);
            Assert.That(column.ItemType, Is.EqualTo(type is VectorDataViewType vector ? vector.ItemType : type), name);
        }
    }

    private static void CheckCursorSet(IDataView view, string[] addedNames, List<object[]> values)
    {
        var cursors = view.GetRowCursorSet(addedNames.Select(name => view.Schema[name]), 4);
        var rows = Task.WhenAll(cursors.Select(cursor => Task.Run(() =>
        {
            using (cursor)
                return ReadRows(cursor, addedNames);
        }))).Result.SelectMany(part => part).ToList();

        Assert.That(rows, Has.Count.EqualTo(values.Count));
        foreach (var row in rows)
            Assert.That(values.Any(other => Same(row, other)));
    }

    private static void CheckMapper(ITransformer transformer, IDataView data, string[] addedNames, List<object[]> values)
    {
        var mapper = transformer.GetRowToRowMapper(data.Schema);
        var added = addedNames.Select(name => mapper.OutputSchema[name]).ToArray();
        var needed = mapper.GetDependencies(added).ToArray();
        using var cursor = data.GetRowCursor(needed);
        using var row = mapper.GetRow(cursor, added);
        var getters = added.Select(column => Getter(row, column)).ToArray();
        foreach (var expected in values)
        {
            Assert.That(cursor.MoveNext());
            Assert.That(getters.Select(getter => getter()), Is.EqualTo(expected));
            Assert.That(getters.Select(getter => getter()), Is.EqualTo(expected), "a second read of the same row");
        }
    }

    private static void CheckInactive(IDataView view, string[] addedNames)
    {
        using var cursor = view.GetRowCursor([view.Schema[0]]);
        var column = view.Schema[addedNames[0]];
        Assert.That(cursor.IsColumnActive(column), Is.False);
        Assert.That(() => Getter(cursor, column), Throws.InstanceOf<ArgumentException>().With.Message.Contains("not active"));
        Assert.That(() => cursor.GetGetter<DateTime>(view.Schema[0])(ref System.Runtime.CompilerServices.Unsafe.NullRef<DateTime>()), Throws.InstanceOf<InvalidOperationException>());
    }

    private static void CheckReloaded(
        MLContext context, ITransformer transformer, IDataView data, IDataView view, string[] addedNames, List<object[]> values, ScoreLoadOptions options)
    {
        using var zip = new MemoryStream();
        context.Model.Save(transformer, data.Schema, zip);
        var fresh = new MLContext();
        zip.Position = 0;
        var loaded = fresh.Model.Load(zip, out var inputSchema);
        Assert.That(Names(inputSchema), Is.EqualTo(Names(data.Schema)));
        Assert.That(Names(loaded.GetOutputSchema(data.Schema)), Is.EqualTo(Names(view.Schema)));
        if (options.Model is null)
            AssertSame(Read(loaded.Transform(data), addedNames), values);

        var restored = fresh.Model.Rehydrate(loaded, options);
        Assert.That(restored.GetType(), Is.EqualTo(transformer.GetType()));
        Assert.That(Describe(restored.GetOutputSchema(data.Schema)), Is.EqualTo(Describe(view.Schema)));
        AssertSame(Read(restored.Transform(data), addedNames), values);

        using var again = new MemoryStream();
        fresh.Model.Save(restored, data.Schema, again);
        Assert.That(CarrierChain.Build((VideoTransformer)restored).Count(), Is.EqualTo(CarrierChain.Build((VideoTransformer)transformer).Count()));
        Assert.That(((VideoTransformer)restored).ToSaved().Encode(), Is.EqualTo(((VideoTransformer)transformer).ToSaved().Encode()));
    }

    private static void CheckInvalidInputs<TTransformer>(MLContext context, IEstimator<TTransformer> estimator, TTransformer transformer, IDataView data, string[] inputColumnNames)
        where TTransformer : class, ITransformer
    {
        var forFitOnly = estimator is ScoreCompressEstimator ? "Caption" : null;
        foreach (var name in inputColumnNames)
        {
            var missing = context.Transforms.DropColumns(name).Fit(data).Transform(data);
            Refuses(missing, name, $"Could not find input column '{name}'");

            var retyped = context.Transforms.CopyColumns(name, "WrongType").Fit(data).Transform(data);
            Refuses(retyped, name, $"Schema mismatch for input column '{name}': expected ");
        }

        void Refuses(IDataView input, string name, string message)
        {
            var checks = new List<Action> { () => estimator.Fit(input) };
            if (name != "Grid") // a shape has no dimensions, so it cannot tell whether the grid column is needed
                checks.Add(() => estimator.GetOutputSchema(ShapeOf(input)));
            if (name != forFitOnly)
                checks.AddRange([() => transformer.Transform(input), () => transformer.GetOutputSchema(input.Schema), () => transformer.GetRowToRowMapper(input.Schema)]);
            foreach (var check in checks)
                Assert.That(
                    check,
                    Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains(message).And.Property(nameof(ArgumentException.ParamName)).EqualTo("inputSchema"));
        }
    }

    /// <summary>The shape that an estimator chain would promise for the view.</summary>
    private static SchemaShape ShapeOf(IDataView data)
    {
        SchemaShape? shape = null;
        new EstimatorChain<ITransformer>().Append(new ShapeRecorder(recorded => shape = recorded)).Fit(data);
        return shape!;
    }

    private sealed class ShapeRecorder(Action<SchemaShape> record) : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input) => new TransformerChain<ITransformer>();

        public SchemaShape GetOutputSchema(SchemaShape inputSchema)
        {
            record(inputSchema);
            return inputSchema;
        }
    }

    private static IEnumerable<string> Names(DataViewSchema schema) => schema.Where(column => !column.IsHidden).Select(column => column.Name);

    private static IEnumerable<string> Describe(DataViewSchema schema) =>
        schema.Select(column => $"{column.Name}: {column.Type} {{{string.Join(", ", column.Annotations.Schema.Select(annotation => $"{annotation.Name}: {annotation.Type}"))}}}");

    private static void AssertSame(List<object[]> actual, List<object[]> expected)
    {
        Assert.That(actual, Has.Count.EqualTo(expected.Count));
        for (var i = 0; i < expected.Count; i++)
            Assert.That(actual[i], Is.EqualTo(expected[i]), $"row {i}");
    }

    private static bool Same(object[] left, object[] right) => StructuralComparisons.StructuralEqualityComparer.Equals(left, right);

    private static Func<object> Scalar<TValue>(DataViewRow row, DataViewSchema.Column column, Func<TValue, object> box)
    {
        var getter = row.GetGetter<TValue>(column);
        TValue value = default!;
        return () =>
        {
            getter(ref value);
            return box(value);
        };
    }
}
