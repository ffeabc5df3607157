using System.Text;

namespace Microsoft.ML.Score.Datasets.Annotations;

[TestFixture]
public class AnnotationFilesTests
{
    [Test]
    public void ReadJson_MarkAndTrailingCommas_AreAllowed()
    {
        var rows = AnnotationFiles.ReadJson([.. Encoding.UTF8.Preamble, .. "[{\"a\": 1,}, {\"a\": \"x\"},]"u8], "a.json").ToList();

        Assert.That(rows.Select(row => (row.Text("a"), row.Where)), Is.EqualTo(new[] { ("1", "a.json, row 1"), ("x", "a.json, row 2") }));
    }

    [TestCase("{}")]
    [TestCase("[1]")]
    [TestCase("[{]")]
    [TestCase("")]
    [TestCase("[{\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}]")]
    public void ReadJson_AnythingElse_Throws(string text) =>
        Assert.That(() => AnnotationFiles.ReadJson(Encoding.UTF8.GetBytes(text), "a.json").Count(), Throws.TypeOf<InvalidDataException>().With.Message.StartWith("a.json"));

    [TestCase("one\n1\n", "first line")]
    [TestCase("a\ta\n1\t2\n", "first line")]
    [TestCase("a\tb\n1\n", "1 cells")]
    [TestCase("a\tb\n1\t2\t3\n", "3 cells")]
    [TestCase("", "first line")]
    public void ReadTable_BrokenTable_Throws(string text, string expected) =>
        Assert.That(() => TsvFile.Read(Encoding.UTF8.GetBytes(text), "a.tsv").Count(), Throws.TypeOf<InvalidDataException>().With.Message.Contains(expected));

    /// <summary>Only a cell that is surely escaped is unescaped.</summary>
    [TestCase("\"a \"\"b\"\" c\"", "a \"b\" c")]
    [TestCase("\"a\" or \"b\"", "\"a\" or \"b\"")]
    [TestCase("\"a\"", "\"a\"")]
    [TestCase("say \"hi\"", "say \"hi\"")]
    [TestCase("\"a \"\"b\" c\"", "\"a \"\"b\" c\"")]
    public void ReadTable_Quotes_StandUnlessEscaped(string cell, string expected) =>
        Assert.That(TsvFile.Read(Encoding.UTF8.GetBytes($"a\tb\n1\t{cell}\n"), "a.tsv").Single().Text("b"), Is.EqualTo(expected));

    /// <summary>As pandas writes texts that hold line ends: one record over several lines of the file.</summary>
    [TestCase("a\tb\tc\n1\t\"In which order?\n(a) \"\"Go\"\"\n\n(b) Stop\"\t2\n3\t4\t5\n", "In which order?\n(a) \"Go\"\n\n(b) Stop")]
    [TestCase("b\ta\n\"x\ny\"\t1\n4\t5", "x\ny")]
    [TestCase("a\tb\tc\tb2\n1\t\"x\ny\"\t\"u\nv\"\t2\n3\t4\t5\t6\n", "x\ny")]
    [TestCase("a\tb\tc\r\n1\t\"x\r\ny\"\t2\r\n3\t4\t5\r\n", "x\r\ny")]
    [TestCase("a\tb\n1\t\"odd\n3\t4\n", "\"odd")]
    public void ReadTable_CellOverLines_IsOneCell(string text, string expected) =>
        Assert.That(TsvFile.Read(Encoding.UTF8.GetBytes(text), "a.tsv").Select(row => row.Text("b")), Is.EqualTo(new[] { expected, "4" }));

    /// <summary>A tab within quotes belongs to the cell where the line cannot be read otherwise.</summary>
    [TestCase("a\tb\n1\t\"x\ty\"\n", "x\ty")]
    [TestCase("b\ta\n\"say \"\"x\ty\"\"\"\t1\n", "say \"x\ty\"")]
    [TestCase("b\ta\n\"x\ty\nz\t1\"\t1\n", "x\ty\nz\t1")]
    [TestCase("a\tb\n1\t\"x\ny\"\n", "x\ny")]
    [TestCase("a\tb\tc\n\"1\tx\"\t2\n", "x\"")]
    public void ReadTable_TabInQuotes_BelongsToTheCell(string text, string expected) =>
        Assert.That(TsvFile.Read(Encoding.UTF8.GetBytes(text), "a.tsv").Single().Text("b"), Is.EqualTo(expected));

    /// <summary>Where lines have a cell for each name, they are rows, whatever their quotes.</summary>
    [TestCase("a\tb\n1\t\"odd\n2\teven\"\n", "\"odd|even\"")]
    [TestCase("a\tb\n1\t\"a\" or \"b\"\n2\t\"c\"\n", "\"a\" or \"b\"|\"c\"")]
    [TestCase("a\tb\n1\t\"odd\n\n3\t4\n5\t6", "\"odd|4|6")]
    public void ReadTable_QuotesOfTheText_Stand(string text, string expected) =>
        Assert.That(string.Join('|', TsvFile.Read(Encoding.UTF8.GetBytes(text), "a.tsv").Select(row => row.Text("b"))), Is.EqualTo(expected));

    [Test]
    public void ReadTable_RowsAfterOneOverLines_KeepTheirLines() =>
        Assert.That(TsvFile.Read("a\tb\n\"x\ny\"\t1\n2\t3\n4\t\"odd\n5\t6\n"u8.ToArray(), "a.tsv").Select(row => row.Where),
            Is.EqualTo(new[] { "a.tsv, line 2", "a.tsv, line 4", "a.tsv, line 5", "a.tsv, line 6" }));

    [Test]
    public void ReadTable_CellThatNeverCloses_NamesItsLine() =>
        Assert.That(() => TsvFile.Read(Encoding.UTF8.GetBytes("a\tb\tc\n1\t2\t3\n1\t\"x\n3\t4\t5\n"), "a.tsv").Count(),
            Throws.TypeOf<InvalidDataException>().With.Message.StartWith("a.tsv, line 3: "));

    [Test]
    public void ReadTable_BadUtf8_Throws() =>
        Assert.That(() => TsvFile.Read([(byte)'a', (byte)'\t', 0xFF], "a.tsv").Count(), Throws.TypeOf<InvalidDataException>().With.Message.Contains("byte 2"));

    [Test]
    public void Read_DamagedFiles_ReadOrRefuse()
    {
        (byte[] Bytes, Func<byte[], string, IEnumerable<AnnotationRow>> Reader)[] files =
        [
            ("[{\"a\": [\"x\", \"y\"], \"b\": {\"c\": 1.5}}, {\"a\": \"é\"}]"u8.ToArray(), AnnotationFiles.ReadJson),
            ("{\"a\": [\"x\"]}\n{\"a\": [\"y\"]}\n"u8.ToArray(), AnnotationFiles.ReadJsonLines),
            ("a\tb\n['x', \"y\"]\té\n1\t2\n"u8.ToArray(), TsvFile.Read),
        ];
        foreach (var (bytes, reader) in files)
            foreach (var damaged in DamagedFile.Variants(bytes))
                DamagedFile.ReadsOrRefuses(damaged, allowance: 1 << 20, () =>
                {
                    foreach (var row in reader(damaged, "file"))
                        _ = row.Has("a") && row.HasList("a") && row.Texts("a").Count > 0;
                });
    }
}
