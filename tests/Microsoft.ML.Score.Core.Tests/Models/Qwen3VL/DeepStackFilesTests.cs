using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models.Qwen3VL;

/// <summary>DeepStack tensors and step times travel with tokens by every file.</summary>
[TestFixture]
internal sealed class DeepStackFilesTests
{
    private static readonly VideoTokens s_video = new(new TokenGrid(2, 1, 3, 0.5), 2, Values(0), "encoder")
    {
        DeepStack = [Values(100), Values(200)],
        Times = new StepTimes([0.125, 0.625], 1),
    };

    [TestCase(TensorType.F32)]
    [TestCase(TensorType.BF16)]
    [TestCase(TensorType.F16)]
    public void FeatureFile_WriteThenRead_HoldsAll(TensorType type)
    {
        using var folder = new TemporaryFolder();
        FeatureFile.Write(folder.File("x"), s_video, type);

        var read = FeatureFile.Read(folder.File("x"));

        Assert.That(read.DeepStack.Select(level => level.ToArray()), Is.EqualTo(s_video.DeepStack.Select(level => level.ToArray())));
        Assert.That((read.Times!.Seconds, read.Times.VideoSeconds), Is.EqualTo((new[] { 0.125, 0.625 }, 1.0)));
        using var mapped = FeatureFile.Open(folder.File("x"));
        var kept = mapped.Gather(new[] { 1, 5 });
        Assert.That(kept.DeepStack[1].ToArray(), Is.EqualTo(new[] { 202f, 203, 210, 211 }));
        Assert.That(kept.Times!.Seconds, Is.EqualTo(new[] { 0.125, 0.625 }));
    }

    [Test]
    public void Gather_Rows_AreThoseOfTheVectorsInAllTensors()
    {
        var kept = KeptTokens.Gather(s_video, new[] { 0, 4 });

        Assert.That(kept.Vectors.ToArray(), Is.EqualTo(new[] { 0f, 1, 8, 9 }));
        Assert.That(kept.DeepStack.Select(level => level.ToArray()), Is.EqualTo(new[] { new[] { 100f, 101, 108, 109 }, [200f, 201, 208, 209] }));
    }

    [Test]
    public void KeptTokens_SaveThenLoad_HoldsAll()
    {
        using var folder = new TemporaryFolder();
        KeptTokens.Gather(s_video, new[] { 2, 3 }).Save(folder.File("k"), "clip.mp4");

        var read = KeptTokens.Load(folder.File("k"));

        Assert.That(read.DeepStack.Select(level => level.ToArray()), Is.EqualTo(new[] { new[] { 104f, 105, 106, 107 }, [204f, 205, 206, 207] }));
        Assert.That(read.Times!.Seconds, Is.EqualTo(new[] { 0.125, 0.625 }));
    }

    [Test]
    public void FeatureCache_GetOrAdd_GivesDeepStackBackAndPassesOverFilesWithout()
    {
        using var folder = new TemporaryFolder();
        var info = new VideoModelInfo("m", "encoder", 2) { DeepStackLevels = 2 };
        var cache = new FeatureCache(new FeatureCacheOptions { Folder = folder.Path }, info, TensorType.F16);
        var key = new byte[32];
        cache.GetOrAdd(key, () => s_video);

        Assert.That(cache.GetOrAdd(key, () => throw new InvalidOperationException()).DeepStack[0].ToArray(), Is.EqualTo(Values(100)));
        var other = new FeatureCache(new FeatureCacheOptions { Folder = folder.Path }, info with { DeepStackLevels = 3 }, TensorType.F16);
        Assert.That(other.FindGrid(key), Is.Null);
    }

    [Test]
    public void Open_FileWithAnOddTensor_NamesIt()
    {
        using var folder = new TemporaryFolder();
        var features = TensorData.FromSingle("features", [2, 1, 3, 2], Values(0));
        SafetensorsWriter.Write(folder.File("gap"), [features, TensorData.FromSingle("deepstack_1", [2, 1, 3, 2], Values(0))]);
        SafetensorsWriter.Write(folder.File("shape"), [features, TensorData.FromSingle("deepstack_0", [6, 2], Values(0))]);
        SafetensorsWriter.Write(folder.File("type"), [features, TensorData.FromSingle("deepstack_0", [2, 1, 3, 2], Values(0), TensorType.F16)]);
        SafetensorsWriter.Write(folder.File("finite"), [features, TensorData.FromSingle("deepstack_0", [2, 1, 3, 2], Enumerable.Repeat(float.NaN, 12).ToArray())]);

        foreach (var (file, expected) in new[] { ("gap", "none of them is 'deepstack_0'"), ("shape", "'deepstack_0'"), ("type", "'deepstack_0'"), ("finite", "Value 0 of 'deepstack_0'") })
            Assert.That(() => FeatureFile.Read(folder.File(file)), Throws.TypeOf<InvalidDataException>().With.Message.Contains(expected));
    }

    [Test]
    public void Constructors_TensorOfAnotherLength_SayWhich()
    {
        Assert.That(() => new VideoTokens(s_video.Grid, 2, Values(0)) { DeepStack = [Values(0), new float[11]] }, Throws.ArgumentException.With.Message.Contains("needs 12 values, got 11 in tensor 1"));
        Assert.That(() => new KeptTokens(s_video.Grid, 2, new[] { 1 }, new float[2]) { DeepStack = [new float[4]] }, Throws.ArgumentException.With.Message.Contains("needs 2 values, got 4"));
    }

    private static float[] Values(int first) => [.. Enumerable.Range(first, 12).Select(value => (float)value)];
}
