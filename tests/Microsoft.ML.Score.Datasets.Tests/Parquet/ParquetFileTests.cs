using System.Text.Json;
using System.Text.Json.Serialization;
using ParquetSharp;
using ParquetSharp.Schema;
using Codec = ParquetSharp.Compression;

namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>The files in Goldens/parquet hold rows of ours as other implementations write them; see the README there. Files of Arrow C++ are written here.</summary>
[TestFixture]
public sealed class ParquetFileTests : IDisposable
{
    private static readonly string s_goldens = Path.Combine(TestContext.CurrentContext.TestDirectory, "Goldens", "parquet");

    /// <summary>NaN is a text, as the readers of annotations have it.</summary>
    private static readonly JsonSerializerOptions s_json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestCase("snappy-v1-dictionary.parquet", "rows.json")]
    [TestCase("snappy-v2-dictionary.parquet", "rows.json")]
    [TestCase("plain-v1.parquet", "rows.json")]
    [TestCase("gzip-v1-groups.parquet", "rows.json")]
    [TestCase("zstd.parquet", "rows.json")]
    [TestCase("duckdb-snappy.parquet", "writers.json")]
    [TestCase("duckdb-zstd-v2.parquet", "writers.json")]
    [TestCase("duckdb-brotli.parquet", "writers.json")]
    [TestCase("duckdb-lz4.parquet", "writers.json")]
    [TestCase("parquet-net-snappy.parquet", "writers.json")]
    [TestCase("parquet-net-gzip.parquet", "writers.json")]
    [TestCase("parquet-net-zstd.parquet", "writers.json")]
    [TestCase("hyparquet-snappy.parquet", "writers.json")]
    [TestCase("hyparquet-plain.parquet", "writers.json")]
    public void Read_FileOfAnotherImplementation_GivesItsRows(string name, string rows)
    {
        using var expected = JsonDocument.Parse(File.ReadAllBytes(Golden(rows)));

        // Both through one serializer, so that what differs is the values.
        Assert.That(ParquetFile.Read(Golden(name)).Select(InOrder), Is.EqualTo(expected.RootElement.EnumerateArray().Select(row => InOrder(row.Deserialize<Dictionary<string, object?>>()!))));
    }

    [Test]
    public void Read_FileOfArrow_GivesItsRowsInEveryCodecEncodingAndPage(
        [Values(Codec.Uncompressed, Codec.Snappy, Codec.Gzip, Codec.Brotli, Codec.Zstd, Codec.Lz4Hadoop)] Codec codec,
        [Values] bool dictionary, [Values] ParquetDataPageVersion version)
    {
        using var builder = new WriterPropertiesBuilder();
        builder.Compression(codec).DataPageVersion(version).DataPagesize(64).WriteBatchSize(4);
        _ = dictionary ? builder.EnableDictionary() : builder.DisableDictionary();
        var path = WriteAll(builder, rows: 700, groups: 2);

        var rows = ParquetFile.Read(path).ToList();

        Assert.That(rows.Select(InOrder), Is.EqualTo(Enumerable.Range(0, 2).SelectMany(_ => Enumerable.Range(0, 700)).Select(i => InOrder(Row(i)))));
    }

    [TestCase(Encoding.DeltaByteArray, "text")]
    [TestCase(Encoding.DeltaLengthByteArray, "text")]
    [TestCase(Encoding.DeltaBinaryPacked, "whole")]
    [TestCase(Encoding.DeltaBinaryPacked, "unsigned")]
    [TestCase(Encoding.ByteStreamSplit, "real")]
    public void Read_OtherEncoding_GivesTheRows(Encoding encoding, string column)
    {
        using var builder = new WriterPropertiesBuilder();
        builder.DisableDictionary().Encoding(column, encoding);

        Assert.That(ParquetFile.Read(WriteAll(builder, rows: 300, groups: 1)).Select(InOrder), Is.EqualTo(Enumerable.Range(0, 300).Select(i => InOrder(Row(i)))));
    }

    /// <summary>Lists as old writers lay them out, a list without an annotation, and columns of which nothing is read.</summary>
    [Test]
    public void Read_OtherLayouts_AreReadOrLeftOut()
    {
        using var text = LogicalType.String();
        using var none = LogicalType.None();
        using var list = LogicalType.List();
        using var map = LogicalType.Map();
        using var day = LogicalType.Date();
        using var root = new GroupNode("schema", Repetition.Required,
        [
            new GroupNode("two", Repetition.Optional, [new PrimitiveNode("array", Repetition.Repeated, text, PhysicalType.ByteArray)], list),
            new PrimitiveNode("bare", Repetition.Repeated, none, PhysicalType.Int32),
            new GroupNode("set", Repetition.Optional, [new GroupNode("key_value", Repetition.Repeated, [new PrimitiveNode("key", Repetition.Required, text, PhysicalType.ByteArray)])], map),
            new GroupNode("both", Repetition.Required, [new PrimitiveNode("a", Repetition.Required, none, PhysicalType.Int32), new PrimitiveNode("b", Repetition.Required, none, PhysicalType.Int32)]),
            new PrimitiveNode("day", Repetition.Required, day, PhysicalType.Int32),
            new PrimitiveNode("bytes", Repetition.Optional, none, PhysicalType.ByteArray),
        ]);
        var path = _folder.File("layouts.parquet");
        using (var builder = new WriterPropertiesBuilder())
        using (var properties = builder.Build())
        using (var writer = new ParquetFileWriter(path, root, properties))
        {
            using var group = writer.AppendRowGroup();
            Write<ByteArray>(group, [2, 2, 0, 1], [0, 1, 0, 0], Bytes([(byte)'x'], [(byte)'y']));
            Write(group, [1, 0, 1, 1], [0, 0, 0, 1], [7, 8, 9]);
            Write<ByteArray>(group, [0, 0, 0], [0, 0, 0], []);
            Write(group, [], [], [1, 2, 3]);
            Write(group, [], [], [1, 2, 3]);
            Write(group, [], [], [1, 2, 3]);
            Write<ByteArray>(group, [1, 0, 1], [], Bytes([.. "text"u8], [0xFF, 0xD8]));
            writer.Close();
        }

        Assert.That(ParquetFile.Read(path).Select(row => JsonSerializer.Serialize(row)), Is.EqualTo(new[]
        {
            """{"two":["x","y"],"bare":[7],"bytes":"text"}""", """{"two":null,"bare":[],"bytes":null}""", """{"two":[],"bare":[8,9],"bytes":null}""",
        }));
    }

    [Test]
    public void Read_TextThatIsNotUtf8_NamesFileAndColumn()
    {
        using var text = LogicalType.String();
        using var root = new GroupNode("schema", Repetition.Required, [new PrimitiveNode("question", Repetition.Required, text, PhysicalType.ByteArray)]);
        var path = _folder.File("broken.parquet");
        using (var builder = new WriterPropertiesBuilder())
        using (var properties = builder.Build())
        using (var writer = new ParquetFileWriter(path, root, properties))
        {
            using var group = writer.AppendRowGroup();
            Write(group, [], [], Bytes([0x61, 0xFF]));
            writer.Close();
        }

        Assert.That(() => ParquetFile.Read(path).Count(), Throws.TypeOf<InvalidDataException>().With.Message.StartWith("broken.parquet").And.Message.Contains("'question' has a text that is not UTF-8"));
    }

    [Test]
    public void Read_FirstRow_DoesNotReadTheRest()
    {
        using var builder = new WriterPropertiesBuilder();
        builder.Compression(Codec.Uncompressed).DisableDictionary();
        var path = WriteAll(builder, rows: 50, groups: 20);
        var bytes = File.ReadAllBytes(path);
        Array.Clear(bytes, bytes.Length / 2, bytes.Length / 8);
        File.WriteAllBytes(path, bytes);

        Assert.That(InOrder(ParquetFile.Read(path).First()), Is.EqualTo(InOrder(Row(0))));
        Assert.That(() => ParquetFile.Read(path).Count(), Throws.TypeOf<InvalidDataException>());
    }

    [Test]
    public void Open_ParquetExport_IsABenchmark()
    {
        using var folder = new BenchmarkFolder("data/clip-0.mp4", "clip-3.mp4");

        var benchmark = VideoMme.Open(Golden("snappy-v1-dictionary.parquet"), folder.Videos);

        Assert.Multiple(() =>
        {
            Assert.That(benchmark.Videos.Select(video => (video.Id, video.LengthClass, video.Questions.Count)), Is.EqualTo(new[] { ("clip-0", "short", 3), ("clip-3", "short", 3) }));
            Assert.That(benchmark.Videos[1].Questions[2].Options, Has.Count.EqualTo(4).And.Contains("B. it's"));
            Assert.That(benchmark.MissingVideos, Has.Count.EqualTo(12));
        });
    }

    /// <summary>Without its place in the list, the null would give the third option the second's letter.</summary>
    [Test]
    public void Open_OptionThatIsNull_IsAnErrorThatNamesTheRow()
    {
        using var folder = new BenchmarkFolder();

        Assert.That(() => VideoMme.Open(Golden("duckdb-snappy.parquet"), folder.Videos),
            Throws.TypeOf<InvalidDataException>().With.Message.EqualTo("duckdb-snappy.parquet, row 3: 'options' must be a text, is null."));
    }

    /// <summary>Every byte changed and every length: only <see cref="InvalidDataException"/>, and no more memory than in proportion.</summary>
    [TestCase("small-snappy.parquet")]
    [TestCase("small-v2.parquet")]
    public void Read_DamagedFile_ReadsOrRefuses(string name)
    {
        var path = _folder.File(name);
        foreach (var damaged in DamagedFile.Variants(File.ReadAllBytes(Golden(name))))
        {
            File.WriteAllBytes(path, damaged);
            DamagedFile.ReadsOrRefuses(damaged, allowance: 1 << 20, () => ParquetFile.Read(path).Count());
        }
    }

    [TestCase("")]
    [TestCase("PAR1")]
    [TestCase("PAR1PAR1")]
    [TestCase("PAR1\0\0\0\0PAR1")]
    [TestCase("PAR1xxxx\u007f\u007f\u007f\u007fPAR1")]
    [TestCase("PARExxxx\0\0\0\0PARE")]
    public void Read_NoParquet_Throws(string text)
    {
        File.WriteAllBytes(_folder.File("a.parquet"), [.. text.Select(character => (byte)character)]);

        Assert.That(() => ParquetFile.Read(_folder.File("a.parquet")).Count(), Throws.TypeOf<InvalidDataException>().With.Message.StartWith("a.parquet"));
    }

    /// <summary>Some bytes claim millions of rows, all null; what is refused is refused before memory is taken for them.</summary>
    [Test]
    public void Read_MoreRowsThanTheFileCanHold_IsRefused()
    {
        using (var builder = new WriterPropertiesBuilder())
        using (var properties = builder.Compression(Codec.Zstd).Build())
        using (var writer = new ParquetFileWriter(_folder.File("nulls.parquet"), [new Column<int?>("a")], properties))
        {
            using var group = writer.AppendRowGroup();
            using var column = group.NextColumn().LogicalWriter<int?>();
            column.WriteBatch(new int?[3_000_000]);
            writer.Close();
        }

        DamagedFile.ReadsOrRefuses([], allowance: 1 << 20, () => Assert.That(() => ParquetFile.Read(_folder.File("nulls.parquet")).Count(),
            Throws.TypeOf<InvalidDataException>().With.Message.Contains("3000000 rows")));
    }

    [Test]
    public void Read_RowOfMoreThan16MiB_IsRefused()
    {
        using (var builder = new WriterPropertiesBuilder())
        using (var properties = builder.Compression(Codec.Zstd).Build())
        using (var writer = new ParquetFileWriter(_folder.File("long.parquet"), [new Column<string[]>("a")], properties))
        {
            using var group = writer.AppendRowGroup();
            using var column = group.NextColumn().LogicalWriter<string[]>();
            column.WriteBatch([["x"], [.. Enumerable.Repeat(new string('x', 1 << 20), 20)]]);
            writer.Close();
        }

        using var rows = ParquetFile.Read(_folder.File("long.parquet")).GetEnumerator();
        Assert.That(rows.MoveNext());
        Assert.That(rows.MoveNext, Throws.TypeOf<InvalidDataException>().With.Message.Contains("too long").And.Message.Contains("'a'"));
    }

    [Test]
    public void Read_ThousandsOfColumns_AreRefused()
    {
        using (var builder = new WriterPropertiesBuilder())
        using (var properties = builder.Build())
        using (var writer = new ParquetFileWriter(_folder.File("wide.parquet"), [.. Enumerable.Range(0, 1001).Select(i => new Column<int>($"c{i}"))], properties))
            writer.Close();

        Assert.That(() => ParquetFile.Read(_folder.File("wide.parquet")).Count(), Throws.TypeOf<InvalidDataException>().With.Message.Contains("1001 columns"));
    }

    [TestCase("null_rows_10groups.parquet")]
    [TestCase("neg_rows.parquet")]
    [TestCase("gzip_bomb.parquet")]
    [TestCase("many_columns_20000.parquet")]
    public void Read_HostileFile_IsRefusedOrReadInLittleMemory(string name)
    {
        var path = RepositoryFolder.RequireShared("cases", "hostile", name);

        DamagedFile.ReadsOrRefuses([], allowance: 4 << 20, () => ParquetFile.Read(path).Count());
    }

    /// <summary>300 MB of blanks in one page, told truthfully: the library would take them before anybody could ask for the text.</summary>
    [Test]
    public void Read_PageOf300Megabytes_IsRefusedBeforeItIsDecompressed([Values] ParquetDataPageVersion version)
    {
        using (var builder = new WriterPropertiesBuilder())
        {
            builder.DisableDictionary().Compression(Codec.Gzip).DataPagesize(1 << 30).DataPageVersion(version);
            using var properties = builder.Build();
            using var writer = new ParquetFileWriter(_folder.File("bomb.parquet"), [new Column<string>("a")], properties);
            using var group = writer.AppendRowGroup();
            using var column = group.NextColumn().LogicalWriter<string>();
            column.WriteBatch([.. Enumerable.Repeat(new string(' ', 10 << 20), 30)]);
            writer.Close();
        }

        using var watch = new MemoryWatch();
        Assert.That(() => ParquetFile.Read(_folder.File("bomb.parquet")).Count(), Throws.TypeOf<InvalidDataException>().With.Message.Contains("a page of its column 'a' claims 3145"));
        Assert.That(watch.PeakResident - watch.StartResident, Is.LessThan(50L << 20));
    }

    /// <summary>The dictionary's header says how many values follow; the library takes 16 bytes for each before it reads one.</summary>
    [Test]
    public void Read_DictionaryThatClaimsBillionsOfValues_IsRefusedInLittleMemory()
    {
        using (var builder = new WriterPropertiesBuilder())
        {
            using var properties = builder.EnableDictionary().Compression(Codec.Uncompressed).Build();
            using var writer = new ParquetFileWriter(_folder.File("dictionary.parquet"), [new Column<string>("a")], properties);
            using var group = writer.AppendRowGroup();
            using var column = group.NextColumn().LogicalWriter<string>();
            column.WriteBatch([.. Enumerable.Range(0, 100_000).Select(i => $"{i % 20_000}")]);
            writer.Close();
        }

        // The first page of the file is the dictionary: kind 2, then its sizes, then a structure of which the first field is the count, 20,000 zigzag.
        var bytes = File.ReadAllBytes(_folder.File("dictionary.parquet"));
        byte[] count = [0x15, 0xC0, 0xB8, 0x02];
        var at = bytes.AsSpan(0, 40).IndexOf(count);
        Assert.That(at, Is.GreaterThan(0));
        new byte[] { 0x15, 0xFE, 0xFF, 0x7F }.CopyTo(bytes, at);
        File.WriteAllBytes(_folder.File("dictionary.parquet"), bytes);

        Assert.That(() => ParquetFile.Read(_folder.File("dictionary.parquet")).Count(), Throws.TypeOf<InvalidDataException>().With.Message.Contains("a dictionary of its column 'a' claims 1048575 values"));
    }

    // Run by hand and alone after a change of the reader: --filter Read_FileOf400Megabytes.
    [Test, Explicit("Writes 400 MB and reads them; the process' peak is that of all tests unless it runs alone.")]
    public void Read_FileOf400Megabytes_StaysUnder600()
    {
        var random = new Random(1);
        string[] texts = [.. Enumerable.Range(0, 10_000).Select(_ => string.Concat(Enumerable.Range(0, 400).Select(_ => (char)random.Next(' ', '~'))))];
        using (var builder = new WriterPropertiesBuilder())
        using (var properties = builder.DisableDictionary().Build())
        using (var writer = new ParquetFileWriter(_folder.File("large.parquet"), [new Column<string>("a")], properties))
        {
            using var group = writer.AppendRowGroup();
            using var column = group.NextColumn().LogicalWriter<string>();
            for (var i = 0; i < 100; i++)
                column.WriteBatch(texts);
            writer.Close();
        }

        var rows = ParquetFile.Read(_folder.File("large.parquet")).Count();

        using var process = System.Diagnostics.Process.GetCurrentProcess();
        Assert.That((rows, new FileInfo(_folder.File("large.parquet")).Length), Is.EqualTo((1_000_000, 400_000_000)).Within(20_000_000));
        Assert.That(process.PeakWorkingSet64, Is.LessThan(600L << 20));
    }

    private static Dictionary<string, object?> Row(int i) => new()
    {
        ["text"] = i % 7 == 3 ? null : $"é 😀 {i % 11}",
        ["options"] = (i % 5) switch { 0 => null, 1 => [], 2 => new string?[] { "A", null, $"C{i}" }, 3 => [null], _ => ["A", "B"] },
        ["whole"] = i * 1000003 - 7,
        ["unsigned"] = ulong.MaxValue - (ulong)i,
        ["positive"] = uint.MaxValue - (uint)i,
        ["real"] = i % 3 == 0 ? null : i / 8.0,
        ["small"] = i % 13 == 0 ? float.NaN : i / 10f,
        ["flag"] = i % 2 == 0,
        ["numbers"] = Enumerable.Range(0, i % 4).Select(j => j == 1 ? (long?)null : j * 10_000_000_000L).ToArray(),
    };

    private string WriteAll(WriterPropertiesBuilder builder, int rows, int groups)
    {
        var path = _folder.File("all.parquet");
        using var properties = builder.Build();
        using var writer = new ParquetFileWriter(path, [
            new Column<string?>("text"), new Column<string?[]>("options"), new Column<int>("whole"), new Column<ulong>("unsigned"), new Column<uint>("positive"), new Column<double?>("real"),
            new Column<float>("small"), new Column<bool>("flag"), new Column<long?[]>("numbers")], properties);
        for (var index = 0; index < groups; index++)
        {
            using var group = writer.AppendRowGroup();
            WriteColumn<string?>("text");
            WriteColumn<string?[]?>("options");
            WriteColumn<int>("whole");
            WriteColumn<ulong>("unsigned");
            WriteColumn<uint>("positive");
            WriteColumn<double?>("real");
            WriteColumn<float>("small");
            WriteColumn<bool>("flag");
            WriteColumn<long?[]>("numbers");

            void WriteColumn<T>(string name)
            {
                using var column = group.NextColumn().LogicalWriter<T>();
                column.WriteBatch([.. Enumerable.Range(0, rows).Select(i => (T)Row(i)[name]!)]);
            }
        }

        writer.Close();
        return path;
    }

    private static void Write<T>(RowGroupWriter group, short[] definitions, short[] repetitions, T[] values) where T : unmanaged
    {
        using var column = (ColumnWriter<T>)group.NextColumn();
        column.WriteBatch(Math.Max(definitions.Length, values.Length), definitions, repetitions, values);
    }

    /// <summary>Texts that are never freed: they are few.</summary>
    private static ByteArray[] Bytes(params ReadOnlySpan<byte[]> texts)
    {
        var arrays = new ByteArray[texts.Length];
        for (var i = 0; i < texts.Length; i++)
        {
            var pointer = System.Runtime.InteropServices.Marshal.AllocHGlobal(texts[i].Length);
            System.Runtime.InteropServices.Marshal.Copy(texts[i], 0, pointer, texts[i].Length);
            arrays[i] = new ByteArray(pointer, texts[i].Length);
        }

        return arrays;
    }

    private static string InOrder(IReadOnlyDictionary<string, object?> row) => JsonSerializer.Serialize(row.OrderBy(field => field.Key, StringComparer.Ordinal).ToDictionary(), s_json);

    private static string Golden(string name) => Path.Combine(s_goldens, name);
}
