using System.IO.Compression;
using System.Text.Json;

namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>The files in Goldens/parquet hold the rows of rows.json, which are ours, written by another implementation (arrow-rs); see the README there.</summary>
[TestFixture]
public class ParquetFileTests
{
    private static readonly string s_goldens = Path.Combine(TestContext.CurrentContext.TestDirectory, "Goldens", "parquet");

    [TestCase("snappy-v1-dictionary.parquet")]
    [TestCase("snappy-v2-dictionary.parquet")]
    [TestCase("plain-v1.parquet")]
    [TestCase("gzip-v1-groups.parquet")]
    public void Read_FileOfAnotherImplementation_GivesItsRows(string name)
    {
        using var expected = JsonDocument.Parse(Golden("rows.json"));

        var rows = ParquetFile.Read(Golden(name), name);

        // Both through one serializer, so that what differs is the values.
        Assert.That(rows.Select(row => JsonSerializer.Serialize(row)), Is.EqualTo(expected.RootElement.EnumerateArray().Select(row => JsonSerializer.Serialize(row))));
    }

    [Test]
    public void Read_OtherCodec_SaysWhich() =>
        Assert.That(() => ParquetFile.Read(Golden("zstd.parquet"), "zstd.parquet"), Throws.TypeOf<InvalidDataException>().With.Message.Contains("Zstandard").And.Message.StartWith("zstd.parquet"));

    [Test]
    public void Open_ParquetExport_IsABenchmark()
    {
        using var folder = new BenchmarkFolder("data/clip-0.mp4", "clip-3.mp4");

        var benchmark = VideoMme.Open(Path.Combine(s_goldens, "snappy-v1-dictionary.parquet"), folder.Videos);

        Assert.Multiple(() =>
        {
            Assert.That(benchmark.Videos.Select(video => (video.Id, video.LengthClass, video.Questions.Count)), Is.EqualTo(new[] { ("clip-0", "short", 3), ("clip-3", "short", 3) }));
            Assert.That(benchmark.Videos[1].Questions[2].Options, Has.Count.EqualTo(4).And.Contains("B. it's"));
            Assert.That(benchmark.MissingVideos, Has.Count.EqualTo(12));
        });
    }

    /// <summary>Every byte changed and every length: only <see cref="InvalidDataException"/>, and no more memory than in proportion.</summary>
    [TestCase("small-snappy.parquet")]
    [TestCase("small-gzip.parquet")]
    [TestCase("small-plain.parquet")]
    [TestCase("small-v2.parquet")]
    public void Read_DamagedFile_ReadsOrRefuses(string name)
    {
        var bytes = Golden(name);
        foreach (var damaged in DamagedFile.Variants(bytes))
            DamagedFile.ReadsOrRefuses(damaged, allowance: 4 << 20, () => ParquetFile.Read(damaged, name));
    }

    [TestCase("")]
    [TestCase("PAR1")]
    [TestCase("PAR1PAR1")]
    [TestCase("PAR1\0\0\0\0PAR1")]
    [TestCase("PAR1xxxx\u007f\u007f\u007f\u007fPAR1")]
    [TestCase("PARExxxx\0\0\0\0PARE")]
    public void Read_NoParquet_Throws(string text) =>
        Assert.That(() => ParquetFile.Read([.. text.Select(character => (byte)character)], "a.parquet"), Throws.TypeOf<InvalidDataException>().With.Message.StartWith("a.parquet"));

    [Test]
    public void Gzip_LengthBeyondTheClaim_IsRefusedEarly()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(new byte[50_000_000]);

        DamagedFile.ReadsOrRefuses([], allowance: 2 << 20, () => PageCodec.Decompress(packed.ToArray(), 2, 100));
    }

    private static byte[] Golden(string name) => File.ReadAllBytes(Path.Combine(s_goldens, name));
}
