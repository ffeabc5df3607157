using System.Security.Cryptography;
using System.Text;

namespace Microsoft.ML.Score.Text;

[TestFixture]
public class NormalizationFormCTests
{
    [TestCase("e\u0301", "\u00E9")]
    [TestCase("\u212B", "\u00C5")]
    [TestCase("\u1100\u1161\u11A8", "\uAC01")]
    [TestCase("\uAC00\u11A8", "\uAC01")]
    [TestCase("a\u0307\u0323", "\u1EA1\u0307")]
    [TestCase("\u0958", "\u0915\u093C")]
    [TestCase("\u1E9B\u0323", "\u1E9B\u0323")]
    [TestCase("\U0001D15E", "\U0001D157\U0001D165")]
    [TestCase("\u0301a", "\u0301a")]
    [TestCase("\u05D3\u05BC\u05B0", "\u05D3\u05B0\u05BC")]
    [TestCase("plain ASCII and ÿ", "plain ASCII and ÿ")]
    public void Normalize_KnownCase_IsComposed(string text, string expected)
    {
        Assert.That(NormalizationFormC.Normalize(text), Is.EqualTo(expected));
    }

    [Test]
    public void Normalize_EveryCodePointAmongNeighbours_HashesAsPythons()
    {
        // import hashlib, unicodedata as u  # Python 3.11, Unicode 14.0
        // h = hashlib.sha256()
        // for c in range(0x30000):
        //     if not 0xD800 <= c < 0xE000:
        //         h.update(u.normalize('NFC', 'a\u0323' + chr(c) + '\u0301\u1161\u0307').encode())
        // print(h.hexdigest())
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var codePoint = 0; codePoint < 0x30000; codePoint++)
            if (Rune.IsValid(codePoint))
                hash.AppendData(Encoding.UTF8.GetBytes(NormalizationFormC.Normalize($"a\u0323{new Rune(codePoint)}\u0301\u1161\u0307")));

        Assert.That(Convert.ToHexStringLower(hash.GetHashAndReset()), Is.EqualTo("67e901e131f0510171a21c64ef80d5129a6b5c4a0d746b8fde13c3b1ab3f2873"));
    }
}
