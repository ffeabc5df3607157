using System.Globalization;

namespace Microsoft.ML.Score.Storage;

[TestFixture]
public class OptionFaultsTests
{
    [Test]
    public void ThrowIfAny_SeveralFaults_NamesEachWithWhatIsExpectedAndGiven()
    {
        var (rate, name, folder, size) = (-0.5, (string?)null, "", 3);
        var inner = new OptionFaults("inner").Require(size > 3, size, "be above 3");

        var faults = new OptionFaults("TestOptions")
            .Require(rate > 0, rate, "be positive")
            .RequireName(name)
            .RequireNameOrNull(folder)
            .Require(rate > size, $"rate must be above size, got {rate}, {size} and {name}")
            .Include(inner, "Inner")
            .Include(null, "Other");

        Assert.That(
            () => faults.ThrowIfAny("options"),
            Throws.ArgumentException.With.Property("ParamName").EqualTo("options").And.Message.StartsWith(
                "Invalid TestOptions: rate must be positive, got -0.5; name must not be empty, got null; folder must be null or a name, got an empty string; "
                + "rate must be above size, got -0.5, 3 and null; Inner: size must be above 3, got 3; Other must not be null."));
    }

    [Test]
    public void All_ConditionsThatHold_IsEmpty()
    {
        var (rate, name) = (0.5, "Grid");

        var faults = new OptionFaults("TestOptions").Require(rate > 0, rate, "be positive").RequireName(name).RequireNameOrNull(null).Include(new OptionFaults("inner"), "Inner");

        Assert.That(faults.All, Is.Empty);
        Assert.DoesNotThrow(() => faults.ThrowIfAny("options"));
    }

    [Test]
    public void Require_NumberUnderACultureWithCommas_IsWrittenWithAPoint()
    {
        var (before, commas) = (CultureInfo.CurrentCulture, (CultureInfo)CultureInfo.InvariantCulture.Clone());
        commas.NumberFormat.NumberDecimalSeparator = ",";
        CultureInfo.CurrentCulture = commas;
        try
        {
            var rate = 1.5;

            Assert.That(new OptionFaults("o").Require(false, rate, "be 2").Require(false, $"sum is {rate}").All, Is.EqualTo(new[] { "rate must be 2, got 1.5", "sum is 1.5" }));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }
}
