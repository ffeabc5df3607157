namespace Microsoft.ML.Score.Models.Loading;

[TestFixture]
public class HubModelIdTests
{
    [TestCase("Qwen/Qwen3-VL-8B-Instruct", "Qwen", "Qwen3-VL-8B-Instruct", "main")]
    [TestCase("lmms-lab/LLaVA-Video-7B-Qwen2@refs/pr/2", "lmms-lab", "LLaVA-Video-7B-Qwen2", "refs/pr/2")]
    [TestCase("a/b.c_d@v1.0+x", "a", "b.c_d", "v1.0+x")]
    public void TryParse_Id_HasItsParts(string text, string organisation, string name, string revision)
    {
        var model = HubModelId.TryParse(text);

        Assert.That(model, Is.EqualTo(new HubModelId(organisation, name, revision)));
        Assert.That(model!.ToString(), Is.EqualTo(text));
        Assert.That(model.FolderName, Is.EqualTo($"models--{organisation}--{name}"));
    }

    /// <summary>What is no id could be a path, so nothing of it may become one.</summary>
    [TestCase("tiny")]
    [TestCase("")]
    [TestCase("/")]
    [TestCase("a/b/c")]
    [TestCase("./models")]
    [TestCase("../models")]
    [TestCase("models/..")]
    [TestCase("/models/a")]
    [TestCase("a\\b/c")]
    [TestCase("C:/a")]
    [TestCase("a--b/c")]
    [TestCase("a/b..c")]
    [TestCase("a/-b")]
    [TestCase("a/b.")]
    [TestCase("a/b\n")]
    [TestCase("a/b@")]
    [TestCase("a/b@../x")]
    [TestCase("a/b@/x")]
    [TestCase("a/b@x/")]
    [TestCase("a/b@-x")]
    [TestCase("a/b@x y")]
    [TestCase("a/b@x@y")]
    [TestCase("a/\u00e9")]
    public void TryParse_NoId_IsNull(string text) => Assert.That(HubModelId.TryParse(text), Is.Null);
}
