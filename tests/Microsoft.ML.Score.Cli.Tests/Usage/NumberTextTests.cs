namespace Score.Cli.Usage;

[TestFixture]
public class NumberTextTests
{
    [TestCase("0.1", 0.1)]
    [TestCase("-2.5", -2.5)]
    [TestCase("5e-3", 0.005)]
    [TestCase("1E+2", 100)]
    [TestCase(".5", 0.5)]
    [TestCase("0", 0)]
    [TestCase("0e5", 0)]
    [TestCase("5e-324", 5e-324)]
    public void TryParse_Number_IsThatNumber(string text, double expected) =>
        Assert.That((NumberText.TryParse(text, out double value), value), Is.EqualTo((true, expected)));

    [TestCase("0,1")]
    [TestCase("1,000")]
    [TestCase("1'000")]
    [TestCase("1_000")]
    [TestCase("1 000")]
    [TestCase(" 1")]
    [TestCase("1 ")]
    [TestCase("1\n")]
    [TestCase("1\0")]
    [TestCase("+1")]
    [TestCase("(1)")]
    [TestCase("$1")]
    [TestCase("0x10")]
    [TestCase("1%")]
    [TestCase("١")]
    [TestCase("１")]
    [TestCase("−1")]
    [TestCase("½")]
    [TestCase("NaN")]
    [TestCase("Infinity")]
    [TestCase("-∞")]
    [TestCase("1.2.3")]
    [TestCase(".")]
    [TestCase("e5")]
    [TestCase("")]
    public void TryParse_AnythingElse_IsRefusedAsNumberAndAsWholeNumber(string text) =>
        Assert.That((NumberText.TryParse(text, out double _), NumberText.TryParse(text, out int _)), Is.EqualTo((false, false)));

    [TestCase("2147483647", 2147483647)]
    [TestCase("-2147483648", -2147483648)]
    [TestCase("007", 7)]
    public void TryParse_WholeNumber_IsThatNumber(string text, int expected) =>
        Assert.That((NumberText.TryParse(text, out int value), value), Is.EqualTo((true, expected)));

    [TestCase("1.0")]
    [TestCase("1e3")]
    [TestCase("2147483648")]
    [TestCase("-2147483649")]
    public void TryParse_NumberThatIsNoInt_IsRefusedAsWholeNumber(string text) => Assert.That(NumberText.TryParse(text, out int _), Is.False);

    [TestCase("1e999")]
    [TestCase("-1e309")]
    [TestCase("1e-400")]
    [TestCase("0.5e-330")]
    public void TryParse_NumberThatNoDoubleHolds_IsRefusedAndSaidToBeOutOfRange(string text)
    {
        Assert.That(NumberText.TryParse(text, out double _), Is.False);
        Assert.That(NumberText.Hint<double>(text), Does.Contain("out of range"));
    }

    [TestCase("0,1", " Write 0.1 with a point.")]
    [TestCase("-1,5e3", " Write -1.5e3 with a point.")]
    [TestCase("1,000,000", " Numbers are written without commas between thousands.")]
    [TestCase("x", "")]
    [TestCase("0.1", "")]
    public void Hint_OfANumber_SaysWhatToWrite(string text, string expected) => Assert.That(NumberText.Hint<double>(text), Is.EqualTo(expected));

    [TestCase("0,5", " A whole number has no comma.")]
    [TestCase("99999999999", " It is out of range: it must be from -2147483648 to 2147483647.")]
    public void Hint_OfAWholeNumber_SaysWhatToWrite(string text, string expected) => Assert.That(NumberText.Hint<int>(text), Is.EqualTo(expected));
}
