namespace Score.Cli.Annotation;

[TestFixture]
[NonParallelizable]
public class ApiKeyTests
{
    private const string Variable = "SCORE_TEST_API_KEY";

    [TearDown]
    public void Forget() => Environment.SetEnvironmentVariable(Variable, null);

    [TestCase("sk-abc")]
    [TestCase("sk-abc\n")]
    [TestCase("sk-abc\r\n")]
    [TestCase(" \tsk-abc \n\n")]
    public void Of_KeyWithSpaceAroundIt_IsTheKey(string value)
    {
        Environment.SetEnvironmentVariable(Variable, value);

        Assert.That(ApiKey.Of(Variable), Is.EqualTo("sk-abc"));
    }

    [TestCase("sk-\nabc", "U+000A as character 4 of 7")]
    [TestCase("sk-ab\u0001c", "U+0001 as character 6 of 7")]
    [TestCase("sk-\u00e9abc", "U+00E9 as character 4 of 7")]
    [TestCase("Bearer sk-abc", "U+0020 as character 7 of 13")]
    public void Of_KeyThatIsNoHeader_IsRefusedWithoutShowingIt(string value, string place)
    {
        Environment.SetEnvironmentVariable(Variable, value);

        Assert.That(() => ApiKey.Of(Variable), Throws.InvalidOperationException.With.Message.Contains(place).And.Message.Not.Contains("abc").And.Message.Not.Contains(Variable));
    }

    [TestCase(null)]
    [TestCase("\n")]
    public void Of_NoKey_IsRefused(string? value)
    {
        Environment.SetEnvironmentVariable(Variable, value);

        Assert.That(() => ApiKey.Of(Variable), Throws.InvalidOperationException.With.Message.Contains("--api-key-env"));
    }
}
