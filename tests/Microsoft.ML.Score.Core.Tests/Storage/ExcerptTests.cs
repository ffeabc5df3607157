using System.Text.Json;

namespace Microsoft.ML.Score.Storage;

[TestFixture]
public class ExcerptTests
{
    [TestCase("", "")]
    [TestCase("a é 字", "a é 字")]
    [TestCase("a\u001b[31m\r\n\u009b", "a\\u001b[31m\\u000d\\u000a\\u009b")]
    public void Of_ShortText_IsTheTextWithoutControlCharacters(string text, string expected) => Assert.That(Excerpt.Of(text), Is.EqualTo(expected));

    [Test]
    public void Of_LongText_IsItsStartAndLength()
    {
        Assert.That(Excerpt.Of(new string('x', 100)), Is.EqualTo(new string('x', 100)));
        Assert.That(Excerpt.Of(new string('x', 101)), Is.EqualTo(new string('x', 100) + "... (101 characters)"));
        Assert.That(new[] { "a", "b" }.Select(Excerpt.Of), Is.EqualTo(new[] { "a", "b" }));
        Assert.That(Excerpt.Of(new string('x', 99) + "😀"), Is.EqualTo(new string('x', 99) + "... (101 characters)"), "no half a character");
    }

    /// <summary>A parser quotes the rest of its file.</summary>
    [Test]
    public void OfReason_LongTextInLines_IsOneLineOf250Characters()
    {
        var reason = "'f`lse,\n  \u202egnp.tac' is no literal: " + new string('x', 300);

        Assert.That(Excerpt.OfReason(reason), Does.StartWith("'f`lse,   \\u202egnp.tac' is no literal: xxx").And.EndsWith($"... ({reason.Length} characters)"));
        Assert.That(Excerpt.Of(Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<int[]>("[1, [2]]"))!), Is.EqualTo("the value at $[1] is of another kind than expected"));
        Assert.That(Excerpt.Of(new InvalidDataException(reason)), Is.EqualTo(Excerpt.OfReason(reason)).And.Length.LessThan(300));
    }
}
