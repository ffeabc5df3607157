using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models.Qwen2;

[TestFixture]
public class StoredChatTemplateTests
{
    private RandomCheckpoint _checkpoint = null!;

    [SetUp]
    public void SetUp() => _checkpoint = new RandomCheckpoint();

    [TearDown]
    public void TearDown() => _checkpoint.Dispose();

    [TestCase("chat_template.jinja", "other {{ messages }}")]
    [TestCase("chat_template.jinja", "")]
    [TestCase("chat_template.jinja", "version https://git-lfs.github.com/spec/v1\noid sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\nsize 1024\n")]
    [TestCase("chat_template.json", """{"chat_template": "other"}""")]
    [TestCase("chat_template.json", """{"chat_template": 5}""")]
    [TestCase("chat_template.json", "{")]
    [TestCase("processor_config.json", """{"chat_template": [{"name": "tools", "template": "x"}, {"name": "default", "template": "other"}]}""")]
    [TestCase("processor_config.json", """{"chat_template": {"default": "other"}}""")]
    public void Load_OtherTemplate_WarnsOnceWithTheFile(string file, string content)
    {
        File.WriteAllText(PathOf(file), content);
        var warnings = new List<string>();

        VideoModel.Load(_checkpoint.Folder, new VideoModelOptions { Warn = warnings.Add }).Dispose();

        Assert.That(warnings, Has.Count.EqualTo(1));
        Assert.That(warnings[0], Does.Contain($"'{file}'").And.Contain(_checkpoint.Folder).And.Contain("the released one is used"));
        Assert.That(VideoModel.Check(_checkpoint.Folder)[^1].Summary, Is.EqualTo($"{file} is not the released one, which is used all the same"));
    }

    [TestCase("chat_template.jinja")]
    [TestCase("chat_template.json")]
    [TestCase("processor_config.json")]
    [TestCase("tokenizer_config.json")]
    public void Load_ReleasedTemplate_SaysNothing(string file)
    {
        var released = Released();
        if (file == "chat_template.jinja")
            File.WriteAllText(PathOf(file), released.Replace("\n", "\r\n") + "\n");
        else
        {
            var json = File.Exists(PathOf(file)) ? JsonNode.Parse(File.ReadAllText(PathOf(file)))! : new JsonObject();
            json["chat_template"] = released;
            File.WriteAllText(PathOf(file), json.ToJsonString());
        }

        var warnings = new List<string>();
        VideoModel.Load(_checkpoint.Folder, new VideoModelOptions { Warn = warnings.Add }).Dispose();

        Assert.That(warnings, Is.Empty);
        Assert.That(VideoModel.Check(_checkpoint.Folder)[^1].Summary, Is.EqualTo($"{file}, the released one"));
    }

    [Test]
    public void Find_SeveralFiles_TakesTheOneThatTransformersTakes()
    {
        File.WriteAllText(PathOf("chat_template.json"), """{"chat_template": "other"}""");
        File.WriteAllText(PathOf("chat_template.jinja"), Released());

        Assert.That(StoredChatTemplate.Find(CheckpointFiles.FromFolder(_checkpoint.Folder)), Is.EqualTo(new StoredChatTemplate("chat_template.jinja", IsReleased: true)));
        File.Delete(PathOf("chat_template.jinja"));
        Assert.That(StoredChatTemplate.Find(CheckpointFiles.FromFolder(_checkpoint.Folder)), Is.EqualTo(new StoredChatTemplate("chat_template.json", IsReleased: false)));
    }

    [Test]
    public void Load_NoTemplateOrLlava_SaysNothing()
    {
        using var llava = new RandomLlavaCheckpoint();
        File.WriteAllText(Path.Combine(llava.Folder, "chat_template.jinja"), "other");
        var warnings = new List<string>();

        VideoModel.Load(_checkpoint.Folder, new VideoModelOptions { Warn = warnings.Add }).Dispose();
        VideoModel.Load(llava.Folder, new VideoModelOptions { Warn = warnings.Add }).Dispose();

        Assert.That(warnings, Is.Empty);
    }

    private static string Released()
    {
        using var golden = JsonDocument.Parse(File.ReadAllBytes(RepositoryFolder.Golden("models", "prompts", "qwen25vl_chat.json")));
        return golden.RootElement.GetProperty("chat_template").GetString()!;
    }

    private string PathOf(string name) => Path.Combine(_checkpoint.Folder, name);
}
