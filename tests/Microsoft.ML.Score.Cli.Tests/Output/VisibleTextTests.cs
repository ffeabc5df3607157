using System.Text.Json;

namespace Score.Cli.Output;

[TestFixture]
public class VisibleTextTests
{
    [Test]
    public void Escape_EveryCharacter_LeavesNoneThatControlsATerminal()
    {
        var all = new string([.. Enumerable.Range(0, 0xd800).Concat(Enumerable.Range(0xe000, 0x2000)).Select(code => (char)code)]);

        var visible = VisibleText.Escape(all);

        var hidden = Enumerable.Range(0, 0x20).Except(['\n', '\t']).Concat(Enumerable.Range(0x7f, 0x21)).Concat(Enumerable.Range(0x2028, 7)).Concat(Enumerable.Range(0x2066, 4)).ToHashSet();
        Assert.That(visible.Where(character => hidden.Contains(character)), Is.Empty);
        Assert.That(visible, Has.Length.EqualTo(all.Length + 5 * hidden.Count), "each becomes six characters");
        Assert.That(hidden, Has.Count.EqualTo(30 + 33 + 7 + 4));
    }

    [TestCase("Zürich 東京 🎬 שלום", "Zürich 東京 🎬 שלום")]
    [TestCase("\e[31mred\a", @"\u001b[31mred\u0007")]
    [TestCase("a\rb", @"a\u000db")]
    [TestCase("gpj.\u202eexe", @"gpj.\u202eexe")]
    public void Escape_Text_ShowsWhatWasHidden(string text, string expected) => Assert.That(VisibleText.Escape(text), Is.EqualTo(expected));

    [TestCase("one\r\n  two\n\tthree", "one two three")]
    [TestCase("a\u2028b\u0085c", @"a\u2028b\u0085c")]
    public void Message_OfSeveralLines_IsOneLine(string text, string expected) => Assert.That(VisibleText.Message(text), Is.EqualTo(expected));

    [Test]
    public void Message_TooLong_KeepsItsBeginningAndItsEndWhereTheNextStepStands()
    {
        var (start, end) = (new string('a', 350), new string('z', 150));
        Assert.That(VisibleText.Message(start + end), Is.EqualTo(start + end));
        Assert.That(VisibleText.Message(start + "b" + end), Is.EqualTo(start + "... (1 more characters) ..." + end));
        Assert.That(VisibleText.Message(start[1..] + "🎬🎬" + end[1..]), Is.EqualTo(start[1..] + "... (4 more characters) ..." + end[1..]), "a pair is not parted");
    }

    [Test]
    public void Format_TextWithHiddenCharacters_IsJsonOfTheSameTextWithoutThem()
    {
        var text = new string([.. Enumerable.Range(0, 0xa0).Concat(Enumerable.Range(0x2020, 0x50)).Select(code => (char)code)]);

        var json = JsonOutput.Format(new { text });

        Assert.That(json.Where(character => character < ' ' && character != '\n' || character is >= '\u007f' and < '\u00a0' or >= '\u2028' and <= '\u202e' or >= '\u2066' and <= '\u2069'), Is.Empty);
        Assert.That(JsonDocument.Parse(json).RootElement.GetProperty("text").GetString(), Is.EqualTo(text));
    }
}
