using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Policy;

/// <summary>Policy and feature files of an earlier version load and mask as they did then (StoredFiles/README.md).</summary>
public class StoredFilesTests
{
    private static readonly string s_folder = Path.Combine(RepositoryFolder.Root, "tests", "Microsoft.ML.Score.Core.Tests", "StoredFiles");

    [TestCaseSource(nameof(Masks))]
    public void Select_FilesOfAnEarlierVersion_KeepsTheSameTokens(StoredMask mask)
    {
        var compressor = new ScoreCompressor(PolicyNetwork.Load(Path.Combine(s_folder, mask.Policy)));
        var features = Path.Combine(s_folder, mask.Features);

        Assert.That(compressor.Compress(FeatureFile.Read(features), mask.RetentionRatio).Positions.ToArray(), Is.EqualTo(mask.Kept), "read into memory");
        Assert.That(compressor.Compress(features, mask.RetentionRatio).Positions.ToArray(), Is.EqualTo(mask.Kept), "mapped");
    }

    [TestCase("policy-tiny.safetensors")]
    [TestCase("policy-plain.safetensors")]
    public void Save_PolicyOfAnEarlierVersion_WritesTheSameTensors(string name)
    {
        var policy = PolicyNetwork.Load(Path.Combine(s_folder, name));

        var again = PolicyNetwork.Parse(policy.ToBytes(), name);

        Assert.That(again.W1.ToArray(), Is.EqualTo(policy.W1.ToArray()));
        Assert.That((again.Dimension, again.HiddenWidth, again.UseResidual, again.UseNormalization, again.EncoderFingerprint),
            Is.EqualTo((policy.Dimension, policy.HiddenWidth, policy.UseResidual, policy.UseNormalization, policy.EncoderFingerprint)));
    }

    [Test]
    public void Read_StatisticsOfAnEarlierVersion_GivesGridTimesAndStatistics()
    {
        var video = FeatureFile.Read(Path.Combine(s_folder, "features-statistics.safetensors"));

        Assert.That(video.Grid, Is.EqualTo(new TokenGrid(3, 2, 4, 0.5)));
        Assert.That(video.Times!.Seconds, Is.EqualTo(new[] { 0, 0.75, 1.5 }));
        Assert.That(video.Times.VideoSeconds, Is.EqualTo(2.25));
        Assert.That((video.Statistics!.ReceivedAttention.Length, video.Statistics.PooledAttention.Length, video.Statistics.StepFeatures.Length), Is.EqualTo((24, 24, 15)));
    }

    public static IEnumerable<TestCaseData> Masks() =>
        JsonSerializer.Deserialize<StoredMask[]>(File.ReadAllText(Path.Combine(s_folder, "masks.json")))!
            .Select(mask => new TestCaseData(mask).SetArgDisplayNames(mask.Policy, mask.Features, $"{mask.RetentionRatio}"));

    public sealed record StoredMask(
        [property: JsonPropertyName("policy")] string Policy,
        [property: JsonPropertyName("features")] string Features,
        [property: JsonPropertyName("retention_ratio")] double RetentionRatio,
        [property: JsonPropertyName("kept")] int[] Kept);
}
