using Microsoft.ML.Data;

namespace Microsoft.ML;

public class PredictionEngineTests
{
    private readonly MLContext _ml = new();

    [Test]
    public void Predict_MissingInputColumn_ThrowsWhenTheEngineIsMade()
    {
        var model = _ml.Transforms.CopyColumns("Result", "Other").Fit(_ml.Data.LoadFromEnumerable(new[] { new WithOther() }));

        Assert.That(
            () => _ml.Model.CreatePredictionEngine<Input, Output>(model),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.StartsWith("Could not find input column 'Other'"));
    }

    [Test]
    public void Predict_MissingOutputColumn_IsIgnoredUnlessAskedFor()
    {
        var model = Copying();

        using var lenient = _ml.Model.CreatePredictionEngine<Input, WithExtra>(model, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.That(lenient.Predict(new Input { Value = 3 }).Result, Is.EqualTo(3));
        Assert.That(
            () => _ml.Model.CreatePredictionEngine<Input, WithExtra>(model, ignoreMissingColumns: false),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("'Extra'"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Dispose_OwnedOrLentTransformer_DisposesTheOwnedOne(bool owns)
    {
        var inner = new DisposableTransformer(Copying());
        var engine = _ml.Model.CreatePredictionEngine<Input, Output>(inner, new PredictionEngineOptions { OwnsTransformer = owns });

        engine.Dispose();
        engine.Dispose();

        Assert.That(inner.Disposals, Is.EqualTo(owns ? 1 : 0));
        Assert.That(() => engine.Predict(new Input()), Throws.InstanceOf<ObjectDisposedException>());
    }

    private ITransformer Copying() => _ml.Transforms.CopyColumns("Result", "Value").Fit(_ml.Data.LoadFromEnumerable(new[] { new Input() }));

    private sealed class DisposableTransformer(ITransformer inner) : ITransformer, IDisposable
    {
        public int Disposals { get; private set; }

        public bool IsRowToRowMapper => true;

        public void Dispose() => Disposals++;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => inner.GetOutputSchema(inputSchema);

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => inner.GetRowToRowMapper(inputSchema);

        public IDataView Transform(IDataView input) => inner.Transform(input);

        public void Save(ModelSaveContext ctx) => inner.Save(ctx);
    }

    public class Input
    {
        public int Value { get; set; }
    }

    public class WithOther
    {
        public int Other { get; set; }
    }

    public class Output
    {
        public int Result { get; set; }
    }

    public class WithExtra : Output
    {
        public int Extra { get; set; }
    }
}
