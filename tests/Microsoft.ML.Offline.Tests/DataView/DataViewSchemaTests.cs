namespace Microsoft.ML.Data;

public class DataViewSchemaTests
{
    [Test]
    public void Indexer_TwoColumnsOfOneName_GivesTheLaterAndHidesTheEarlier()
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("A", NumberDataViewType.Int32);
        builder.AddColumn("A", TextDataViewType.Instance);
        var schema = builder.ToSchema();

        Assert.That(schema["A"].Index, Is.EqualTo(1));
        Assert.That(schema[0].IsHidden, Is.True);
        Assert.That(schema.GetColumnOrNull("B"), Is.Null);
        Assert.That(() => schema["B"], Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("'B'"));
    }

    [Test]
    public void VectorType_UnknownDimensions_HasNoSizeAndPrintsStars()
    {
        var type = new VectorDataViewType(NumberDataViewType.Single, 0, 3, 4);

        Assert.That(type.Size, Is.Zero);
        Assert.That(type.IsKnownSize, Is.False);
        Assert.That(type.ToString(), Is.EqualTo("Vector<Single, *, 3, 4>"));
        Assert.That(type, Is.EqualTo(new VectorDataViewType(NumberDataViewType.Single, 0, 3, 4)));
        Assert.That(type, Is.Not.EqualTo(new VectorDataViewType(NumberDataViewType.Single, 0, 4, 3)));
        Assert.That(new VectorDataViewType(NumberDataViewType.Single, 2, 3, 4).Size, Is.EqualTo(24));
    }

    [Test]
    public void VectorType_ProductBeyondInt_Throws() =>
        Assert.That(() => new VectorDataViewType(NumberDataViewType.Single, 1 << 16, 1 << 16), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public void Annotations_GetValue_GivesWhatWasAddedAndRefusesOtherTypes()
    {
        var builder = new DataViewSchema.Annotations.Builder();
        builder.AddPrimitiveValue("Rate", NumberDataViewType.Double, 0.25);
        var annotations = builder.ToAnnotations();

        var rate = 0.0;
        annotations.GetValue("Rate", ref rate);
        Assert.That(rate, Is.EqualTo(0.25));
        var wrong = 0f;
        Assert.That(() => annotations.GetValue("Rate", ref wrong), Throws.InvalidOperationException);
        Assert.That(() => annotations.GetValue("Other", ref rate), Throws.InvalidOperationException.With.Message.Contains("'Other'"));
    }
}
