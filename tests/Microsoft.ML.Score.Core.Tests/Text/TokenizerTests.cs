using FsCheck;
using FsCheck.Fluent;

namespace Microsoft.ML.Score.Text;

[TestFixture]
public class TokenizerTests
{
    private static readonly BytePairVocabulary s_vocabulary = BytePairTrainer.Train(["low lower lowest newer wider", "the lowest of the low"], 20);

    private static readonly Tokenizer s_tokenizer = new(s_vocabulary, [new("<|end|>", 300, true), new("<|end|>!", 301, false)]);

    [Test]
    public void Encode_AddedTokensThatShareABeginning_LongestWins()
    {
        Assert.That(s_tokenizer.Encode("<|end|>!<|end|>"), Is.EqualTo(new[] { 301, 300 }));
    }

    [Test]
    public void Encode_StrippingTokens_TakeTheWhiteSpaceBesideThem()
    {
        var tokenizer = new Tokenizer(s_vocabulary, [new("<left>", 300, true, Lstrip: true), new("<right>", 301, true, Rstrip: true)]);

        Assert.That(tokenizer.Encode("a \n<left> \t<right>\u3000 b"), Is.EqualTo((int[])[.. tokenizer.Encode("a"), 300, .. tokenizer.Encode(" \t"), 301, .. tokenizer.Encode("b")]));
        Assert.That(tokenizer.Encode("<right> <left>"), Is.EqualTo(new[] { 301, 300 }));
    }

    [Test]
    public void Encode_NormalizedToken_IsFoundInDecomposedText()
    {
        var tokenizer = new Tokenizer(s_vocabulary, [new("<caf\u00E9>", 300, false, Normalized: true), new("<the\u0301>", 301, false), new("<e\u0301>", 302, false, Normalized: true)]);

        Assert.That(tokenizer.Encode("<cafe\u0301>"), Is.EqualTo(new[] { 300 }));
        Assert.That(tokenizer.Encode("<the\u0301>"), Is.EqualTo(new[] { 301 }));
        Assert.That(tokenizer.Encode("<th\u00E9>"), Has.Length.GreaterThan(1));
        Assert.That(tokenizer.Encode("<\u00E9>"), Is.EqualTo(new[] { 302 }));
    }

    [Test]
    public void Encode_AnyText_MergesByRankLikeTheSlowTwin()
    {
        Prop.ForAll(
            ArbMap.Default.ArbFor<int[]>(),
            choices =>
            {
                var text = string.Concat(choices.Select(choice => "lowert nsidh  \n"[(choice & int.MaxValue) % 15]));
                return s_tokenizer.Encode(text).SequenceEqual(SlowEncode(text));
            }).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Decode_OfEncode_GivesTheNormalisedText()
    {
        Prop.ForAll(
            ArbMap.Default.ArbFor<string>().Filter(text => text is not null),
            text => s_tokenizer.Decode(s_tokenizer.Encode(text), false) == NormalizationFormC.Normalize(text)).QuickCheckThrowOnFailure();
    }

    [Test]
    public void Encode_LongPiece_IsNotQuadratic()
    {
        Assert.That(s_tokenizer.Encode(new string('o', 300_000)), Has.Length.EqualTo(300_000));
    }

    [TestCase(true, "a")]
    [TestCase(false, "a<|end|>")]
    public void Decode_SpecialToken_IsSkippedOnRequest(bool skip, string expected)
    {
        var ids = s_tokenizer.Encode("a<|end|>");

        Assert.That(s_tokenizer.Decode(ids, skip), Is.EqualTo(expected));
    }

    [Test]
    public void Decode_HalfACharacterOrUnknownId_GivesReplacementCharacters()
    {
        var half = s_tokenizer.Encode("é")[0];

        Assert.That(s_tokenizer.Decode([half, 99_999], false), Is.EqualTo("\uFFFD\uFFFD"));
    }

    [Test]
    public void Decode_NegativeId_Throws()
    {
        Assert.That(() => s_tokenizer.Decode([-1], false), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void VocabularySize_CountsAddedTokens()
    {
        Assert.That(s_tokenizer.VocabularySize, Is.EqualTo(302));
    }

    [Test]
    public void Ctor_AddedTokenTakesAnIdOfTheVocabulary_Throws()
    {
        Assert.That(() => new Tokenizer(s_vocabulary, [new("<|end|>", 5, true)]), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("<|end|>"));
    }

    // Sennrich's loop as it stands: find the best-ranked pair anywhere, merge all its occurrences from the left, repeat.
    private static List<int> SlowEncode(string text)
    {
        var ids = new List<int>();
        for (var start = 0; start < text.Length;)
        {
            var length = PreTokenizer.FirstPieceLength(text.AsSpan(start));
            List<string> symbols = [.. System.Text.Encoding.UTF8.GetBytes(text.Substring(start, length)).Select(value => ByteAlphabet.ToCharacter(value).ToString())];
            start += length;
            foreach (var (left, right) in s_vocabulary.Merges)
                for (var i = 0; i + 1 < symbols.Count; i++)
                    if (symbols[i] == left && symbols[i + 1] == right)
                    {
                        symbols[i] = left + right;
                        symbols.RemoveAt(i + 1);
                    }
            ids.AddRange(symbols.Select(symbol => s_vocabulary.Ids[symbol]));
        }

        return ids;
    }
}
