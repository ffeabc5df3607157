using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Tokens;

[TestFixture]
internal sealed class FeatureCacheTests
{
    private static readonly VideoModelInfo s_model = new("model", "encoder", 2);
    private static readonly VideoTokens s_tokens = new(new TokenGrid(1, 1, 1), 2, new float[] { 1, 2 }, "encoder");

    [Test]
    public void GetOrAdd_OtherVideoModelProcessingOrType_IsAnotherFile()
    {
        using var folder = new TemporaryFolder();
        string[] paths =
        [
            Path(s_model),
            Path(s_model, video: 1),
            Path(s_model, type: TensorType.F32),
            Path(s_model with { Fingerprint = "other" }),
            Path(s_model with { Processing = "MaxFrames 8" }),
            Path(s_model with { EncoderStatistics = true }),
        ];

        Assert.That(paths, Is.Unique);

        string Path(VideoModelInfo model, byte video = 0, TensorType type = TensorType.BF16) =>
            new FeatureCache(In(folder), model, type).GetOrAddFile(Hash(video), () => s_tokens);
    }

    [TestCase(-1)]
    [TestCase(0)]
    [TestCase(20)]
    public void GetOrAdd_Again_EncodesADamagedFileAlone(int bytesLeft)
    {
        using var folder = new TemporaryFolder();
        var encodings = 0;
        var cache = new FeatureCache(In(folder), s_model);
        var path = cache.GetOrAddFile(Hash(1), Encode);
        if (bytesLeft >= 0)
            File.WriteAllBytes(path, File.ReadAllBytes(path)[..bytesLeft]);

        var again = cache.GetOrAddFile(Hash(1), Encode);

        Assert.That(again, Is.EqualTo(path));
        Assert.That(encodings, Is.EqualTo(bytesLeft < 0 ? 1 : 2));
        Assert.That(FeatureFile.Read(path).Vectors.ToArray(), Is.EqualTo(s_tokens.Vectors.ToArray()));

        VideoTokens Encode()
        {
            encodings++;
            return s_tokens;
        }
    }

    [Test]
    public void GetOrAdd_FilesOfKilledProcesses_GoAndAllOthersStay()
    {
        using var folder = new TemporaryFolder();
        var (feature, guid) = ($"{new string('a', 32)}-{new string('b', 32)}-bf16.safetensors", new string('0', 32));
        string[] others = ["notes.txt", $"notes.txt.{guid}.tmp", $"{feature}.tmp", feature + ".held." + guid + ".tmp"];
        foreach (var name in others.Append($"{feature}.{guid}.tmp"))
            File.WriteAllText(folder.File(name), name);
        using var held = new FileStream(folder.File($"{feature}.{new string('1', 32)}.tmp"), FileMode.CreateNew, FileAccess.Write, FileShare.None);

        var added = new FeatureCache(In(folder), s_model).GetOrAddFile(Hash(1), () => s_tokens);

        Assert.That(Directory.GetFiles(folder.Path).Select(Path.GetFileName), Is.EquivalentTo(others.Append(Path.GetFileName(held.Name)).Append(Path.GetFileName(added))));
    }

    [Test]
    public void GetOrAdd_KnownOrNot_GivesTheSameValues([Values(TensorType.F32, TensorType.BF16, TensorType.F16)] TensorType type)
    {
        using var folder = new TemporaryFolder();
        var tokens = new VideoTokens(new TokenGrid(1, 1, 2), 2, new[] { 0.1f, -1e-3f, 3.3333f, 7 }, "encoder") { Times = new StepTimes([0], 1) };
        var cache = new FeatureCache(In(folder), s_model, type);
        Assert.That(cache.FindGrid(Hash(1)), Is.Null);

        var encoded = cache.GetOrAdd(Hash(1), () => tokens);
        var read = cache.GetOrAdd(Hash(1), () => throw new InvalidOperationException("encoded again"));

        Assert.That(encoded.Vectors.ToArray(), Is.EqualTo(read.Vectors.ToArray()));
        Assert.That(encoded.Vectors.ToArray(), type == TensorType.F32 ? Is.EqualTo(tokens.Vectors.ToArray()) : Is.Not.EqualTo(tokens.Vectors.ToArray()));
        Assert.That(read.Times?.Seconds, Is.EqualTo(tokens.Times.Seconds));
        Assert.That(cache.FindGrid(Hash(1)), Is.EqualTo(tokens.Grid));
    }

    [Test]
    public void GetOrAdd_FileWithANaN_IsEncodedAgain()
    {
        using var folder = new TemporaryFolder();
        var cache = new FeatureCache(In(folder), s_model);
        var path = cache.GetOrAddFile(Hash(1), () => s_tokens);
        var bytes = File.ReadAllBytes(path);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.Length - 4), float.NaN);
        File.WriteAllBytes(path, bytes);

        Assert.That(cache.GetOrAdd(Hash(1), () => s_tokens).Vectors.ToArray(), Is.EqualTo(s_tokens.Vectors.ToArray()));
        Assert.That(FeatureFile.Read(path).Vectors.ToArray(), Is.EqualTo(s_tokens.Vectors.ToArray()), "the file is whole again");
    }

    [Test]
    public void GetOrAdd_BeyondTheLimit_RemovesTheLeastRecentlyUsed()
    {
        using var folder = new TemporaryFolder();
        var large = new VideoTokens(new TokenGrid(1, 1, 500), 2, new float[1000], "encoder"); // a file of 4,000 bytes and a header
        var clock = new Clock();
        var cache = new FeatureCache(In(folder) with { SizeLimit = 13_000 }, s_model, time: clock);
        File.WriteAllText(folder.File("notes.safetensors"), new string('n', 20_000));
        foreach (byte video in new byte[] { 1, 2, 3, 1, 4 }) // when 4 comes, 2 was used longest ago
            cache.GetOrAdd(Hash(video), () => large);

        Assert.That(new byte[] { 1, 2, 3, 4 }.Where(video => cache.FindGrid(Hash(video)) is not null), Is.EqualTo(new byte[] { 1, 3, 4 }));
        Assert.That(File.Exists(folder.File("notes.safetensors")), "no file of others is removed or counted");
    }

    [Test]
    public void GetOrAdd_VideoBeyondTheLimit_IsGivenAndRemovesNothing()
    {
        using var folder = new TemporaryFolder();
        var large = new VideoTokens(new TokenGrid(1, 1, 500), 2, new float[1000], "encoder");
        List<string> warnings = [];
        var cache = new FeatureCache(In(folder) with { SizeLimit = 1000 }, s_model, warn: warnings.Add);
        cache.GetOrAdd(Hash(1), () => s_tokens);

        Assert.That(cache.GetOrAdd(Hash(2), () => large), Is.SameAs(large));
        Assert.That(cache.GetOrAdd(Hash(2), () => large), Is.SameAs(large));
        Assert.That(cache.FindGrid(Hash(1)), Is.Not.Null);
        Assert.That(warnings, Has.Count.EqualTo(1).And.One.Contains("limit of 1000 B"));
        Assert.That(() => cache.GetOrAddFile(Hash(2), () => large), Throws.TypeOf<IOException>().With.Message.Contains("limit of 1000 B"));
    }

    [Test]
    public void GetOrAddFile_BeyondTheLimit_KeepsWhatItHasGiven()
    {
        using var folder = new TemporaryFolder();
        var large = new VideoTokens(new TokenGrid(1, 1, 500), 2, new float[1000], "encoder");
        var cache = new FeatureCache(In(folder) with { SizeLimit = 9_000 }, s_model);
        var first = cache.GetOrAddFile(Hash(1), () => large);
        cache.GetOrAddFile(Hash(2), () => large);

        Assert.That(() => cache.GetOrAddFile(Hash(3), () => large), Throws.TypeOf<IOException>());
        Assert.That(File.Exists(first));
    }

    [Test]
    public void GetOrAdd_UsersFolderCannotBeMade_WarnsAndGoesOn()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("score"), "a file where the folder would be");
        var before = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", folder.Path);
        try
        {
            List<string> warnings = [];
            var cache = new FeatureCache(new FeatureCacheOptions(), s_model, warn: warnings.Add);

            Assert.That(cache.Folder, Is.EqualTo(Path.Combine(folder.Path, "score", "features")));
            Assert.That(cache.GetOrAdd(Hash(1), () => s_tokens), Is.SameAs(s_tokens));
            Assert.That(warnings, Has.Count.EqualTo(1).And.One.Contains("may be encoded again"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", before);
        }
    }

    [Test]
    public void KeyOfFile_CopiesAndLinks_AreOneVideoAndChangesAnother()
    {
        using var folder = new TemporaryFolder();
        var (a, b, link) = (folder.File("a.mp4"), folder.File("b.mp4"), folder.File("link.mp4"));
        File.WriteAllText(a, "abc");
        File.Copy(a, b);
        File.CreateSymbolicLink(link, a);

        Assert.That(Convert.ToHexStringLower(FeatureCache.KeyOfFile(a)), Is.EqualTo("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")); // FIPS 180-2, example B.1
        Assert.That(FeatureCache.KeyOfFile(b), Is.EqualTo(FeatureCache.KeyOfFile(a)));
        Assert.That(FeatureCache.KeyOfFile(link), Is.EqualTo(FeatureCache.KeyOfFile(a)));
        File.WriteAllText(b, "abcd");
        Assert.That(FeatureCache.KeyOfFile(b), Is.Not.EqualTo(FeatureCache.KeyOfFile(a)));
        Assert.That(() => FeatureCache.KeyOfFile(folder.File("absent.mp4")), Throws.TypeOf<FileNotFoundException>().With.Message.Contains("absent.mp4"));
    }

    [Test]
    public void KeyOfFrames_OtherSizeRateOrFrames_IsAnother()
    {
        var rgb = new byte[72];
        byte[][] keys =
        [
            FeatureCache.KeyOfFrames(rgb, 4, 6, 2), FeatureCache.KeyOfFrames(rgb, 6, 4, 2), FeatureCache.KeyOfFrames(rgb, 4, 6, 2.5), FeatureCache.KeyOfFrames(rgb.AsSpan(1), 4, 6, 2),
        ];

        Assert.That(keys.Select(Convert.ToHexString), Is.Unique);
        Assert.That(FeatureCache.KeyOfFrames(new byte[72], 4, 6, 2), Is.EqualTo(keys[0]));
    }

    [Test]
    public void Create_OptionsOutOfRange_NamesAll()
    {
        Assert.That(() => new FeatureCache(new FeatureCacheOptions { Folder = " ", SizeLimit = 0 }, s_model),
            Throws.ArgumentException.With.Message.Contains("Folder must be null or a folder").And.Message.Contains("SizeLimit must be positive or null, got 0"));
        Assert.That(() => new FeatureCache(new FeatureCacheOptions(), s_model, TensorType.I64), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new FeatureCache(new FeatureCacheOptions(), s_model).FindGrid([1]), Throws.ArgumentException.With.Message.Contains("32 bytes"));
    }

    private static FeatureCacheOptions In(TemporaryFolder folder) => new() { Folder = folder.Path };

    private static byte[] Hash(byte video) => [.. Enumerable.Repeat(video, 32)];

    /// <summary>A second later each time that it is asked.</summary>
    private sealed class Clock : TimeProvider
    {
        private long _seconds;

        public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(_seconds++);
    }
}
