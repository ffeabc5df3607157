using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models.Qwen2;

[TestFixture]
internal sealed class SharedRowsTests
{
    // Of a mean cross-entropy: sums of the same numbers in another order.
    private const double Tolerance = 1e-5;

    [TestCase("simd")]
    [TestCase("scalar")]
    public void CrossEntropy_SetsOfOneVideo_IsThatOfSetsWithVectorsOfTheirOwn(string backend)
    {
        using var checkpoint = new RandomCheckpoint();
        using var model = VideoModel.Load(checkpoint.Folder, new VideoModelOptions { Backend = ComputeBackend.Named(backend) });
        var rgb = new byte[6 * 48 * 40 * 3];
        new Random(5).NextBytes(rgb);
        var video = model.Encode(new FrameClip(rgb, 6, 48, 40, 2));
        var random = new Random(3);
        KeptTokens[] shared = [.. Enumerable.Range(0, 6).Select(i => KeptTokens.Gather(video, Enumerable.Range(0, video.Grid.Count).Where(_ => random.Next(6) < i).ToArray()))];
        KeptTokens[] own = Array.ConvertAll(shared, kept => new KeptTokens(kept.Grid, kept.Dimension, kept.Positions, kept.Vectors));

        Assert.That(model.CrossEntropy(shared, "What?", "A ball."), Is.EqualTo(model.CrossEntropy(own, "What?", "A ball.")).Within(Tolerance));
    }
}
