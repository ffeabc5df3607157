using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Microsoft.ML.Score.Datasets.Annotations;

[TestFixture]
public class PythonListTests
{
    [TestCase("[]", new string[0])]
    [TestCase("['a', \"it's\", 'say \"hi\"']", new[] { "a", "it's", "say \"hi\"" })]
    [TestCase(" [ 'a','b' , ] ", new[] { "a", "b" })]
    [TestCase(@"['it\'s ""so""', 'a\\b', 'x\ty\n']", new[] { "it's \"so\"", @"a\b", "x\ty\n" })]
    [TestCase(@"['\xe9', '\u200b', '\U0001f600']", new[] { "é", "\u200b", "😀" })]
    [TestCase("[1, -2.5, 1e3]", new[] { "1", "-2.5", "1e3" })]
    [TestCase("['a, b', '[c]']", new[] { "a, b", "[c]" })]
    [TestCase("['A. a' \"B. it's\" 'C. c'\n 'D. d']", new[] { "A. a", "B. it's", "C. c", "D. d" })]
    [TestCase("[1 2\n 3]", new[] { "1", "2", "3" })]
    [TestCase("['A. a'\r\n 'it\\'s'\n \"say 'no'\"]", new[] { "A. a", "it's", "say 'no'" })]
    [TestCase("array(['a', 'b'], dtype=object)", new[] { "a", "b" })]
    [TestCase("array(['a)', '],'])", new[] { "a)", "]," })]
    [TestCase("[np.str_('a'), np.str_(\"b's\")]", new[] { "a", "b's" })]
    public void TryParse_List_GivesItsTexts(string text, string[] expected) =>
        Assert.That(PythonList.TryParse(text, out var items) ? items : null, Is.EqualTo(expected));

    [TestCase("")]
    [TestCase("a")]
    [TestCase("[")]
    [TestCase("['a'")]
    [TestCase("['a''b']")]
    [TestCase("['a' 'b', 'c']")]
    [TestCase("['a', 'b' 'c']")]
    [TestCase("['a' ... 'c']")]
    [TestCase("['a]")]
    [TestCase("array(['a']")]
    [TestCase("array(['a'], f())")]
    [TestCase("[np.str_('a']")]
    [TestCase("[np.str_(1)]")]
    [TestCase("[,]")]
    [TestCase("['a',, 'b']")]
    [TestCase("['a'] + ['b']")]
    [TestCase("[__import__('os')]")]
    [TestCase("[None]")]
    [TestCase("[['a']]")]
    [TestCase(@"['\q']")]
    [TestCase(@"['\x4']")]
    [TestCase(@"['\ud800']")]
    [TestCase(@"['\U00110000']")]
    [TestCase("['a\\")]
    public void TryParse_AnythingElse_IsRefused(string text) => Assert.That(PythonList.TryParse(text, out _), Is.False);

    [TestCase("['a' 'b' ...\n 'y' 'z']", true)]
    [TestCase("['a', ..., 'z']", true)]
    [TestCase("what ... now", false)]
    [TestCase("['a' b]", false)]
    public void IsElided_Text_TellsArraysCutShort(string text, bool expected) => Assert.That(PythonList.IsElided(text), Is.EqualTo(expected));

    [Test]
    public void TryParse_WhatPythonWrites_ComesBack() =>
        Prop.ForAll(ArbMap.Default.ArbFor<NonNull<string>[]>(), texts =>
        {
            var expected = texts.Select(text => string.Concat(text.Get.EnumerateRunes())).ToArray();
            return PythonList.TryParse($"[{string.Join(", ", expected.Select(Quote))}]", out var items) && items.SequenceEqual(expected);
        }).QuickCheckThrowOnFailure();

    private static string Quote(string text)
    {
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        var quoted = new StringBuilder().Append(quote);
        foreach (var character in text)
            quoted.Append(character == quote || character == '\\' ? $"\\{character}" : character == '\n' ? "\\n" : $"{character}");
        return quoted.Append(quote).ToString();
    }
}
