namespace Microsoft.ML.Score.Evaluation;

[TestFixture]
internal sealed class VideoUnderstandingCatalogTests
{
    private readonly MLContext _context = new(1);

    [Test]
    public void Evaluate_MixedAnswers_CountsThem()
    {
        var metrics = _context.VideoUnderstanding().Evaluate(
            Load(
                new ScoredRow("red", " Red. ", "colour", "v1", true, false, false, false),
                new ScoredRow("blue", "red", "colour", "v1", true, true, false, false),
                new ScoredRow("2", "", "count", "v2", true, true, true, false),
                new ScoredRow("3", "3", "count", "v2", false, false, true, true)),
            categoryColumnName: "Category",
            videoColumnName: "Video",
            maskColumnName: "Mask");

        Assert.That(metrics.Count, Is.EqualTo(4));
        Assert.That(metrics.Accuracy.Value, Is.EqualTo(0.5));
        Assert.That(metrics.Accuracy.Clusters, Is.EqualTo(2));
        Assert.That(metrics.Accuracy.Low, Is.LessThanOrEqualTo(0.5));
        Assert.That(metrics.Accuracy.High, Is.GreaterThanOrEqualTo(0.5));
        Assert.That(metrics.Unanswered, Is.EqualTo(1));
        Assert.That(metrics.RetainedTokens, Is.EqualTo((0.25 + 0.5 + 0.75 + 0.5) / 4).Within(1e-12));
        Assert.That(metrics.PerCategory.Keys, Is.EquivalentTo(new[] { "colour", "count" }));
        Assert.That(metrics.PerCategory["count"].Value, Is.EqualTo(0.5));
    }

    [Test]
    public void Evaluate_OptionalColumnsNotNamed_LeavesThemOut()
    {
        var metrics = _context.VideoUnderstanding().Evaluate(Load(new ScoredRow("a", "a", "", "", true)));

        Assert.That(metrics.PerCategory, Is.Empty);
        Assert.That(metrics.RetainedTokens, Is.Null);
        Assert.That(metrics.Accuracy.Value, Is.EqualTo(1));
    }

    [Test]
    public void Evaluate_NoRow_Throws() =>
        Assert.That(() => _context.VideoUnderstanding().Evaluate(Load()), Throws.InstanceOf<InvalidDataException>());

    [Test]
    public void Evaluate_EmptyLabel_NamesRow() =>
        Assert.That(
            () => _context.VideoUnderstanding().Evaluate(Load(new ScoredRow("a", "a", "", "", true), new ScoredRow("", "a", "", "", true))),
            Throws.InstanceOf<InvalidDataException>().With.Message.Contains("Row 1, column 'Label'"));

    [Test]
    public void Evaluate_MissingColumn_Throws() =>
        Assert.That(
            () => _context.VideoUnderstanding().Evaluate(Load(), maskColumnName: "NoSuchMask"),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("Could not find input column 'NoSuchMask'"));

    private IDataView Load(params ScoredRow[] rows) => _context.Data.LoadFromEnumerable(rows);

    private sealed class ScoredRow(string label, string answer, string category, string video, params bool[] mask)
    {
        public string Label { get; } = label;

        public string Answer { get; } = answer;

        public string Category { get; } = category;

        public string Video { get; } = video;

        public bool[] Mask { get; } = mask;
    }
}
