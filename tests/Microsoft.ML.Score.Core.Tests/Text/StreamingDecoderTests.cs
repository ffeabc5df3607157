using FsCheck;
using FsCheck.Fluent;

namespace Microsoft.ML.Score.Text;

[TestFixture]
public class StreamingDecoderTests
{
    private static readonly Tokenizer s_tokenizer = new(
        BytePairTrainer.Train(["a\u00E9\U0001F999 caf\u00E9 \U0001F999\U0001F680", "caf\u00E9 \U0001F680"], 8), [new("<|end|>", 300, true), new("<t\u00E9>", 301, false)]);

    [Test]
    public void Append_AnyIds_GivesTheTextOfAllInWholeCodePoints()
    {
        // Most ids are single bytes, so that broken sequences of every kind occur; 302 has no token.
        Prop.ForAll(
            Gen.Choose(0, 302).ArrayOf().ToArbitrary(),
            ArbMap.Default.ArbFor<bool>(),
            (ids, skip) =>
            {
                var decoder = new StreamingDecoder(s_tokenizer, skip);
                string[] pieces = [.. ids.Select(decoder.Append), decoder.Flush()];
                return string.Concat(pieces) == s_tokenizer.Decode(ids, skip) && pieces.All(IsWhole);
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
    }

    [Test]
    public void Append_BytesOfOneCharacter_GivesItWithTheLastByte()
    {
        var ids = s_tokenizer.Encode("\u6F22");
        var decoder = new StreamingDecoder(s_tokenizer, skipSpecialTokens: true);

        Assert.That(ids.Select(decoder.Append), Is.EqualTo(new[] { "", "", "\u6F22" }));
        Assert.That(decoder.Flush(), Is.Empty);
    }

    [Test]
    public void Flush_UnfinishedCharacter_GivesOneReplacementAndStartsAnew()
    {
        var ids = s_tokenizer.Encode("\u6F22");
        var decoder = new StreamingDecoder(s_tokenizer, skipSpecialTokens: true);

        Assert.That(decoder.Append(ids[0]) + decoder.Append(ids[1]), Is.Empty);
        Assert.That(decoder.Flush(), Is.EqualTo("\uFFFD"));
        Assert.That(string.Concat(ids.Select(decoder.Append)), Is.EqualTo("\u6F22"));
    }

    private static bool IsWhole(string piece) => piece.Length == 0 || !(char.IsLowSurrogate(piece[0]) || char.IsHighSurrogate(piece[^1]));
}
