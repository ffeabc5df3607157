using System.IO.Compression;
using Microsoft.ML.Data;

namespace Microsoft.ML;

public class ModelZipTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Test]
    public void Load_SchemaWithDimensionsKeysAndAnnotations_ComesBackTheSame()
    {
        var definition = SchemaDefinition.Create(typeof(Row));
        definition["Grid"].AddAnnotation("Shape", new VBuffer<float>(4, [2, 3, 4, 0.5f]), new VectorDataViewType(NumberDataViewType.Single, 4));
        definition["Grid"].AddAnnotation("Unit", "metre".AsMemory(), TextDataViewType.Instance);
        var data = _ml.Data.LoadFromEnumerable([new Row()], definition);

        _ml.Model.Load(Saved(_ml.Transforms.CopyColumns("B", "A").Fit(data), data.Schema), out var schema);

        Assert.That(schema.Select(column => (column.Name, column.Type)), Is.EqualTo(data.Schema.Select(column => (column.Name, column.Type))));
        VBuffer<float> shape = default;
        schema["Grid"].Annotations.GetValue("Shape", ref shape);
        Assert.That(shape.DenseValues(), Is.EqualTo(new[] { 2, 3, 4, 0.5f }));
        ReadOnlyMemory<char> unit = default;
        schema["Grid"].Annotations.GetValue("Unit", ref unit);
        Assert.That(unit.ToString(), Is.EqualTo("metre"));
    }

    [Test]
    public void Save_SameModelTwice_GivesTheSameBytes() =>
        Assert.That(SmallModel().ToArray(), Is.EqualTo(SmallModel().ToArray()));

    [Test]
    public void Save_WithoutSchema_LoadsWithoutSchema()
    {
        _ml.Model.Load(Saved(_ml.Transforms.CopyColumns("B", "A").Fit(Data()), null), out var schema);

        Assert.That(schema, Is.Null);
    }

    [Test]
    public void Load_EveryTruncation_IsRefused()
    {
        var whole = SmallModel().ToArray();

        for (var length = 0; length < whole.Length; length++)
            Assert.That(() => _ml.Model.Load(new MemoryStream(whole[..length]), out _), Throws.InstanceOf<InvalidDataException>(), $"{length} bytes");
    }

    [Test]
    public void Load_EveryByteChanged_IsRefusedOrGivesTheModel()
    {
        var whole = SmallModel().ToArray();

        for (var at = 0; at < whole.Length; at++)
        {
            foreach (var flipped in new byte[] { 0x01, 0x80, 0xFF })
            {
                var changed = whole.ToArray();
                changed[at] ^= flipped;
                try
                {
                    var model = _ml.Model.Load(new MemoryStream(changed), out _);
                    Assert.That(model.Transform(Data()).GetColumn<int>("B"), Is.EqualTo(new[] { 7 }));
                }
                catch (InvalidDataException)
                {
                }
            }
        }
    }

    [Test]
    public void Load_ForeignZip_SaysThatItIsNotAModel()
    {
        var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
            zip.CreateEntry("Schema");
        stream.Position = 0;

        Assert.That(() => _ml.Model.Load(stream, out _), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("not a model"));
    }

    [Test]
    public void Load_MissingFile_ThrowsFileNotFound() =>
        Assert.That(() => _ml.Model.Load(Path.Combine(Path.GetTempPath(), "no-such-model.zip"), out _), Throws.InstanceOf<FileNotFoundException>());

    [Test]
    public void Save_FailingTransformer_LeavesTheOldFileAndNoOther()
    {
        var folder = Directory.CreateTempSubdirectory("zip").FullName;
        try
        {
            var path = Path.Combine(folder, "model.zip");
            _ml.Model.Save(_ml.Transforms.CopyColumns("B", "A").Fit(Data()), null, path);
            var before = File.ReadAllBytes(path);
            var unsavable = _ml.Transforms.CustomMapping<Row, Row>((_, _) => { }, null).Fit(Data());

            Assert.That(() => _ml.Model.Save(unsavable, null, path), Throws.InvalidOperationException);

            Assert.That(Directory.GetFiles(folder), Is.EqualTo(new[] { path }));
            Assert.That(File.ReadAllBytes(path), Is.EqualTo(before));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private IDataView Data() => _ml.Data.LoadFromEnumerable([new Row { A = 7 }]);

    private MemoryStream SmallModel() => Saved(_ml.Transforms.CopyColumns("B", "A").Append(_ml.Transforms.DropColumns("Grid")).Fit(Data()), Data().Schema);

    private MemoryStream Saved(ITransformer model, DataViewSchema schema)
    {
        var stream = new MemoryStream();
        _ml.Model.Save(model, schema, stream);
        stream.Position = 0;
        return stream;
    }

    public class Row
    {
        public int A { get; set; }

        [VectorType(0, 2, 3)]
        public float[] Grid { get; set; }

        [KeyType(5)]
        public byte Category { get; set; }
    }
}
