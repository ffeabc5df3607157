using System.Text;
using System.Text.Json;

namespace Microsoft.ML.Score.Datasets.Annotations;

[TestFixture]
public class PythonJsonTests
{
    [TestCase("""{"a": NaN, "b": [Infinity,-Infinity, -1e5], "NaN": "NaN \"NaN, \\", "c": true}""", """{"a": null, "b": [null,null, -1e5], "NaN": "NaN \"NaN, \\", "c": true}""")]
    [TestCase("NaN", "null")]
    [TestCase("[NaNs, Infinityxyzzy, nan, --Infinity]", "[NaNs, Infinityxyzzy, nan, --Infinity]")]
    [TestCase("", "")]
    public void Normalize_WordsForMissingNumbers_BecomeNull(string text, string expected)
    {
        Assert.That(Encoding.UTF8.GetString(PythonJson.Normalize(Encoding.UTF8.GetBytes(text))), Is.EqualTo(expected));
    }

    /// <summary>Whatever the sizes in which a stream gives and is asked for bytes.</summary>
    [Test]
    public void Read_AnySizes_GivesTheSame([Values(1, 2, 3, 7, 64)] int given, [Values(1, 5, 1000)] int asked)
    {
        var text = string.Concat(Enumerable.Range(0, 30).Select(index => $"{new string(' ', index)}{{\"t\": \"NaN\\\\\", \"x\": NaN, \"y\": -Infinity}}\n"));
        using var json = new PythonJson(new Slow(Encoding.UTF8.GetBytes(text), given));
        var read = new List<byte>();
        var buffer = new byte[asked];
        while (json.Read(buffer) is > 0 and var count)
            read.AddRange(buffer[..count]);

        Assert.That(Encoding.UTF8.GetString([.. read]), Is.EqualTo(text.Replace(": NaN", ": null").Replace("-Infinity", "null")));
    }

    [Test]
    public void Normalize_JsonOfAnyKind_StaysTheSame()
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(new { NaN = "Infinity", Infinity = new[] { -1.5e-7, 3 }, nested = new { isTrue = true, isNull = (string?)null, text = "\"NaN\" \\" } });

        Assert.That(PythonJson.Normalize(text), Is.EqualTo(text));
    }

    private sealed class Slow(byte[] bytes, int most) : MemoryStream(bytes)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(most, buffer.Length)]);
    }
}
