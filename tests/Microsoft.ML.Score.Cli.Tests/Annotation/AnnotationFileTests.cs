using System.Text;
using System.Text.Json;

namespace Score.Cli.Annotation;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class AnnotationFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Test]
    public void Open_TornAnywhere_KeepsTheWholeLinesAndGoesOn()
    {
        using (var file = new AnnotationFile(_folder.File("whole")))
            foreach (var path in new[] { "a.mp4", "ü.mp4", "c.mp4" })
                file.Add(Row(path));
        var whole = File.ReadAllBytes(_folder.File("whole"));

        for (var length = 0; length <= whole.Length; length += 7)
        {
            File.WriteAllBytes(_folder.File("torn"), whole[..length]);
            using (var file = new AnnotationFile(_folder.File("torn")))
            {
                Assert.That(file.Paths, Has.Count.EqualTo(whole[..length].Count(value => value == '\n')));
                foreach (var path in new[] { "a.mp4", "ü.mp4", "c.mp4" })
                    if (!file.Paths.Contains(path))
                        file.Add(Row(path));
            }

            Assert.That(File.ReadAllBytes(_folder.File("torn")), Is.EqualTo(whole), $"torn after {length} bytes");
        }
    }

    [TestCase("{\"video\": \"a.mp4\", \"caption\": \"A cat.\"}\n")]
    [TestCase("{\"video\": \"a.mp4\", \"caption\": \"A cat.\"}")]
    [TestCase("[1, 2, 3]")]
    [TestCase("{\"path\":\"a.mp4\"\n{\"path\":")]
    [TestCase("\n")]
    public void Open_FileOfSomethingElse_IsRefusedAndLeftAsItIs(string text)
    {
        File.WriteAllText(_folder.File("other"), text);

        Assert.That(() => new AnnotationFile(_folder.File("other")), Throws.TypeOf<InvalidDataException>().With.Message.Contains("line 1"));
        Assert.That(File.ReadAllText(_folder.File("other")), Is.EqualTo(text));
    }

    [Test]
    public void Open_HeldByAnother_IsRefused()
    {
        using var first = new AnnotationFile(_folder.File("rows"));

        Assert.That(() => new AnnotationFile(_folder.File("rows")), Throws.InstanceOf<IOException>());
    }

    [Test]
    public void Add_Row_HasTheDocumentedKeys()
    {
        using (var file = new AnnotationFile(_folder.File("rows")))
            file.Add(Row("é \"1\".mp4"));

        using var row = JsonDocument.Parse(File.ReadAllText(_folder.File("rows"), Encoding.UTF8));
        Assert.That(row.RootElement.EnumerateObject().Select(property => property.Name), Is.EqualTo(new[] { "path", "caption", "original", "model", "usage" }));
        Assert.That(row.RootElement.GetProperty("path").GetString(), Is.EqualTo("é \"1\".mp4"));
        Assert.That(row.RootElement.GetProperty("usage").GetRawText(), Is.EqualTo("""{"prompt_tokens":11,"completion_tokens":3}"""));
    }

    private static AnnotatedRow Row(string path) => new(path, "A cat\nsits.", "Cat", "teacher", new TokenUsage(11, 3));
}
