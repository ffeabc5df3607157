using System.Text;

namespace Microsoft.ML.Score.Storage;

[TestFixture]
public class SafetensorsTests
{
    [Test]
    public void Parse_EveryTypeAndShape_ReadsWhatWasWritten()
    {
        using var file = SafetensorsFile.Parse(Written(
            [
                TensorData.FromSingle("f32", [2, 3], [1, 2, 3, 4, 5, 6]),
                TensorData.FromSingle("bf16", [2], [1.5f, -2], TensorType.BF16),
                TensorData.FromSingle("f16", [1, 2], [0.25f, 65504], TensorType.F16),
                TensorData.FromSingle("f64", [], [3], TensorType.F64),
                TensorData.FromSingle("empty", [3, 0], []),
                TensorData.FromInt64("i64", [2], [long.MinValue, 7]),
                new TensorData("i32", TensorType.I32, [1], BitConverter.GetBytes(-5)),
                new TensorData("i16", TensorType.I16, [1], BitConverter.GetBytes((short)-6)),
                new TensorData("i8", TensorType.I8, [2], new byte[] { 255, 1 }),
                new TensorData("u8", TensorType.U8, [2], new byte[] { 255, 1 }),
                new TensorData("bool", TensorType.Bool, [1], new byte[] { 1 }),
            ],
            new Dictionary<string, string> { ["format"] = "pt", ["note"] = "\"é\" \n" }), "test");

        Assert.Multiple(() =>
        {
            Assert.That(file.Metadata, Has.Count.EqualTo(2));
            Assert.That(file.Metadata["note"], Is.EqualTo("\"é\" \n"));
            Assert.That(file.ReadSingle("f32"), Is.EqualTo(new float[] { 1, 2, 3, 4, 5, 6 }));
            Assert.That(file.Tensors["f32"].Shape, Is.EqualTo(new long[] { 2, 3 }));
            Assert.That(file.ReadSingle("bf16"), Is.EqualTo(new float[] { 1.5f, -2 }));
            Assert.That(file.ReadSingle("f16"), Is.EqualTo(new float[] { 0.25f, 65504 }));
            Assert.That(file.ReadSingle("f64"), Is.EqualTo(new float[] { 3 }));
            Assert.That(file.Tensors["f64"].Shape, Is.Empty);
            Assert.That(file.ReadSingle("empty"), Is.Empty);
            Assert.That(file.ReadInt64("i64"), Is.EqualTo(new[] { long.MinValue, 7 }));
            Assert.That(file.ReadInt64("i32"), Is.EqualTo(new[] { -5 }));
            Assert.That(file.ReadInt64("i16"), Is.EqualTo(new[] { -6 }));
            Assert.That(file.ReadInt64("i8"), Is.EqualTo(new[] { -1, 1 }));
            Assert.That(file.ReadInt64("u8"), Is.EqualTo(new[] { 255, 1 }));
            Assert.That(file.ReadInt64("bool"), Is.EqualTo(new[] { 1 }));
            Assert.That(file.Bytes("i32").ToArray(), Is.EqualTo(BitConverter.GetBytes(-5)));
            Assert.That(() => file.ReadInt64("f32"), Throws.InstanceOf<InvalidDataException>());
            Assert.That(() => file.ReadSingle("i64"), Throws.InstanceOf<InvalidDataException>());
            Assert.That(() => file.ReadSingle("absent"), Throws.InstanceOf<KeyNotFoundException>());
        });
    }

    [Test]
    public void Write_ToPath_IsReadBackAndReplacesWhatWasThere()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("x.safetensors");
        SafetensorsWriter.Write(path, [TensorData.FromSingle("a", [1], [1])]);
        SafetensorsWriter.Write(path, [TensorData.FromSingle("b", [1], [2])]);

        using var file = SafetensorsFile.Open(path);
        Assert.That(file.ReadSingle("b"), Is.EqualTo(new[] { 2f }));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void Write_Failing_LeavesTheOldFileAndNothingElse()
    {
        using var folder = new TemporaryFolder();
        var path = folder.File("x.safetensors");
        File.WriteAllText(path, "old");
        var twice = TensorData.FromSingle("a", [1], [1]);
        Assert.That(() => SafetensorsWriter.Write(path, [twice, twice]), Throws.ArgumentException);
        Assert.That(File.ReadAllText(path), Is.EqualTo("old"));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
    }

    [Test]
    public void Write_AnyHeader_StartsTheDataAtAMultipleOfEight([Range(1, 9)] int nameLength)
    {
        var bytes = Written([TensorData.FromSingle(new string('n', nameLength), [1], [1])]);
        Assert.That((bytes.Length - 4) % 8, Is.Zero);
    }

    [Test]
    public void Parse_EveryByteChanged_IsValidOrInvalidData()
    {
        var bytes = Written(
            [TensorData.FromSingle("weight", [2, 1], [1, 2]), TensorData.FromInt64("ids", [1], [3]), TensorData.FromSingle("none", [0], [])],
            new Dictionary<string, string> { ["é"] = "ü\n" });
        var allowance = 2 * DamagedFile.Allocated(() => Read(bytes)) + 100 * bytes.Length;
        for (var i = 0; i < bytes.Length - 16; i++)
            for (var value = 0; value < 256; value++)
            {
                var changed = (byte[])bytes.Clone();
                changed[i] = (byte)value;
                DamagedFile.ReadsOrRefuses(changed, allowance, () => Read(changed));
            }
    }

    [Test]
    public void Parse_EveryTruncation_IsInvalidData()
    {
        var bytes = Written([TensorData.FromSingle("weight", [2], [1, 2])]);
        for (var length = 0; length < bytes.Length; length++)
            Assert.That(() => SafetensorsFile.Parse(bytes.AsMemory(0, length), "cut"), Throws.InstanceOf<InvalidDataException>(), $"{length} bytes");
    }

    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, TestName = "name twice")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}""", 6, TestName = "overlap")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", 12, TestName = "hole")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, TestName = "hole at the start")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 5, TestName = "bytes of no tensor")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", 4, TestName = "offsets reversed")]
    [TestCase("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, TestName = "negative size")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", 4, TestName = "fractional size")]
    [TestCase("""{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}""", 0, TestName = "size overflows to zero")]
    [TestCase("""{"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,0]}}""", 0, TestName = "size beyond 64 bits")]
    [TestCase("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", 4, TestName = "no type")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 4, TestName = "three offsets")]
    [TestCase("""{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", 4, TestName = "shape not an array")]
    [TestCase("""{"a":5}""", 0, TestName = "tensor not an object")]
    [TestCase("""{"__metadata__":{"a":1}}""", 0, TestName = "metadata not strings")]
    [TestCase("""{"__metadata__":[]}""", 0, TestName = "metadata not an object")]
    [TestCase("""{"\ud800":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, TestName = "lone surrogate")]
    [TestCase("""{"a":{"dtype":"F32","shape":[1,0],"data_offsets":[0,4]}}""", 4, TestName = "zero dimension with bytes")]
    [TestCase("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[9,9]}}""", 0, TestName = "empty tensor beyond the data")]
    [TestCase("""{"a":{"dtype":"F32","shape":[0],"data_offsets":[2,2]},"b":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, TestName = "empty tensor inside another")]
    [TestCase("""{"a":{"dtype":"U8","shape":[1],"data_offsets":[9223372036854775807,-9223372036854775808]}}""", 1, TestName = "offsets that wrap around")]
    [TestCase("""{"a":{"dtype":"F32","shape":[2305843009213693952],"data_offsets":[0,9223372036854775807]}}""", 4, TestName = "larger than any file")]
    [TestCase("""{"a":{"dtype":"F32","dtype":"F16","shape":[1],"data_offsets":[0,4]}}""", 4, TestName = "key twice")]
    [TestCase("""{"a":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}""", 0, TestName = "nesting too deep")]
    [TestCase(" {}", 0, TestName = "space before the object")]
    [TestCase("[]", 0, TestName = "not an object")]
    [TestCase("{} x", 0, TestName = "text after the object")]
    public void Parse_BrokenRule_IsInvalidData(string header, int dataBytes)
    {
        Assert.That(() => SafetensorsFile.Parse(Raw(header, dataBytes), "broken"), Throws.InstanceOf<InvalidDataException>());
    }

    [TestCase("{}", 0)]
    [TestCase("{}      ", 0)]
    [TestCase("""{"a":{"dtype":"F32","shape":[0,9000000000],"data_offsets":[0,0]},"b":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}""", 1)]
    public void Parse_UnusualButLegal_IsAccepted(string header, int dataBytes)
    {
        using var file = SafetensorsFile.Parse(Raw(header, dataBytes), "legal");
        Assert.That(file.Metadata, Is.Empty);
    }

    [Test]
    public void Parse_HugeHeaderLength_IsInvalidDataWithoutAllocating()
    {
        foreach (var length in new ulong[] { ulong.MaxValue, long.MaxValue, 1UL << 40, 100_000_001 })
            Assert.That(() => SafetensorsFile.Parse(BitConverter.GetBytes(length), "huge"), Throws.InstanceOf<InvalidDataException>());
    }

    [TestCase((byte)0xFF)]
    [TestCase((byte)0xC3)]
    [TestCase((byte)0x80)]
    public void Parse_HeaderThatIsNotUtf8_IsInvalidData(byte value)
    {
        var bytes = Raw("""{"?":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}""", 1);
        bytes[Array.IndexOf(bytes, (byte)'?')] = value;

        Assert.That(() => SafetensorsFile.Parse(bytes, "test"), Throws.InstanceOf<InvalidDataException>().With.Message.Contains("UTF-8"));
    }

    [Test]
    public void Open_MissingOrEmptyFile_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.That(() => SafetensorsFile.Open(folder.File("absent")), Throws.InstanceOf<FileNotFoundException>());
        File.WriteAllBytes(folder.File("empty"), []);
        Assert.That(() => SafetensorsFile.Open(folder.File("empty")), Throws.InstanceOf<InvalidDataException>());
    }

    [Test]
    public void Bytes_AfterDispose_Throws()
    {
        var file = SafetensorsFile.Parse(Written([TensorData.FromSingle("a", [1], [1])]), "test");
        file.Dispose();
        file.Dispose();
        Assert.That(() => file.Bytes("a").Length, Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public void TensorData_WrongArguments_Throw()
    {
        Assert.That(() => TensorData.FromSingle("a", [2, 2], new float[3]), Throws.ArgumentException.With.Message.Contains("[2, 2]"));
        Assert.That(() => TensorData.FromSingle("a", [-1], []), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => TensorData.FromSingle("a", [1], [1], TensorType.I8), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => TensorData.FromSingle("__metadata__", [1], [1]), Throws.ArgumentException);
        Assert.That(() => TensorData.FromSingle("a", [int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue], []), Throws.ArgumentException);
    }

    private static void Read(byte[] bytes)
    {
        using var file = SafetensorsFile.Parse(bytes, "changed");
        foreach (var (name, entry) in file.Tensors)
            if (entry.Type <= TensorType.BF16)
                file.ReadSingle(name);
            else
                file.ReadInt64(name);
    }

    private static byte[] Raw(string header, int dataBytes) =>
        [.. BitConverter.GetBytes((long)Encoding.UTF8.GetByteCount(header)), .. Encoding.UTF8.GetBytes(header), .. new byte[dataBytes]];

    private static byte[] Written(TensorData[] tensors, Dictionary<string, string>? metadata = null)
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, tensors, metadata);
        return stream.ToArray();
    }
}
