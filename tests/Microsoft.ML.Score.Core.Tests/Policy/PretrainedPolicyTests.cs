using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Synthetic;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Policy;

[TestFixture]
public class PretrainedPolicyTests
{
    /// <summary>The weights and the policy that ship belong together: retraining the one without the other shows here.</summary>
    [Test]
    public void For_EmbeddedModel_KeepsTheObjectsOfHeldOutVideos()
    {
        using var model = VideoModel.Load("tiny");
        var compressor = new ScoreCompressor(PolicyNetwork.Pretrained(model.Info));
        var (kept, objects) = (0, 0);
        for (var index = 0; index < 20; index++)
        {
            var video = SyntheticWorld.Generate(SyntheticSplit.Validation, VideoLength.Medium, 500 + index);
            var positions = compressor.Compress(model.Encode(video.Clip), 0.10).Positions.ToArray();
            var labels = video.TokenLabels.ToArray();
            kept += positions.Count(position => TokenLabel.IsObject(labels[position]));
            objects += labels.Count(TokenLabel.IsObject);
        }

        Assert.That((double)kept / objects, Is.GreaterThan(0.98));
    }

    [Test]
    public void For_UnknownModel_SaysHowToGetOne() =>
        Assert.That(
            () => PolicyNetwork.Pretrained(new VideoModelInfo("/models/own", "00ff", 64)),
            Throws.TypeOf<NotSupportedException>().With.Message.Contains("/models/own").And.Message.Contains("score train"));
}
