using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML;

/// <summary>The chain by which a transformer outside ML.NET saves itself: copy, constant, mapping with a factory, copy, drop.</summary>
public class ConstantCarrierTests
{
    [Test]
    public void SaveAndLoad_ChainWithConstantAndFactory_GivesTheSameColumns()
    {
        var ml = new MLContext(seed: 1);
        var data = ml.Data.LoadFromEnumerable([new Row { Size = 2 }, new Row { Size = 5 }]);
        var model = Carrier(ml, "payload \\\"é\\\"").Fit(data);

        using var zip = new MemoryStream();
        ml.Model.Save(model, data.Schema, zip);
        zip.Position = 0;
        var fresh = new MLContext();
        var loaded = fresh.Model.Load(zip, out var schema);

        Assert.That(schema.Select(column => column.Name), Is.EqualTo(new[] { "Size" }));
        Assert.That(loaded.Transform(data).GetColumn<string>("Result"), Is.EqualTo(new[] { "payload \"é\" x 2", "payload \"é\" x 5" }));
        Assert.That(loaded.GetOutputSchema(schema).Select(column => column.Name), Is.EqualTo(new[] { "Size", "Result" }));

        using var engine = fresh.Model.CreatePredictionEngine<Row, Output>(loaded);
        Assert.That(engine.Predict(new Row { Size = 7 }).Result, Is.EqualTo("payload \"é\" x 7"));
    }

    [Test]
    public void Save_EightMebibyteConstant_ComesBackWhole()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable([new Row { Size = 1 }]);
        var payload = new string('A', 8 << 20);
        var model = ml.Transforms.CopyColumns("in", "Size")
            .Append(ml.Transforms.CustomMapping<In, Anchor>((_, target) => target.Scalar = 0, "unused"))
            .Append(ml.Transforms.Expression("payload", $"x => \"{payload}\"", "scalar"))
            .Fit(data);

        Assert.That(model.Transform(data).GetColumn<string>("payload").Single(), Is.EqualTo(payload));
    }

    private static IEstimator<ITransformer> Carrier(MLContext ml, string payload) =>
        ml.Transforms.CopyColumns("in", "Size")
            .Append(ml.Transforms.CustomMapping(new AnchorFactory().GetMapping(), AnchorFactory.Contract))
            .Append(ml.Transforms.Expression("payload", $"x => \"{payload}\"", "scalar"))
            .Append(ml.Transforms.CustomMapping(new JoinFactory().GetMapping(), JoinFactory.Contract))
            .Append(ml.Transforms.CopyColumns("Result", "out"))
            .Append(ml.Transforms.DropColumns("in", "scalar", "payload", "out"));

    public class Row
    {
        public int Size { get; set; }
    }

    public class Output
    {
        public string Result { get; set; } = "";
    }

    public class In
    {
        [ColumnName("in")]
        public int Size { get; set; }
    }

    public class Anchor
    {
        [ColumnName("scalar")]
        public float Scalar { get; set; }
    }

    public class InAndPayload
    {
        [ColumnName("in")]
        public int Size { get; set; }

        [ColumnName("payload")]
        public string Payload { get; set; } = "";
    }

    public class Joined
    {
        [ColumnName("out")]
        public string Text { get; set; } = "";
    }

    [CustomMappingFactoryAttribute(Contract)]
    public sealed class AnchorFactory : CustomMappingFactory<In, Anchor>
    {
        public const string Contract = "ConstantCarrierTests.Anchor.v1";

        public override Action<In, Anchor> GetMapping() => (_, target) => target.Scalar = 0;
    }

    [CustomMappingFactoryAttribute(Contract)]
    internal sealed class JoinFactory : CustomMappingFactory<InAndPayload, Joined>
    {
        public const string Contract = "ConstantCarrierTests.Join.v1";

        public override Action<InAndPayload, Joined> GetMapping() => (source, target) => target.Text = $"{source.Payload} x {source.Size}";
    }
}
