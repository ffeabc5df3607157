using System.Buffers.Binary;
using System.Text;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

[TestFixture]
public class KeptTokenFileTests
{
    private static readonly VideoTokens s_video = new(new TokenGrid(2, 1, 2, 0.5), 2, new float[] { 0, 1, 10, 11, 20, 21, 30, 31 });

    private TemporaryFolder _folder = null!;
    private string _path = null!;

    [SetUp]
    public void CreateFolder()
    {
        _folder = new TemporaryFolder();
        _path = _folder.File("clip.kept.safetensors");
    }

    [TearDown]
    public void DeleteFolder() => _folder.Dispose();

    [TestCase("fa4e", """{"__metadata__":{"encoder_fingerprint":"fa4e","grid":"2x1x2","seconds_per_step":"0.5","video":"clip.mp4"},""")]
    [TestCase(null, """{"__metadata__":{"grid":"2x1x2","seconds_per_step":"0.5","video":"clip.mp4"},""")]
    public void Save_GatheredTokens_WritesTheDocumentedBytes(string? fingerprint, string metadata)
    {
        KeptTokens.Gather(s_video, new[] { 1, 3 }).Save(_path, "clip.mp4", fingerprint);

        // Written by hand from the description of the format.
        var header = metadata + """
            "positions":{"dtype":"I64","shape":[2],"data_offsets":[0,16]},"vectors":{"dtype":"F32","shape":[2,2],"data_offsets":[16,32]}}
            """;
        header = header.PadRight((header.Length + 7) / 8 * 8);
        var expected = new byte[8 + header.Length + 32];
        BinaryPrimitives.WriteInt64LittleEndian(expected, header.Length);
        Encoding.ASCII.GetBytes(header, expected.AsSpan(8));
        var data = expected.AsSpan(8 + header.Length);
        BinaryPrimitives.WriteInt64LittleEndian(data, 1);
        BinaryPrimitives.WriteInt64LittleEndian(data[8..], 3);
        foreach (var (index, value) in new float[] { 10, 11, 30, 31 }.Index())
            BinaryPrimitives.WriteSingleLittleEndian(data[(16 + 4 * index)..], value);
        Assert.That(File.ReadAllBytes(_path), Is.EqualTo(expected));
    }

    [Test]
    public void SaveThenLoad_VectorsOfTheirOwn_KeepsAll()
    {
        var grid = new TokenGrid(3, 2, 1, 0.1 + 0.2);
        new KeptTokens(grid, 3, new[] { 0, 2, 5 }, new[] { 1f / 3, -0f, float.MaxValue, float.Epsilon, 2, 3, 4, 5, 6 }) { Times = new StepTimes([0, 1, 2], 3) }.Save(_path, "any text \"with\" 引号");

        var read = KeptTokens.Load(_path);

        Assert.That((read.Grid, read.Dimension, read.Count), Is.EqualTo((grid, 3, 3)));
        Assert.That(read.Positions.ToArray(), Is.EqualTo(new[] { 0, 2, 5 }));
        Assert.That(read.Vectors.ToArray().Select(BitConverter.SingleToInt32Bits), Is.EqualTo(
            new[] { 1f / 3, -0f, float.MaxValue, float.Epsilon, 2, 3, 4, 5, 6 }.Select(BitConverter.SingleToInt32Bits)));
        Assert.That((read.Times!.Seconds, read.Times.VideoSeconds), Is.EqualTo((new[] { 0.0, 1, 2 }, 3.0)));
        Assert.That(read.Video, Is.Null);
    }

    [TestCase(float.NaN)]
    [TestCase(float.NegativeInfinity)]
    public void Save_ValueThatIsNotFinite_LeavesTheFileAsItWas(float value)
    {
        File.WriteAllText(_path, "older");

        Assert.That(
            () => new KeptTokens(s_video.Grid, 1, new[] { 0, 1 }, new[] { 1, value }).Save(_path, "clip.mp4"),
            Throws.InvalidOperationException.With.Message.StartsWith("Value 1 of the kept tokens is "));
        Assert.That(File.ReadAllText(_path), Is.EqualTo("older"));
    }

    [TestCase(null, "0.5", 1, 3, 2, 0f, "grid and seconds_per_step of '", TestName = "Load_NoGrid_IsRefused")]
    [TestCase("2x2", "0.5", 1, 3, 2, 0f, "are '2x2' and '0.5', expected TxHxW", TestName = "Load_GridOfTwoSizes_IsRefused")]
    [TestCase("0x1x2", "0.5", 1, 3, 2, 0f, "are '0x1x2' and", TestName = "Load_EmptyGrid_IsRefused")]
    [TestCase("99999x99999x9", "0.5", 1, 3, 2, 0f, "at most 2147483647 tokens", TestName = "Load_GridTooLarge_IsRefused")]
    [TestCase("2x1x2", "-1", 1, 3, 2, 0f, "and '-1', expected", TestName = "Load_NegativeSeconds_IsRefused")]
    [TestCase("2x1x2", "NaN", 1, 3, 2, 0f, "and 'NaN', expected", TestName = "Load_SecondsThatAreNoNumber_IsRefused")]
    [TestCase("2x1x2", "0.5", 3, 1, 2, 0f, "must ascend strictly within 0..3, the grid 2x1x2; got 1 after 3", TestName = "Load_PositionsOutOfOrder_IsRefused")]
    [TestCase("2x1x2", "0.5", -1, 1, 2, 0f, "got -1 after -1", TestName = "Load_NegativePosition_IsRefused")]
    [TestCase("2x1x2", "0.5", 1, 1L << 32, 2, 0f, "got 4294967296 after 1", TestName = "Load_PositionOutsideTheGrid_IsRefused")]
    [TestCase("2x1x2", "0.5", 1, 3, 1, 0f, "is F32 [1, 2], expected F32 of shape [2, D], a row for each of 'positions'", TestName = "Load_RowLess_IsRefused")]
    [TestCase("2x1x2", "0.5", 1, 3, 2, float.NaN, "Value 0 of 'vectors' in '", TestName = "Load_ValueThatIsNotFinite_IsRefused")]
    public void Load_InvalidContent_IsRefused(string? grid, string seconds, long first, long second, int rows, float value, string message)
    {
        var metadata = new Dictionary<string, string> { ["seconds_per_step"] = seconds, ["video"] = "clip.mp4" };
        if (grid is not null)
            metadata["grid"] = grid;
        SafetensorsWriter.Write(
            _path, [TensorData.FromInt64("positions", [2], [first, second]), TensorData.FromSingle("vectors", [rows, 2], [.. Enumerable.Repeat(value, rows * 2)])], metadata);

        Assert.That(() => KeptTokens.Load(_path), Throws.TypeOf<InvalidDataException>().With.Message.Contains(message).And.Message.Contains(_path));
    }

    [Test]
    public void Load_OtherTensors_IsRefusedByName()
    {
        var metadata = new Dictionary<string, string> { ["grid"] = "1x1x1", ["seconds_per_step"] = "1" };
        SafetensorsWriter.Write(_path, [TensorData.FromInt64("positions", [1], [0])], metadata);
        Assert.That(() => KeptTokens.Load(_path), Throws.TypeOf<InvalidDataException>().With.Message.EqualTo($"'{_path}' has no tensor 'vectors'."));
        SafetensorsWriter.Write(_path, [TensorData.FromSingle("positions", [1], [0])], metadata);
        Assert.That(() => KeptTokens.Load(_path), Throws.TypeOf<InvalidDataException>().With.Message.Contains("is F32 [1], expected I64 of shape [k]"));
    }

    [Test]
    public void Load_DamagedFile_ReadsOrRefuses()
    {
        KeptTokens.Gather(s_video, new[] { 1, 3 }).Save(_path, "clip.mp4", "fa4e");
        var allowance = DamagedFile.Allocated(() => KeptTokens.Load(_path)) + (1 << 20);

        foreach (var bytes in DamagedFile.Variants(File.ReadAllBytes(_path)).ToArray())
        {
            File.WriteAllBytes(_path, bytes);
            DamagedFile.ReadsOrRefuses(bytes, allowance, () => KeptTokens.Load(_path));
        }
    }

    [Test]
    public void Load_NoFile_Throws() => Assert.That(() => KeptTokens.Load(_path), Throws.TypeOf<FileNotFoundException>());

    [Test]
    public void IsTokenFile_FilesOfManyKinds_KnowsItsOwn()
    {
        KeptTokens.Gather(s_video, new[] { 1 }).Save(_path, "clip.mp4");
        FeatureFile.Write(_folder.File("features"), s_video);
        PolicyNetwork.Initialize(dimension: 2).Save(_folder.File("policy"));
        File.WriteAllText(_folder.File("text"), "no safetensors");
        File.WriteAllBytes(_folder.File("cut"), File.ReadAllBytes(_path)[..^1]);

        Assert.That(KeptTokens.IsTokenFile(_path), Is.True);
        Assert.That(new[] { "features", "policy", "text", "cut" }.Where(name => KeptTokens.IsTokenFile(_folder.File(name))), Is.Empty);
    }
}
