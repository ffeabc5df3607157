using System.Text;
using System.Text.Json;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Text;

[TestFixture]
public class TokenizerReaderTests
{
    private const string Text = "the lowest <|im_end|>of them<tool>\n";

    private static readonly BytePairVocabulary s_vocabulary = BytePairTrainer.Train(["the lower the lowest of them then"], 12);

    private static readonly AddedToken[] s_addedTokens = [new("<|im_end|>", 400, true), new("<tool>", 401, false)];

    private static readonly int[] s_expected = new Tokenizer(s_vocabulary, s_addedTokens).Encode(Text);

    private DirectoryInfo _folder = null!;

    [SetUp]
    public void SetUp() => _folder = Directory.CreateTempSubdirectory();

    [TearDown]
    public void TearDown() => _folder.Delete(recursive: true);

    [Test]
    public void Read_WrittenFolder_GivesTheSameTokenizer()
    {
        var tokenizer = Read(WriteFiles());

        using (Assert.EnterMultipleScope())
        {
            Assert.That(tokenizer.Encode(Text), Is.EqualTo(s_expected));
            Assert.That(tokenizer.Decode(s_expected, skipSpecialTokens: true), Is.EqualTo("the lowest of them<tool>\n"));
            Assert.That(tokenizer.VocabularySize, Is.EqualTo(402));
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Read_TokenizerJson_GivesTheSameTokenizer(bool mergesAsPairs)
    {
        Assert.That(Read(TokenizerJson(mergesAsPairs)).Encode(Text), Is.EqualTo(s_expected));
    }

    [Test]
    public void Read_OlderFiles_TakesAddedTokensAndTheSpecialOnesAmongThem()
    {
        var files = WriteFiles();
        files.Remove("tokenizer_config.json");
        files["merges.txt"] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(files["merges.txt"]).Replace("\n", "\r\n", StringComparison.Ordinal));
        files["added_tokens.json"] = """{"<|im_end|>": 400, "<tool>": 401}"""u8.ToArray();
        files["special_tokens_map.json"] = """{"eos_token": {"content": "<|im_end|>"}, "pad_token": "<|absent|>"}"""u8.ToArray();

        var tokenizer = Read(files);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(tokenizer.Encode(Text), Is.EqualTo(s_expected));
            Assert.That(tokenizer.Decode(s_expected, skipSpecialTokens: true), Is.EqualTo("the lowest of them<tool>\n"));
        }
    }

    [Test]
    public void Read_NoFiles_SaysWhatWasExpected()
    {
        Assert.That(() => Read([]), Throws.InstanceOf<FileNotFoundException>().With.Message.Contains("tokenizer.json").And.Message.Contains("merges.txt"));
    }

    [Test]
    public void Read_EmptyMergesOfALargerVocabulary_Throws()
    {
        var files = WriteFiles();
        files["merges.txt"] = [];

        Assert.That(() => Read(files), Throws.TypeOf<InvalidDataException>().With.Message.Contains("no merges"));
    }

    [TestCase("vocab.json", "\"Ġ\": 220,", "", "'Ġ'")]
    [TestCase("vocab.json", "\"!\": 0,", "\"!\": 1,", "id 1")]
    [TestCase("vocab.json", "\"!\": 0,", "\"!\": 0, \"!\": 0,", "Duplicate")]
    [TestCase("vocab.json", "\"!\": 0,", "\"!\": -1,", "-1")]
    [TestCase("merges.txt", "h e", "h  e", "'h  e'")]
    [TestCase("tokenizer_config.json", "\"400\"", "\"5\"", "<|im_end|>")]
    [TestCase("tokenizer_config.json", "\"400\"", "\"four\"", "four")]
    [TestCase("tokenizer_config.json", "\"single_word\": false", "\"single_word\": true", "single_word")]
    public void Read_ContradictoryFile_NamesTheCulprit(string name, string find, string replace, string culprit)
    {
        var files = WriteFiles();
        var text = Encoding.UTF8.GetString(files[name]);
        var place = text.IndexOf(find, StringComparison.Ordinal);
        Assert.That(place, Is.GreaterThanOrEqualTo(0), text);
        files[name] = Encoding.UTF8.GetBytes(text.Remove(place, find.Length).Insert(place, replace));

        Assert.That(() => Read(files), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(culprit).And.Message.Contains(_folder.FullName));
    }

    [TestCase("\"NFC\"", "\"NFKC\"", "NFKC")]
    [TestCase("\"BPE\"", "\"Unigram\"", "Unigram")]
    [TestCase("(?i:'s", "(?i:'z", "(?i:'z")]
    [TestCase("\"Sequence\"", "\"Metaspace\"", "Metaspace")]
    [TestCase("\"Split\"", "\"Digits\"", "Digits, ByteLevel")]
    [TestCase("\"Isolated\"", "\"Removed\"", "Removed")]
    [TestCase("\"use_regex\":false", "\"use_regex\":true", "use_regex")]
    [TestCase("\"add_prefix_space\":false,", "\"add_prefix_space\":true,", "add_prefix_space")]
    [TestCase("\"model\":{", "\"post_processor\":{\"type\":\"TemplateProcessing\"},\"model\":{", "TemplateProcessing")]
    [TestCase("\"model\":{", "\"decoder\":{\"type\":\"WordPiece\"},\"model\":{", "WordPiece")]
    [TestCase("\"vocab\":{", "\"ignore_merges\":true,\"vocab\":{", "ignore_merges")]
    [TestCase("\"vocab\":{", "\"dropout\":0.1,\"vocab\":{", "dropout")]
    public void Read_UnsupportedTokenizerJson_SaysWhatIsNot(string find, string replace, string culprit)
    {
        var files = TokenizerJson(mergesAsPairs: false);
        files["tokenizer.json"] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(files["tokenizer.json"]).Replace(find, replace, StringComparison.Ordinal));

        Assert.That(() => Read(files), Throws.InstanceOf<InvalidDataException>().With.Message.Contains(culprit));
    }

    [Test]
    public void Read_NullNormalizer_LeavesTextAsItIs()
    {
        var files = TokenizerJson(mergesAsPairs: false);
        var text = Encoding.UTF8.GetString(files["tokenizer.json"]).Replace("{\"type\":\"NFC\"}", "null", StringComparison.Ordinal);
        files["tokenizer.json"] = Encoding.UTF8.GetBytes(text);

        var tokenizer = Read(files);

        Assert.That(tokenizer.Decode(tokenizer.Encode("e\u0301"), skipSpecialTokens: false), Is.EqualTo("e\u0301"));
    }

    [Test]
    public void Read_SpecialTokenOfTheVocabulary_IsMatchedWhole()
    {
        var files = WriteFiles();
        var merged = s_vocabulary.Ids.First(token => token.Key.Length > 1);
        files["special_tokens_map.json"] = JsonSerializer.SerializeToUtf8Bytes(new { bos_token = merged.Key });

        var tokenizer = Read(files);

        Assert.That(tokenizer.TryGetSpecialToken(merged.Key, out var id));
        Assert.That(id, Is.EqualTo(merged.Value));
        Assert.That(tokenizer.Decode([id], skipSpecialTokens: true), Is.Empty);
    }

    [Test]
    public void Read_DamagedFile_IsValidOrInvalidData([Values("vocab.json", "merges.txt", "tokenizer_config.json", "tokenizer.json", "added_tokens.json", "special_tokens_map.json")] string name)
    {
        var files = name == "tokenizer.json" ? TokenizerJson(mergesAsPairs: true) : WriteFiles();
        files["added_tokens.json"] = """{"<|im_end|>": 400, "<tool>": 401}"""u8.ToArray();
        files["special_tokens_map.json"] = """{"eos_token": {"content": "<|im_end|>"}, "additional_special_tokens": ["<tool>"]}"""u8.ToArray();
        var allowance = 2 * DamagedFile.Allocated(() => Read(files)) + 100 * files[name].Length;
        foreach (var variant in DamagedFile.Variants(files[name]))
            DamagedFile.ReadsOrRefuses(variant, allowance, () =>
            {
                var tokenizer = Read(new() { [name] = variant });
                tokenizer.Decode(tokenizer.Encode(Text), skipSpecialTokens: false);
            });
    }

    private Tokenizer Read(Dictionary<string, byte[]> files)
    {
        foreach (var (name, bytes) in files)
            File.WriteAllBytes(Path.Combine(_folder.FullName, name), bytes);
        return Tokenizer.Load(CheckpointFiles.FromFolder(_folder.FullName));
    }

    private Dictionary<string, byte[]> WriteFiles()
    {
        TokenizerWriter.Write(_folder.FullName, s_vocabulary, s_addedTokens);
        var files = _folder.GetFiles();
        var contents = files.ToDictionary(file => file.Name, file => File.ReadAllBytes(file.FullName));
        foreach (var file in files)
            file.Delete();
        return contents;
    }

    private static Dictionary<string, byte[]> TokenizerJson(bool mergesAsPairs)
    {
        object merges = mergesAsPairs
            ? s_vocabulary.Merges.Select(merge => new[] { merge.Left, merge.Right })
            : s_vocabulary.Merges.Select(merge => $"{merge.Left} {merge.Right}");
        var json = JsonSerializer.Serialize(
            new
            {
                version = "1.0",
                added_tokens = s_addedTokens.Select(token => new { id = token.Id, content = token.Content, lstrip = false, special = token.Special }),
                normalizer = new { type = "NFC" },
                pre_tokenizer = new
                {
                    type = "Sequence",
                    pretokenizers = new object[]
                    {
                        new { type = "Split", pattern = new { Regex = PreTokenizer.Pattern }, behavior = "Isolated", invert = false },
                        new { type = "ByteLevel", add_prefix_space = false, use_regex = false },
                    },
                },
                model = new { type = "BPE", continuing_subword_prefix = "", vocab = s_vocabulary.Ids, merges },
            },
            new JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        return new() { ["tokenizer.json"] = Encoding.UTF8.GetBytes(json) };
    }
}
