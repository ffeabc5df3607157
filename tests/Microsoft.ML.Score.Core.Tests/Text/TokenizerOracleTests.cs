using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.ML.Score.Storage;
using Oracle = Tokenizers.DotNet.Tokenizer;

namespace Microsoft.ML.Score.Text;

/// <summary>
/// Texts against Hugging Face's tokenizers (Rust), which shares no code with ours: in Qwen2's real vocabulary where the goldens are, and in one of ours whose merges
/// reach over every place at which text may be cut, so that ids show whether it is. Code points that .NET does not know are left out, because a newer oracle may.
/// </summary>
[TestFixture]
public sealed class TokenizerOracleTests : IDisposable
{
    private const int TextsOfAKind = 1500;

    private static readonly string[] s_specialTokens = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|video_pad|>"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [OneTimeSetUp]
    public static void RequireNativeLibrary()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64)
            // The package comes without natives; that of one platform is enough for an oracle, since our tokenizer is the same code everywhere.
            Assert.Ignore("The native library of Tokenizers.DotNet is referenced for Linux on x64 only.");
    }

    [TestCase("ASCII")]
    [TestCase("code")]
    [TestCase("contractions")]
    [TestCase("digits of all scripts")]
    [TestCase("white space")]
    [TestCase("Latin, Greek, Cyrillic")]
    [TestCase("CJK, kana, hangul")]
    [TestCase("emoji")]
    [TestCase("combining marks")]
    [TestCase("any code point")]
    [TestCase("special tokens")]
    public void Encode_RandomTexts_GivesTheOraclesIds(string kind) => CompareRandom(TokenizerFile(CutMerges()), kind);

    [TestCase("ASCII")]
    [TestCase("code")]
    [TestCase("CJK, kana, hangul")]
    [TestCase("combining marks")]
    [TestCase("any code point")]
    [TestCase("special tokens")]
    public void Encode_RandomTextsInQwensVocabulary_GivesTheOraclesIds(string kind) => CompareRandom(TokenizerFile(QwenMerges()), kind);

    [Test]
    public void Encode_EveryCodePointAmongNeighbours_GivesTheOraclesIds() =>
        Compare(TokenizerFile(CutMerges()), KnownCodePoints().Select(rune => $"l{rune}l!{rune}! {rune} {rune}\n{rune}7{rune}7\n  {rune}  l"));

    /// <summary>
    /// Form C orders marks by their classes. The oracle's are older (Unicode 9) than ours (Unicode 14), so that it may leave text with a newer mark as it stands; where
    /// it does anything else, it must be what we do.
    /// </summary>
    [Test]
    public void Encode_EveryCodePointBeforeMarks_GivesTheOraclesIdsUnlessItsTablesLackTheMark()
    {
        using var oracle = new Oracle(TokenizerFile(CutMerges()));
        var ours = Tokenizer.Load(CheckpointFiles.FromFolder(_folder.Path));
        var asItStands = new Tokenizer(BytePairVocabulary.FromMerges(CutMerges()), [], normalize: false);
        foreach (var rune in KnownCodePoints())
        {
            var text = $"l{rune}\u0323\u0301l";
            var (actual, expected) = (ours.Encode(text), Array.ConvertAll(oracle.Encode(text), id => (int)id));
            var mayLack = Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark && expected.AsSpan().SequenceEqual(asItStands.Encode(text));
            if (!mayLack && !actual.AsSpan().SequenceEqual(expected))
                Assert.That(actual, Is.EqualTo(expected), $"{rune.Value:X4}");
        }
    }

    private static IEnumerable<Rune> KnownCodePoints() => Enumerable.Range(0, 0x110000).Where(Rune.IsValid).Select(value => new Rune(value)).Where(IsKnown);

    private void CompareRandom(string path, string kind)
    {
        var random = new Random(17);
        Compare(path, Enumerable.Range(0, TextsOfAKind).Select(_ => Text(kind, random)));
    }

    private void Compare(string path, IEnumerable<string> texts)
    {
        var ours = Tokenizer.Load(CheckpointFiles.FromFolder(_folder.Path));
        using var oracle = new Oracle(path);
        foreach (var text in texts)
        {
            var (actual, expected) = (ours.Encode(text), Array.ConvertAll(oracle.Encode(text), id => (int)id));
            if (!actual.AsSpan().SequenceEqual(expected))
                Assert.That(actual, Is.EqualTo(expected), $"<{text}> {string.Join(' ', text.EnumerateRunes().Select(rune => $"{rune.Value:X4}"))}");
        }
    }

    private static bool IsKnown(Rune rune) => Rune.GetUnicodeCategory(rune) != UnicodeCategory.OtherNotAssigned;

    private static string Text(string kind, Random random)
    {
        var text = new StringBuilder();
        for (var left = random.Next(1, 30); left > 0; left--)
            text.Append(kind switch
            {
                "ASCII" => (char)random.Next(0x20, 0x7F),
                "code" => Any("if", "(", ")", "{", "}", "\n", "    ", "\t", "=>", "x1", "foo_bar", "\"", "'", "//", " ", "==", "0.5f", ";\r\n", "\\n"),
                "contractions" => Any("'s", "'S", "'\u017F", "'re", "'RE", "'Ve", "'m", "'lL", "'d", "'x", "we", "I", " ", "'", "\u2019s"),
                "digits of all scripts" => Any("1", "23", "\u0663", "\u096A", "\U0001D7D8", "\u2163", "\u00BD", "\u00B2", " ", "a", "-", "."),
                "white space" => Any(" ", "  ", "\t", "\n", "\r\n", "\r", "\u00A0", "\u2003", "\u3000", "\u0085", "\u2028", "\u200B", "\v", "\f", "a", "!", "9", "\u1680"),
                "Latin, Greek, Cyrillic" => Known(0xA0, 0x530),
                "CJK, kana, hangul" => random.Next(4) switch { 0 => Known(0x4E00, 0xA000), 1 => Known(0x3040, 0x3100), 2 => Known(0x1100, 0x1200), _ => Known(0xAC00, 0xD7A4) },
                "emoji" => Any("😀", "👍🏽", "👩\u200D💻", "🇩🇪", "❤\uFE0F", "1\uFE0F\u20E3", " ", "a", Known(0x1F300, 0x1F650)),
                "combining marks" => random.Next(3) == 0 ? Any("a", "e", "\u05D3", "\u0915", "\u1E9B", "o ") : Known(0x300, 0x370),
                "any code point" => Known(0, 0x30000),
                _ => Any(s_specialTokens[random.Next(s_specialTokens.Length)], "<|", "|>", "im_start", " ", "\n", "a", "<|im_", "é"),
            });
        return text.ToString();

        string Any(params ReadOnlySpan<string> parts) => parts[random.Next(parts.Length)];

        string Known(int from, int to)
        {
            while (true)
                if (Rune.TryCreate(random.Next(from, to), out var rune) && IsKnown(rune))
                    return rune.ToString();
        }
    }

    /// <summary>Writes the folder's tokenizer.json, which is read by both.</summary>
    private string TokenizerFile(IReadOnlyList<(string Left, string Right)> merges)
    {
        var vocabulary = BytePairVocabulary.FromMerges(merges);
        var first = vocabulary.Ids.Values.Max() + 1;
        var path = _folder.File("tokenizer.json");
        File.WriteAllText(path, JsonSerializer.Serialize(new
        {
            version = "1.0",
            added_tokens = s_specialTokens.Select((token, index) => new { id = first + index, content = token, single_word = false, lstrip = false, rstrip = false, normalized = false, special = true }),
            normalizer = new { type = "NFC" },
            pre_tokenizer = new
            {
                type = "Sequence",
                pretokenizers = new object[]
                {
                    new { type = "Split", pattern = new { Regex = PreTokenizer.Pattern }, behavior = "Isolated", invert = false },
                    new { type = "ByteLevel", add_prefix_space = false, trim_offsets = false, use_regex = false },
                },
            },
            decoder = new { type = "ByteLevel", add_prefix_space = false, trim_offsets = false, use_regex = false },
            model = new { type = "BPE", vocab = vocabulary.Ids, merges = merges.Select(merge => new[] { merge.Left, merge.Right }) },
        }, new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
        return path;
    }

    /// <summary>A letter, a sign, a digit, a space and a line end merge with the first byte of a code point beyond ASCII behind them, and some with the last byte of one before them.</summary>
    private static (string Left, string Right)[] CutMerges()
    {
        var leading = Enumerable.Range(0xC2, 0x33).Select(Symbol);
        var trailing = Enumerable.Range(0x80, 0x40).Select(Symbol);
        return
        [
            .. leading.SelectMany(symbol => "l!7 \n".Select(before => (Symbol(before), symbol))),
            .. trailing.SelectMany(symbol => "l! \n".Select(after => (symbol, Symbol(after)))),
        ];

        static string Symbol(int value) => ByteAlphabet.ToCharacter((byte)value).ToString();
    }

    private static (string Left, string Right)[] QwenMerges()
    {
        using var reader = new StreamReader(new System.IO.Compression.GZipStream(File.OpenRead(RepositoryFolder.Golden("models", "tokenizer", "merges.txt.gz")), System.IO.Compression.CompressionMode.Decompress));
        return TokenizerReader.ParseMerges(reader.ReadToEnd());
    }
}
