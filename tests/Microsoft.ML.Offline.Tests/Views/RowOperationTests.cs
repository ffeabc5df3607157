using Microsoft.ML.Data;

namespace Microsoft.ML;

public class RowOperationTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Test]
    public void SkipAndTakeRows_Always_GiveTheStretch()
    {
        var part = _ml.Data.TakeRows(_ml.Data.SkipRows(Numbers(10), 3), 4);

        Assert.That(Values(part), Is.EqualTo(new[] { 3, 4, 5, 6 }));
        Assert.That(part.GetRowCount(), Is.EqualTo(4));
        Assert.That(Values(_ml.Data.SkipRows(Numbers(3), 5)), Is.Empty);
    }

    [Test]
    public void ShuffleRows_SmallPool_GivesEveryRowOnceAndTheSameOrderAgain()
    {
        var shuffled = _ml.Data.ShuffleRows(Numbers(200), seed: 4, shufflePoolSize: 20);

        Assert.That(Values(shuffled), Is.EquivalentTo(Enumerable.Range(0, 200)).And.Not.Ordered);
        Assert.That(Values(shuffled), Is.EqualTo(Values(shuffled)));
    }

    [Test]
    public void TrainTestSplit_Always_DividesTheRowsAboutAsAsked()
    {
        var split = _ml.Data.TrainTestSplit(Numbers(2000), testFraction: 0.25, seed: 3);

        Assert.That(Values(split.TestSet).Length, Is.EqualTo(500).Within(80));
        Assert.That(Values(split.TrainSet).Concat(Values(split.TestSet)), Is.EquivalentTo(Enumerable.Range(0, 2000)));
        Assert.That(Values(split.TestSet), Is.EqualTo(Values(_ml.Data.TrainTestSplit(Numbers(2000), 0.25, seed: 3).TestSet)));
    }

    [Test]
    public void TrainTestSplit_SamplingKey_KeepsEqualKeysTogether()
    {
        var data = _ml.Data.LoadFromEnumerable(Enumerable.Range(0, 200).Select(i => new Row { Value = i, Group = $"g{i % 10}" }));
        var split = _ml.Data.TrainTestSplit(data, 0.5, nameof(Row.Group));

        Assert.That(split.TrainSet.GetColumn<string>("Group").Intersect(split.TestSet.GetColumn<string>("Group")), Is.Empty);
    }

    [Test]
    public void FilterByCustomPredicate_True_DropsTheRow() =>
        Assert.That(Values(_ml.Data.FilterByCustomPredicate<Row>(Numbers(6), row => row.Value % 2 == 0)), Is.EqualTo(new[] { 1, 3, 5 }));

    [Test]
    public void Cache_SeveralCursors_CoverTheRowsInOrderAndReadTheSourceOnce()
    {
        var produced = 0;
        IEnumerable<Row> Rows()
        {
            for (var i = 0; i < 10; i++)
            {
                produced++;
                yield return new Row { Value = i, Vector = [i, i + 1] };
            }
        }
        var cached = _ml.Data.Cache(_ml.Data.LoadFromEnumerable(Rows()));

        var cursors = cached.GetRowCursorSet(cached.Schema, 4);
        var values = cursors.OrderBy(cursor => cursor.Batch).SelectMany(ValuesOf).ToArray();
        var again = cached.GetColumn<int[]>("Vector").ToArray();

        Assert.That(cursors, Has.Length.EqualTo(4));
        Assert.That(values, Is.EqualTo(Enumerable.Range(0, 10)));
        Assert.That(again[9], Is.EqualTo(new[] { 9, 10 }));
        Assert.That(produced, Is.EqualTo(10));
    }

    [Test]
    public void Preview_MoreRowsThanAsked_ShowsTheFirst()
    {
        var preview = Numbers(10).Preview(maxRows: 3);

        Assert.That(preview.RowView, Has.Length.EqualTo(3));
        Assert.That(preview.ColumnView[0].Values, Is.EqualTo(new object[] { 0, 1, 2 }));
    }

    private static IEnumerable<int> ValuesOf(DataViewRowCursor cursor)
    {
        using (cursor)
        {
            var getter = cursor.GetGetter<int>(cursor.Schema["Value"]);
            var value = 0;
            while (cursor.MoveNext())
            {
                getter(ref value);
                yield return value;
            }
        }
    }

    private static int[] Values(IDataView data) => [.. data.GetColumn<int>("Value")];

    private IDataView Numbers(int count) => _ml.Data.LoadFromEnumerable(Enumerable.Range(0, count).Select(i => new Row { Value = i }).ToArray());

    public class Row
    {
        public int Value { get; set; }

        public string Group { get; set; }

        public int[] Vector { get; set; }
    }
}
