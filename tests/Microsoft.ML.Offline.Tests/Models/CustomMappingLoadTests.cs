using System.Reflection;
using Microsoft.ML.Transforms;

namespace Microsoft.ML;

public class CustomMappingLoadTests
{
    [Test]
    public void Load_NoFactoryOfThatName_SaysWhichContractAndAssembly()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable(new[] { new Row() });
        var model = ml.Transforms.CustomMapping<Row, Row>((_, _) => { }, "no.such.contract").Fit(data);
        using var zip = new MemoryStream();
        ml.Model.Save(model, data.Schema, zip);
        zip.Position = 0;

        Assert.That(
            () => new MLContext().Model.Load(zip, out _),
            Throws.InvalidOperationException.With.Message.Contains("'no.such.contract'").And.Message.Contains("Microsoft.ML.Offline.Tests"));
    }

    [Test]
    public void RegisterAssembly_TwoClassesOfOneName_IsAnErrorUnlessToldOtherwise()
    {
        var assembly = Assembly.GetExecutingAssembly();

        Assert.That(() => new MLContext().ComponentCatalog.RegisterAssembly(assembly), Throws.InvalidOperationException.With.Message.Contains("'claimed twice'"));
        Assert.That(() => new MLContext().ComponentCatalog.RegisterAssembly(assembly, throwOnError: false), Throws.Nothing);
    }

    public class Row
    {
        public int Value { get; set; }
    }

    [CustomMappingFactoryAttribute("claimed twice")]
    public sealed class First : CustomMappingFactory<Row, Row>
    {
        public override Action<Row, Row> GetMapping() => (_, _) => { };
    }

    [CustomMappingFactoryAttribute("claimed twice")]
    public sealed class Second : CustomMappingFactory<Row, Row>
    {
        public override Action<Row, Row> GetMapping() => (_, _) => { };
    }
}
