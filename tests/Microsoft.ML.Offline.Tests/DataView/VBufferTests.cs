using FsCheck;
using FsCheck.Fluent;

namespace Microsoft.ML.Data;

public class VBufferTests
{
    [Test]
    public void CopyTo_AnyVector_GivesTheSameItems() =>
        Prop.ForAll<int[], bool>((items, dense) =>
        {
            var source = Vector(items, dense);
            VBuffer<int> copy = default;
            source.CopyTo(ref copy);
            return copy.DenseValues().SequenceEqual(items) && copy.IsDense == source.IsDense;
        }).QuickCheckThrowOnFailure();

    [Test]
    public void CopyTo_AnyRange_GivesTheItemsOfTheRange() =>
        Prop.ForAll<int[], bool>((items, dense) =>
        {
            var source = Vector(items, dense);
            for (var start = 0; start <= items.Length; start++)
            {
                VBuffer<int> part = default;
                source.CopyTo(ref part, start, items.Length - start);
                if (!part.DenseValues().SequenceEqual(items[start..]))
                    return false;
            }
            return true;
        }).QuickCheckThrowOnFailure();

    [Test]
    public void GetItemOrDefault_AnyVector_GivesEachItem() =>
        Prop.ForAll<int[], bool>((items, dense) =>
            Enumerable.Range(0, items.Length).All(index => Vector(items, dense).GetItemOrDefault(index) == items[index])).QuickCheckThrowOnFailure();

    [Test]
    public void Create_SameSizeAgain_ReusesTheArray()
    {
        VBuffer<float> buffer = default;
        buffer = VBufferEditor.Create(ref buffer, 5).Commit();

        var editor = VBufferEditor.Create(ref buffer, 5);

        Assert.That(editor.CreatedNewValues, Is.False);
        Assert.That(VBufferEditor.Create(ref buffer, 6).CreatedNewValues, Is.True);
    }

    [Test]
    public void Constructor_TooFewValuesOrIndices_Throws()
    {
        Assert.That(() => new VBuffer<int>(3, [1, 2]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new VBuffer<int>(3, 2, [1, 2], [0]), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new VBuffer<int>(3, 4, [1, 2, 3, 4], null), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private static VBuffer<int> Vector(int[] items, bool dense)
    {
        if (dense)
            return new VBuffer<int>(items.Length, items);
        int[] indices = [.. Enumerable.Range(0, items.Length).Where(index => items[index] != 0)];
        return new VBuffer<int>(items.Length, indices.Length, [.. indices.Select(index => items[index])], indices);
    }
}
