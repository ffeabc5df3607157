using System.Diagnostics;
using System.Text;

namespace Microsoft.ML.Score.Storage;

/// <summary>Headers that were made to cost time or memory, or to pass for a legal one.</summary>
[TestFixture]
public class SafetensorsHeaderTests
{
    [TestCase("[1e0]")]
    [TestCase("[1.0]")]
    [TestCase("[-0]")]
    [TestCase("[0,-1]")]
    [TestCase("[\"1\"]")]
    [TestCase("[[1]]")]
    [TestCase("[{}]")]
    [TestCase("[null]")]
    [TestCase("[9223372036854775808]")]
    [TestCase("{}")]
    [TestCase("null")]
    public void Parse_ShapeThatIsNoListOfPlainIntegers_NamesTensorAndValue(string shape)
    {
        var header = $$$"""{"a":{"dtype":"U8","shape":{{{shape}}},"data_offsets":[0,1]}}""";

        Assert.That(() => Parse(header, 1), Throws.TypeOf<InvalidDataException>().With.Message.Contains("Tensor 'a' of 'test'").And.Message.Contains("shape"));
    }

    [TestCase("[0]", "got 1 data_offsets")]
    [TestCase("[]", "got 0 data_offsets")]
    [TestCase("[0,1,1]", "more than 2 numbers in its data_offsets")]
    [TestCase("[0,1e0]", "has 1e0 in its data_offsets")]
    public void Parse_WrongOffsets_SaysWhatIsWrong(string offsets, string message) => Assert.That(
        () => Parse($$$"""{"a":{"dtype":"U8","shape":[1],"data_offsets":{{{offsets}}}}}""", 1),
        Throws.TypeOf<InvalidDataException>().With.Message.Contains(message));

    [TestCase(64, true)]
    [TestCase(65, false)]
    [TestCase(200_000, false)]
    public void Parse_Dimensions_AreAtMostSixtyFour(int count, bool accepted)
    {
        var header = $$$"""{"a":{"dtype":"U8","shape":[{{{string.Join(',', Enumerable.Repeat(1, count))}}}],"data_offsets":[0,1]}}""";

        if (accepted)
        {
            using var file = Parse(header, 1);
            Assert.That(file.Tensors["a"].Shape, Has.Count.EqualTo(count));
        }
        else
            Assert.That(() => Parse(header, 1), Throws.TypeOf<InvalidDataException>().With.Message.Contains("more than 64 numbers in its shape"));
        Assert.That(() => TensorData.FromSingle("a", [.. Enumerable.Repeat(1, count)], [1]), accepted ? Is.Not.Null : Throws.ArgumentException);
    }

    [TestCase("U16", 2, 4)]
    [TestCase("U32", 2, 8)]
    [TestCase("U64", 2, 16)]
    [TestCase("C64", 2, 16)]
    [TestCase("F8_E4M3", 2, 2)]
    [TestCase("F8_E5M2", 2, 2)]
    [TestCase("F8_E8M0", 2, 2)]
    [TestCase("F6_E2M3", 4, 3)]
    [TestCase("F4", 2, 1)]
    [TestCase("NF4", 2, 7)]
    [TestCase("f32", 2, 8)]
    public void Parse_TypeThatIsNotRead_IsRefusedOnlyWhenItIs(string type, int count, int bytes)
    {
        var header = $$$"""{"a":{"dtype":"{{{type}}}","shape":[{{{count}}}],"data_offsets":[0,{{{bytes}}}]},"b":{"dtype":"U8","shape":[1],"data_offsets":[{{{bytes}}},{{{bytes + 1}}}]}}""";
        using var file = Parse(header, bytes + 1);

        Assert.That(file.ReadInt64("b"), Is.EqualTo(new[] { 0 }));
        Assert.That((file.Tensors["a"].ToString(), file.Tensors["a"].Count), Is.EqualTo(($"{type} [{count}]", count)));
        Assert.That(() => file.ReadSingle("a"), Throws.TypeOf<InvalidDataException>().With.Message.Contains($"'a' of 'test' is {type} [{count}]"));
        Assert.That(() => file.ReadInt64("a"), Throws.TypeOf<InvalidDataException>().With.Message.Contains($"'a' of 'test' is {type} [{count}]"));
        Assert.That(() => file.Bytes("a", 0, 1), Throws.TypeOf<InvalidDataException>().With.Message.Contains(type));
    }

    [TestCase("F8_E4M3", 2, 3, "(F8_E4M3 [2]) needs 2 bytes, its data_offsets are 0 and 3")]
    [TestCase("U64", 2, 2, "(U64 [2]) needs 16 bytes")]
    [TestCase("F4", 3, 2, "(F4 [3]) has 12 bits, expected whole bytes")]
    [TestCase("C64", long.MaxValue, 8, "whose size overflows")]
    public void Parse_TypeThatIsNotReadWithOtherBytes_IsInvalidData(string type, long count, int bytes, string expected) => Assert.That(
        () => Parse($$$"""{"a":{"dtype":"{{{type}}}","shape":[{{{count}}}],"data_offsets":[0,{{{bytes}}}]}}""", bytes),
        Throws.TypeOf<InvalidDataException>().With.Message.Contains(expected));

    [Test]
    public void Parse_FieldsTheFormatDoesNotName_AreSkipped()
    {
        using var file = Parse("""{"a":{"note":{"deep":[1,{"x":[]}]},"dtype":"U8","shape":[1],"more":null,"data_offsets":[0,1],"last":"é"}}""", 1);

        Assert.That(file.Tensors["a"].ToString(), Is.EqualTo("U8 [1]"));
        Assert.That(file.Bytes("a").ToArray(), Is.EqualTo(new byte[1]));
    }

    [TestCase("""{"__metadata__":{"a":"1","a":"2"}}""")]
    [TestCase("""{"__metadata__":{},"__metadata__":{}}""")]
    [TestCase("""{"a":{"dtype":"U8","shape":[1],"shape":[1],"data_offsets":[0,1]}}""")]
    [TestCase("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"data_offsets":[0,1]}}""")]
    public void Parse_NameTwice_IsInvalidData(string header) =>
        Assert.That(() => Parse(header, header.Contains("U8") ? 1 : 0), Throws.TypeOf<InvalidDataException>().With.Message.Contains("twice"));

    [TestCase("""{"LONG":5}""")]
    [TestCase("""{"LONG":{"dtype":"U8","shape":[2],"data_offsets":[0,1]}}""")]
    [TestCase("""{"LONG":{"dtype":"U8","shape":[1],"data_offsets":[7,8]}}""")]
    [TestCase("""{"a":{"dtype":"LONG"}}""")]
    [TestCase("""{"a":"LONG"}""")]
    [TestCase("""{"a":{"shape":["LONG"]}}""")]
    [TestCase("""{"__metadata__":{"LONG":1}}""")]
    [TestCase("""{"__metadata__":{"LONG":"1","LONG":"2"}}""")]
    [TestCase("""{"a":LONG}""")]
    public void Parse_FaultWithLongText_CutsTheMessage(string header) => Assert.That(
        () => Parse(header.Replace("LONG", new string('é', 100_000)), 1),
        Throws.TypeOf<InvalidDataException>().With.Property(nameof(Exception.Message)).Length.LessThan(500));

    [TestCase("dimensions")]
    [TestCase("offsets")]
    [TestCase("tensors")]
    [TestCase("names")]
    [TestCase("metadata")]
    [TestCase("fields")]
    [TestCase("fields of one tensor")]
    [TestCase("tensors twice")]
    [TestCase("nesting")]
    public void Parse_HeaderEightTimesAsLong_TakesAboutEightTimesAsLong(string kind)
    {
        const int count = 10_000;
        Parses(Header(kind, count)); // compiles

        // Quadratic work would take 64 times as long, and always; a run that other processes held up is made again.
        var ratios = Enumerable.Range(0, 30).Select(_ => Parses(Header(kind, 8 * count)) / Math.Max(Parses(Header(kind, count)), 1e-4));

        Assert.That(ratios.Any(ratio => ratio < 32), Is.True);

        static double Parses(string header) => Enumerable.Range(0, 5).Min(_ =>
        {
            var bytes = Raw(header, 0);
            var start = Stopwatch.GetTimestamp();
            try
            {
                SafetensorsFile.Parse(bytes, "test").Dispose();
            }
            catch (InvalidDataException)
            {
                // some of these are refused, at their end
            }

            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        });
    }

    [Test]
    public void Open_FolderOrDevice_IsRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => SafetensorsFile.Open(folder.Path), Throws.TypeOf<InvalidDataException>().With.Message.Contains("is a folder"));
        if (!OperatingSystem.IsWindows())
            Assert.That(() => SafetensorsFile.Open("/dev/zero"), Throws.TypeOf<InvalidDataException>().With.Message.Contains("pipe or device"));
    }

    [Test]
    [CancelAfter(60_000)]
    public void Open_PipeWithoutAWriter_IsRefusedAtOnce([Values] bool linked)
    {
        // Named pipes there lie under \\.\pipe, so that no path of a file leads to one and nothing can hang.
        if (OperatingSystem.IsWindows())
            Assert.Ignore("Windows has no pipes in folders.");
        using var folder = new TemporaryFolder();
        using (var mkfifo = Process.Start("mkfifo", [folder.File("pipe.safetensors")]))
            mkfifo.WaitForExit();
        File.CreateSymbolicLink(folder.File("link"), folder.File("pipe.safetensors"));

        var open = Task.Run(() => SafetensorsFile.Open(folder.File(linked ? "link" : "pipe.safetensors")));

        Assert.That(open.ContinueWith(_ => { }).Wait(TimeSpan.FromSeconds(30)), Is.True, "it waits for a writer");
        Assert.That(open.Exception?.InnerException, Is.TypeOf<InvalidDataException>().With.Message.Contains("pipe or device"));
    }

    [Test]
    public void Open_LinkToAFile_IsRead()
    {
        using var folder = new TemporaryFolder();
        SafetensorsWriter.Write(folder.File("x"), [TensorData.FromSingle("a", [1], [3])]);
        try
        {
            File.CreateSymbolicLink(folder.File("link"), folder.File("x"));
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            // Windows asks for a privilege to make them; without it there is no link to read.
            Assert.Ignore($"Links cannot be made here: {error.Message}");
        }

        using var file = SafetensorsFile.Open(folder.File("link"));
        Assert.That(file.ReadSingle("a"), Is.EqualTo(new[] { 3f }));
    }

    private static string Header(string kind, int count) => kind switch
    {
        "dimensions" => $$$"""{"a":{"dtype":"U8","shape":[{{{Repeat("1", count)}}},[]],"data_offsets":[0,0]}}""",
        "offsets" => $$$"""{"a":{"dtype":"U8","shape":[0],"data_offsets":[{{{Repeat("1", count)}}}]}}""",
        "tensors" => $$$"""{{{{Each(count, i => $$"""t{{i}}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}""")}}}}""",
        "names" => $$$"""{{{{Each(count / 100, i => $$"""{{new string('n', 1000)}}{{i}}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}""")}}}}""",
        "metadata" => $$$"""{"__metadata__":{{{{Each(count, i => $"k{i}\":\"v\"")}}}}}""",
        "fields" => $$$"""{"a":{"x":[{{{Repeat("[]", count)}}}],"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""",
        "fields of one tensor" => $$$"""{"a":{{{{Each(count, i => $"k{i}\":{{}}")}}},"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""",
        "tensors twice" => $$$"""{{{{Each(count, i => $$"""t{{i}}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}""")}}},"t{{{count - 1}}}":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""",
        _ => $$$"""{"a":{{{new string('[', count)}}}{{{new string(']', count)}}}}""",
    };

    private static string Repeat(string item, int count) => string.Join(',', Enumerable.Repeat(item, count));

    private static string Each(int count, Func<int, string> item) => string.Join(',', Enumerable.Range(0, count).Select(i => "\"" + item(i)));

    private static SafetensorsFile Parse(string header, int dataBytes) => SafetensorsFile.Parse(Raw(header, dataBytes), "test");

    private static byte[] Raw(string header, int dataBytes) =>
        [.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. new byte[dataBytes]];
}
