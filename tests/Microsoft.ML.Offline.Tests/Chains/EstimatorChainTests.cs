using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

public class EstimatorChainTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Test]
    public void Fit_LaterEstimatorMissesItsColumn_ThrowsBeforeTheFirstFits()
    {
        var fitted = false;
        var pipeline = _ml.Transforms.CopyColumns("B", "A").WithOnFitDelegate(_ => fitted = true)
            .Append(_ml.Transforms.CopyColumns("D", "C"));

        Assert.That(
            () => pipeline.Fit(Data()),
            Throws.InstanceOf<ArgumentOutOfRangeException>()
                .With.Message.StartsWith("Could not find input column 'C'")
                .And.Property(nameof(ArgumentException.ParamName)).EqualTo("inputSchema"));
        Assert.That(fitted, Is.False);
    }

    [Test]
    public void Fit_ColumnOfAnotherType_SaysExpectedAndActual() =>
        Assert.That(
            () => _ml.Transforms.CustomMapping<WantsText, Nothing>((_, _) => { }, null).Fit(Data()),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.StartsWith("Schema mismatch for input column 'A': expected String, got Int32"));

    [Test]
    public void GetOutputSchema_OfShapes_AgreesWithTheFittedSchema()
    {
        var pipeline = _ml.Transforms.CopyColumns("B", "A")
            .Append(_ml.Transforms.Concatenate("AB", "A", "B", "V"))
            .Append(_ml.Transforms.Expression("Text", "x => \"t\"", "A"))
            .Append(_ml.Transforms.DropColumns("B"));

        var shape = pipeline.GetOutputSchema(SchemaShape.Of(Data().Schema));
        var schema = pipeline.Fit(Data()).GetOutputSchema(Data().Schema);

        Assert.That(
            shape.Select(column => (column.Name, column.TypeText)),
            Is.EqualTo(SchemaShape.Of(schema).Select(column => (column.Name, column.TypeText))));
    }

    [Test]
    public void Transform_Concatenate_JoinsScalarsAndVectorsInOrder()
    {
        var model = _ml.Transforms.Concatenate("All", "A", "V", "A").Fit(Data());

        Assert.That(model.Transform(Data()).GetColumn<int[]>("All").First(), Is.EqualTo(new[] { 0, 10, 11, 0 }));
    }

    [Test]
    public void SelectColumns_NamedOrder_KeepsJustThoseInThatOrder()
    {
        var model = _ml.Transforms.SelectColumns("V", "A").Fit(Data());

        Assert.That(model.GetOutputSchema(Data().Schema).Select(column => column.Name), Is.EqualTo(new[] { "V", "A" }));
        Assert.That(() => _ml.Transforms.SelectColumns("X").Fit(Data()), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("'X'"));
    }

    [Test]
    public void AppendCacheCheckpoint_LaterPasses_DoNotReadTheSourceAgain()
    {
        var mapped = 0;
        var pipeline = _ml.Transforms.CustomMapping<Row, Doubled>((row, doubled) =>
            {
                mapped++;
                doubled.Twice = 2 * row.A;
            }, null)
            .AppendCacheCheckpoint(_ml)
            .Append(new ReadingEstimator("Twice", passes: 3));

        pipeline.Fit(Data());

        Assert.That(mapped, Is.EqualTo(5));
    }

    [Test]
    public void CustomMapping_SeveralColumnsRead_RunsOnceForEachRow()
    {
        var mapped = 0;
        var model = _ml.Transforms.CustomMapping<Row, TwoResults>((row, result) =>
        {
            mapped++;
            result.Twice = 2 * row.A;
            result.Square = row.A * row.A;
        }, null).Fit(Data());

        var rows = _ml.Data.CreateEnumerable<TwoResults>(model.Transform(Data()), reuseRowObject: true).Select(row => (row.Twice, row.Square)).ToArray();

        Assert.That(rows, Is.EqualTo(new[] { (0, 0), (2, 1), (4, 4), (6, 9), (8, 16) }));
        Assert.That(mapped, Is.EqualTo(5));
    }

    [Test]
    public void Save_CustomMappingWithoutContract_SaysSo()
    {
        var model = _ml.Transforms.CustomMapping<Row, Doubled>((_, _) => { }, null).Fit(Data());

        Assert.That(() => _ml.Model.Save(model, Data().Schema, new MemoryStream()), Throws.InvalidOperationException.With.Message.Contains("contract name"));
    }

    [Test]
    public void GetModelFor_TrainingOnlyTransformer_LeavesItOutOfScoring()
    {
        var model = _ml.Transforms.CopyColumns("B", "A").Append(_ml.Transforms.CopyColumns("C", "A"), TransformerScope.Training).Fit(Data());

        Assert.That(model.GetModelFor(TransformerScope.Scoring).Count(), Is.EqualTo(1));
        Assert.That(model.GetModelFor(TransformerScope.Training).Count(), Is.EqualTo(2));
    }

    [Test]
    public void Log_MessagesOfAComponent_ReachTheContext()
    {
        var ml = new MLContext();
        var messages = new List<LoggingEventArgs>();
        ml.Log += (_, message) => messages.Add(message);
        using (var channel = ((IHostEnvironment)ml).Register("Score").Start("Fit"))
            channel.Info(MessageSensitivity.None, "step {0}", 3);

        Assert.That(messages.Single().Message, Is.EqualTo("[Source=Score; Fit, Kind=Info] step 3"));
    }

    [Test]
    public void Register_SameSeed_GivesTheSameRandomNumbers()
    {
        static int[] Draw(int seed)
        {
            IHostEnvironment environment = new MLContext(seed);
            return [environment.Register("a").Rand.Next(), environment.Register("b").Rand.Next()];
        }

        Assert.That(Draw(5), Is.EqualTo(Draw(5)));
        Assert.That(Draw(5), Is.Not.EqualTo(Draw(6)));
    }

    private IDataView Data() =>
        _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 5).Select(i => new Row { A = i, V = [10 + i, 11 + i] }));

    private sealed class ReadingEstimator(string column, int passes) : IEstimator<ITransformer>
    {
        public ITransformer Fit(IDataView input)
        {
            for (var pass = 0; pass < passes; pass++)
                Assert.That(input.GetColumn<int>(column), Is.EqualTo(new[] { 0, 2, 4, 6, 8 }));
            return new TransformerChain<ITransformer>();
        }

        public SchemaShape GetOutputSchema(SchemaShape inputSchema) => inputSchema;
    }

    public class Row
    {
        public int A { get; set; }

        public int[] V { get; set; }
    }

    public class Doubled
    {
        public int Twice { get; set; }
    }

    public class TwoResults
    {
        public int Twice { get; set; }

        public int Square { get; set; }
    }

    public class WantsText
    {
        public string A { get; set; }
    }

    public class Nothing
    {
    }
}
