namespace Score.Cli.Hub;

[TestFixture]
public class FilePatternsTests
{
    [TestCase("*.json", "config.json", true)]
    [TestCase("*.json", "onnx/config.json", false)]
    [TestCase("**.json", "onnx/config.json", true)]
    [TestCase("**/*.json", "config.json", true)]
    [TestCase("**/*.json", "a/b/config.json", true)]
    [TestCase("onnx/*", "onnx/model.onnx", true)]
    [TestCase("onnx/*", "onnx/a/model.onnx", false)]
    [TestCase("model-0000?-of-*.safetensors", "model-00001-of-00004.safetensors", true)]
    [TestCase("*.json", "configxjson", false)]
    [TestCase("*.json", "a.json.bak", false)]
    [TestCase("a+(b).txt", "a+(b).txt", true)]
    [TestCase("CONFIG.json", "config.json", false)]
    [TestCase("**", "a/b/c", true)]
    public void Match_Pattern_FitsTheWholePath(string pattern, string name, bool expected) =>
        Assert.That(new FilePatterns(["nothing", pattern]).Match(name), Is.EqualTo(expected));

    [TestCase("config.json", true)]
    [TestCase("model-00001-of-00004.safetensors", true)]
    [TestCase("model.safetensors.index.json", true)]
    [TestCase("merges.txt", true)]
    [TestCase("chat_template.jinja", true)]
    [TestCase("pytorch_model.bin", false)]
    [TestCase("model.gguf", false)]
    [TestCase("weights.pt", false)]
    [TestCase("README.md", false)]
    [TestCase("original/model.safetensors", false)]
    public void Default_TakesWhatAModelIsLoadedFrom(string name, bool expected) => Assert.That(new FilePatterns(FilePatterns.Default).Match(name), Is.EqualTo(expected));
}
