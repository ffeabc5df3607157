namespace Microsoft.ML.Data;

public class LoadFromEnumerableTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Test]
    public void Schema_FieldsPropertiesAndInheritedOnes_BecomeColumns()
    {
        var schema = _ml.Data.LoadFromEnumerable(Array.Empty<Derived>()).Schema;

        Assert.That(
            schema.Select(column => $"{column.Name}: {column.Type}"),
            Is.EquivalentTo(new[]
            {
                "Field: Int32", "Text: String", "Renamed: Single", "Grid: Vector<Single, *, 2, 3>", "Fixed: Vector<Double, 4>",
                "Any: Vector<Boolean>", "Words: Vector<String>", "Buffer: Vector<Int64>", "Category: Key<UInt32, 0-9>", "ReadOnly: Int32",
            }));
    }

    [Test]
    public void Schema_MemberOfUnknownType_SaysWhich() =>
        Assert.That(
            () => _ml.Data.LoadFromEnumerable(Array.Empty<Unsupported>()),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("'Money'").And.Message.Contains("Decimal"));

    [Test]
    public void CreateEnumerable_AllKindsOfMembers_GivesBackTheRows()
    {
        var row = new Derived
        {
            Field = 3,
            Text = "x",
            Named = 2.5f,
            Grid = [1, 2, 3, 4, 5, 6],
            Fixed = [1, 2, 3, 4],
            Any = [true, false],
            Words = ["a", null],
            Buffer = new VBuffer<long>(4, 1, [7], [2]),
            Category = 5,
        };

        var back = _ml.Data.CreateEnumerable<Derived>(_ml.Data.LoadFromEnumerable([row, new Derived()]), reuseRowObject: false).ToArray();

        Assert.That(back, Has.Length.EqualTo(2));
        Assert.That(back[0].Field, Is.EqualTo(3));
        Assert.That(back[0].Text, Is.EqualTo("x"));
        Assert.That(back[0].Named, Is.EqualTo(2.5f));
        Assert.That(back[0].Grid, Is.EqualTo(row.Grid).And.Not.SameAs(row.Grid));
        Assert.That(back[0].Any, Is.EqualTo(row.Any));
        Assert.That(back[0].Words, Is.EqualTo(new[] { "a", "" }));
        Assert.That(back[0].Buffer.DenseValues(), Is.EqualTo(new long[] { 0, 0, 7, 0 }));
        Assert.That(back[0].Category, Is.EqualTo(5));
        Assert.That(back[1].Text, Is.Empty);
        Assert.That(back[1].Grid, Is.Empty);
    }

    [Test]
    public void CreateEnumerable_MissingOrOtherColumns_SaysWhich()
    {
        var data = _ml.Data.LoadFromEnumerable([new OnlyText { Text = "a" }]);

        Assert.That(() => _ml.Data.CreateEnumerable<Derived>(data, false), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(_ml.Data.CreateEnumerable<Derived>(data, false, ignoreMissingColumns: true).Single().Text, Is.EqualTo("a"));
        Assert.That(
            () => _ml.Data.CreateEnumerable<NumericText>(data, false),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("'Text'").And.Message.Contains("Int32").And.Message.Contains("String"));
    }

    [Test]
    public void Cursor_LazySequence_IsEnumeratedOneRowAtATimeAndAnew()
    {
        var produced = 0;
        IEnumerable<OnlyText> Rows()
        {
            for (var i = 0; i < 100; i++)
            {
                produced++;
                yield return new OnlyText { Text = i.ToString() };
            }
        }
        var data = _ml.Data.LoadFromEnumerable(Rows());
        var copied = _ml.Transforms.CopyColumns("Copy", "Text").Fit(data).Transform(data);
        Assert.That(produced, Is.Zero);
        Assert.That(copied.GetRowCount(), Is.Null);

        using (var cursor = copied.GetRowCursor(copied.Schema))
        {
            for (var i = 0; i < 3; i++)
                cursor.MoveNext();
        }

        Assert.That(produced, Is.EqualTo(3));
        Assert.That(copied.GetColumn<string>("Copy").Take(2), Is.EqualTo(new[] { "0", "1" }));
        Assert.That(produced, Is.EqualTo(5));
    }

    [Test]
    public void Cursor_InactiveColumnWrongTypeOrNoRow_Throws()
    {
        var data = _ml.Data.LoadFromEnumerable([new OnlyText { Text = "a" }]);
        using var idle = data.GetRowCursor([]);
        Assert.That(() => idle.GetGetter<ReadOnlyMemory<char>>(data.Schema["Text"]), Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("'Text'"));

        using var cursor = data.GetRowCursor(data.Schema);
        Assert.That(() => cursor.GetGetter<int>(data.Schema["Text"]), Throws.InvalidOperationException.With.Message.Contains("System.Int32"));
        var getter = cursor.GetGetter<ReadOnlyMemory<char>>(data.Schema["Text"]);
        ReadOnlyMemory<char> text = default;
        Assert.That(() => getter(ref text), Throws.InvalidOperationException);
    }

    [Test]
    public void GetRowCursorSet_OfASequence_IsOneCursor() =>
        Assert.That(_ml.Data.LoadFromEnumerable([new OnlyText()]).GetRowCursorSet([], 4), Has.Length.EqualTo(1));

    [Test]
    public void LoadFromEnumerable_DefinitionWithTypesAndAnnotations_ShowsThemInTheSchema()
    {
        var definition = SchemaDefinition.Create(typeof(Derived));
        definition["Fixed"].ColumnType = new VectorDataViewType(NumberDataViewType.Double, 2, 2);
        definition["Fixed"].AddAnnotation("Unit", "metre".AsMemory(), TextDataViewType.Instance);
        definition["Any"].ColumnName = "Mask";

        var schema = _ml.Data.LoadFromEnumerable(Array.Empty<Derived>(), definition).Schema;

        Assert.That(schema["Fixed"].Type.ToString(), Is.EqualTo("Vector<Double, 2, 2>"));
        ReadOnlyMemory<char> unit = default;
        schema["Fixed"].Annotations.GetValue("Unit", ref unit);
        Assert.That(unit.ToString(), Is.EqualTo("metre"));
        Assert.That(schema.GetColumnOrNull("Mask"), Is.Not.Null);
        Assert.That(_ml.Data.LoadFromEnumerable(Array.Empty<Derived>(), schema).Schema["Fixed"].Type, Is.EqualTo(schema["Fixed"].Type));
    }

    public class Base
    {
        public string Text { get; set; } = "";

        [NoColumn]
        public decimal Ignored { get; set; }

        public int ReadOnly => 1;
    }

    public class Derived : Base
    {
        public int Field;

        [ColumnName("Renamed")]
        public float Named { get; set; }

        [VectorType(0, 2, 3)]
        public float[] Grid { get; set; }

        [VectorType(4)]
        public double[] Fixed { get; set; }

        public bool[] Any { get; set; }

        public string[] Words { get; set; }

        public VBuffer<long> Buffer { get; set; }

        [KeyType(10)]
        public uint Category { get; set; }
    }

    public class OnlyText
    {
        public string Text { get; set; }
    }

    public class NumericText
    {
        public int Text { get; set; }
    }

    public class Unsupported
    {
        public decimal Money { get; set; }
    }
}
