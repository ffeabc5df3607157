using System.IO.Compression;
using System.Text.Json;
using Microsoft.ML.Score.Models.Qwen2;

namespace Microsoft.ML.Score.Text;

/// <summary>Qwen2's real vocabulary against token ids made by the original tokenizer.</summary>
[TestFixture]
public class QwenTokenizerGoldenTests
{
    private static readonly Lazy<BytePairVocabulary> s_vocabulary = new(ReadVocabulary);

    [TestCase("plain_qwen2", "qwen2_llava_video")]
    [TestCase("with_special_qwen2_5", "qwen2_5_vl")]
    public void Encode_GoldenCases_GivesTheSameIds(string group, string specialTokens)
    {
        var tokenizer = Create(specialTokens);

        using (Assert.EnterMultipleScope())
            foreach (var golden in Read("tokenizer", "cases.json").GetProperty(group).EnumerateArray())
            {
                // Marked cases differ between the regex engines of the original's own two implementations.
                if (golden.TryGetProperty("edge", out var edge) && edge.GetBoolean())
                    continue;
                var text = golden.GetProperty("text").GetString()!;
                Assert.That(tokenizer.Encode(text), Is.EqualTo(Integers(golden.GetProperty("ids"))), text);
            }
    }

    [Test]
    public void Decode_GoldenCases_GivesTheSameText()
    {
        var tokenizer = Create("qwen2_5_vl");

        using (Assert.EnterMultipleScope())
            foreach (var golden in Read("tokenizer", "cases.json").GetProperty("decode_qwen2_5").EnumerateArray())
                Assert.That(
                    tokenizer.Decode(Integers(golden.GetProperty("ids")), golden.GetProperty("skip_special_tokens").GetBoolean()),
                    Is.EqualTo(golden.GetProperty("text").GetString()));
    }

    [Test]
    public void Encode_RenderedChats_GivesTheSameIds()
    {
        var tokenizer = Create("qwen2_5_vl");

        using (Assert.EnterMultipleScope())
            foreach (var golden in Read("prompts", "qwen25vl_chat.json").GetProperty("cases").EnumerateArray())
                Assert.That(
                    tokenizer.Encode(golden.GetProperty("text").GetString()!),
                    Is.EqualTo(Integers(golden.GetProperty("ids_unexpanded"))), golden.GetProperty("name").GetString());
    }

    [Test]
    public void ChatTemplate_VideoQuestion_GivesTheRenderedText()
    {
        var golden = Read("prompts", "qwen25vl_chat.json").GetProperty("cases").EnumerateArray().First(IsVideoQuestion);
        var question = golden.GetProperty("messages")[0].GetProperty("content")[1].GetProperty("text").GetString()!;

        Assert.That(QwenChatTemplate.BeforeVideo + QwenChatTemplate.VideoPad + QwenChatTemplate.AfterVideo(question), Is.EqualTo(golden.GetProperty("text").GetString()));
    }

    [Test]
    public void ChatTemplate_EncodedInTwoParts_GivesTheExpandedIds()
    {
        var tokenizer = Create("qwen2_5_vl");
        var file = Read("prompts", "qwen25vl_chat.json");
        var expanded = file.GetProperty("expanded_example");
        var golden = file.GetProperty("cases").EnumerateArray().First(IsVideoQuestion);
        var question = golden.GetProperty("messages")[0].GetProperty("content")[1].GetProperty("text").GetString()!;
        tokenizer.TryGetSpecialToken(QwenChatTemplate.VideoPad, out var videoPad);

        int[] ids =
        [
            .. tokenizer.Encode(QwenChatTemplate.BeforeVideo),
            .. Enumerable.Repeat(videoPad, expanded.GetProperty("num_video_tokens").GetInt32()),
            .. tokenizer.Encode(QwenChatTemplate.AfterVideo(question)),
        ];

        Assert.That(ids, Is.EqualTo(Integers(expanded.GetProperty("ids"))));
    }

    private static bool IsVideoQuestion(JsonElement golden) => golden.GetProperty("name").GetString() == "video_question" && golden.GetProperty("add_generation_prompt").GetBoolean();

    private static Tokenizer Create(string specialTokens)
    {
        var file = Read("tokenizer", "special_tokens.json");
        var plain = file.GetProperty("special_flag_false").EnumerateArray().Select(token => token.GetString()).ToHashSet();
        return new(s_vocabulary.Value, file.GetProperty(specialTokens).EnumerateObject().Select(token => new AddedToken(token.Name, token.Value.GetInt32(), !plain.Contains(token.Name))));
    }

    private static BytePairVocabulary ReadVocabulary()
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(RepositoryFolder.Golden("models", "tokenizer", "merges.txt.gz")), CompressionMode.Decompress));
        var merges = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1).Select(line => line.Split(' '));
        return BytePairVocabulary.FromMerges([.. merges.Select(merge => (merge[0], merge[1]))]);
    }

    private static JsonElement Read(string folder, string name) => JsonDocument.Parse(File.ReadAllBytes(RepositoryFolder.Golden("models", folder, name))).RootElement;

    private static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(value => value.GetInt32())];
}
