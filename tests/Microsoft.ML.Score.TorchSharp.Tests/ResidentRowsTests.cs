using System.Runtime.CompilerServices;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;
using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp;

[TestFixture]
public class ResidentRowsTests
{
    private const int Rows = 6, Columns = 4;

    /// <summary>Room for two videos.</summary>
    private readonly TorchKernels _kernels = new(
        "torch-cpu", torch.CPU, torch.ScalarType.Float32, ActivationLimits.MainMemory with { ResidentBytes = 2 * Rows * Columns * sizeof(float) });

    [Test]
    public void Keep_MoreThanThereIsRoomFor_SendsTheOldestToTheHost()
    {
        using var residents = new ResidentRows(_kernels);
        var videos = Enumerable.Range(1, 4).Select(seed => residents.Keep(Upload(seed))).ToArray();

        Assert.That(residents.Count, Is.EqualTo(2));
        Assert.That(videos.Select(video => video.HasHostCopy), Is.EqualTo(new[] { true, true, false, false }));
        for (var seed = 1; seed <= 4; seed++)
            Assert.That(videos[seed - 1].Host.ToArray(), Is.EqualTo(KernelData.Values(seed, Rows * Columns)), $"{seed}");
    }

    [Test]
    public void Keep_OneThatNeedsMoreThanTheRoom_Stands()
    {
        using var residents = new ResidentRows(_kernels);
        var video = residents.Keep(_kernels.Upload(KernelData.Values(1, 100 * Columns), 100, Columns));

        Assert.That((residents.Count, video.HasHostCopy), Is.EqualTo((1, false)));
    }

    [Test]
    public void Keep_AfterOthersWereForgotten_FreesTheirMemory()
    {
        using var residents = new ResidentRows(_kernels);
        var before = torch.Tensor.TotalCount;
        Forget(residents);
        GC.Collect();
        GC.WaitForPendingFinalizers();

        var last = residents.Keep(Upload(3));

        Assert.That((residents.Count, torch.Tensor.TotalCount - before), Is.EqualTo((1, 1)));
        GC.KeepAlive(last);
    }

    [Test]
    public void Use_OnDeviceAndAfterwards_GivesTheSameBits()
    {
        var residents = new ResidentRows(_kernels);
        var policy = PolicyNetwork.Initialize(Columns, 8);
        var video = new VideoTokens(new TokenGrid(3, 1, 2), residents.Keep(Upload(1)), "fingerprint");
        var (logits, gathered) = (policy.Logits(video), KeptTokens.Gather(video, new[] { 1, 4 }).Vectors.ToArray());
        Assert.That(video.Device!.HasHostCopy, Is.False);

        residents.Dispose();

        Assert.That(residents.Count, Is.Zero);
        Assert.That(policy.Logits(video), Is.EqualTo(logits));
        Assert.That(KeptTokens.Gather(video, new[] { 1, 4 }).Vectors.ToArray(), Is.EqualTo(gathered));
        Assert.That(gathered, Is.EqualTo((float[])[.. KernelData.Values(1, Rows * Columns)[4..8], .. KernelData.Values(1, Rows * Columns)[16..20]]));
    }

    [Test]
    public void Dispose_Model_LeavesItsVideosReadable()
    {
        var clip = SyntheticWorld.Generate(SyntheticSplit.Validation, VideoLength.Short, 3).Clip;
        using var managed = VideoModel.Load("tiny");
        var model = VideoModel.Load("tiny", new VideoModelOptions { Backend = TorchSharpBackend.Cpu });
        var video = model.Encode(clip);

        model.Dispose();

        Assert.That(video.Vectors.ToArray(), Is.EqualTo(managed.Encode(clip).Vectors.ToArray()).Within(1e-4));
    }

    [Test]
    public void Keep_ValueThatIsNotFinite_IsKnown([Values(float.NaN, float.NegativeInfinity)] float value)
    {
        using var residents = new ResidentRows(_kernels);
        var values = KernelData.Values(1, Rows * Columns);
        Assert.That(residents.Keep(Upload(1)).AllFinite, Is.True);
        values[^1] = value;

        Assert.That(residents.Keep(_kernels.Upload(values, Rows, Columns)).AllFinite, Is.False);
    }

    private Tensor Upload(int seed) => _kernels.Upload(KernelData.Values(seed, Rows * Columns), Rows, Columns);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Forget(ResidentRows residents)
    {
        residents.Keep(Upload(1));
        residents.Keep(Upload(2));
    }
}
