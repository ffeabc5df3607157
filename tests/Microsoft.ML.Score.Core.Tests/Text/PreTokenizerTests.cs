namespace Microsoft.ML.Score.Text;

[TestFixture]
public class PreTokenizerTests
{
    [Test]
    public void FirstPieceLength_RandomTexts_CutsAsTheRegularExpressionDoes()
    {
        foreach (var line in File.ReadLines(RepositoryFolder.Golden("pre_tokenizer", "pieces.txt")))
        {
            string[] expected = [.. line.Split(',').Select(piece => string.Concat(piece.Split(' ').Select(codePoint => char.ConvertFromUtf32(Convert.ToInt32(codePoint, 16)))))];

            Assert.That(Split(string.Concat(expected)), Is.EqualTo(expected), line);
        }
    }

    [TestCase("Hello, world!", "Hello|,| world|!")]
    [TestCase("I've 'LL he'd", "I|'ve| '|LL| he|'d")]
    [TestCase("a  b", "a| | b")]
    [TestCase("a   ", "a|   ")]
    [TestCase("a \n \n  b", "a| \n \n| | b")]
    [TestCase("x!!\r\n\ny", "x|!!\r\n\n|y")]
    [TestCase("2024", "2|0|2|4")]
    [TestCase(" 7", " |7")]
    [TestCase("\tif", "\tif")]
    [TestCase("\nif", "\n|if")]
    [TestCase("a\u0301b", "a|\u0301b")]
    [TestCase("-- ok", "--| ok")]
    [TestCase("\U0001D407\U00020000x \U0001D7CF\U0001D7D0", "\U0001D407\U00020000x| |\U0001D7CF|\U0001D7D0")]
    [TestCase("\u00BD\u2460", "\u00BD|\u2460")]
    [TestCase("\u3000\u4E2D", "\u3000\u4E2D")]
    public void FirstPieceLength_Repeated_CutsAsTheExpression(string text, string pieces)
    {
        Assert.That(Split(text), Is.EqualTo(pieces.Split('|')));
    }

    [Test]
    public void FirstPieceLength_RandomTextOfTheBasicPlane_CutsAsRegex()
    {
        // .NET's engine is an oracle as long as no code point needs two UTF-16 units and no letter folds to ASCII from beyond it.
        const string Alphabet = "aZ' \t\r\n\u00A0\u20097\u0663.,!\u4E2D\u00E9sStrRevdmlL";
        var regex = new System.Text.RegularExpressions.Regex(PreTokenizer.Pattern, System.Text.RegularExpressions.RegexOptions.CultureInvariant);
        var random = new Random(3);
        for (var trial = 0; trial < 5000; trial++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 24)).Select(_ => Alphabet[random.Next(Alphabet.Length)]));

            Assert.That(Split(text), Is.EqualTo(regex.Matches(text).Select(match => match.Value)), text);
        }
    }

    private static List<string> Split(string text)
    {
        var pieces = new List<string>();
        for (var start = 0; start < text.Length; start += pieces[^1].Length)
            pieces.Add(text.Substring(start, PreTokenizer.FirstPieceLength(text.AsSpan(start))));
        return pieces;
    }
}
