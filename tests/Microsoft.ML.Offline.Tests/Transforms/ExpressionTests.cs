namespace Microsoft.ML.Transforms;

public class ExpressionTests
{
    [TestCase("x => \"\"", "")]
    [TestCase("(x) => \"a b\"", "a b")]
    [TestCase(" x=>\"a\\\\b\\\"c\\'\\n\\t\\u00e9\" ", "a\\b\"c'\n\té")]
    public void Parse_ConstantText_GivesTheText(string expression, string text) =>
        Assert.That(ConstantLambda.Parse(expression, parameterCount: 1), Is.EqualTo(text));

    [TestCase("x => x + 1")]
    [TestCase("x => 'a'")]
    [TestCase("x => \"a\" + \"b\"")]
    public void Parse_OtherExpressions_SaysWhatIsSupported(string expression) =>
        Assert.That(() => ConstantLambda.Parse(expression, 1), Throws.InstanceOf<NotSupportedException>().With.Message.Contains("constant text"));

    [TestCase("\"a\"")]
    [TestCase("x => \"\\q\"")]
    [TestCase("x => \"a\nb\"")]
    [TestCase("(x, y) => \"a\"")]
    [TestCase("1 + x => \"a\"")]
    public void Parse_BadLambda_Throws(string expression) =>
        Assert.That(() => ConstantLambda.Parse(expression, 1), Throws.ArgumentException);

    [Test]
    public void Fit_VectorInput_IsRefused()
    {
        var ml = new MLContext();
        var data = ml.Data.LoadFromEnumerable([new Row { V = [1] }]);

        Assert.That(
            () => ml.Transforms.Expression("C", "x => \"a\"", "V").Fit(data),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("'V'"));
    }

    public class Row
    {
        public float[] V { get; set; }
    }
}
