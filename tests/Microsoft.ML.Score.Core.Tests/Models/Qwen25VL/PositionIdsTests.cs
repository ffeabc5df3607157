namespace Microsoft.ML.Score.Models.Qwen25VL;

/// <summary>Positions by hand; those of the original code are golden cases (tests/Goldens).</summary>
[TestFixture]
public class PositionIdsTests
{
    private const int Video = 151656;

    [Test]
    public void Compute_FractionalInterval_TruncatesAfterMultiplying()
    {
        int[] ids = [7, Video, Video, Video, Video, 7];

        var positions = PositionIds.Compute(Config(2), ids, [new VisualItem(true, new PatchGrid(4, 2, 2), 0.999)]);

        Assert.That(positions.Temporal, Is.EqualTo(new[] { 0, 1, 2, 4, 6, 7 }));
        Assert.That(positions.Next, Is.EqualTo(8));
    }

    [Test]
    public void Compute_PadsThatFitNoItem_Throws()
    {
        Assert.That(() => PositionIds.Compute(Config(2), [Video], []), Throws.ArgumentException.With.Message.Contains("none of the 0"));
        Assert.That(() => PositionIds.Compute(Config(2), [Video, 1], [new VisualItem(true, new PatchGrid(2, 2, 2))]), Throws.ArgumentException.With.Message.Contains("needs 2 tokens"));
        Assert.That(() => PositionIds.Compute(Config(2), [1], [new VisualItem(true, new PatchGrid(1, 2, 2))]), Throws.ArgumentException.With.Message.Contains("1 are given"));
    }

    [Test]
    public void Compute_ImageOrVideoOfOneStep_HaveTheSamePositions()
    {
        var config = Config(2);
        var grid = new PatchGrid(1, 4, 6);
        int[] ids = [7, .. Enumerable.Repeat(Video, 6), 7];

        var video = PositionIds.Compute(config, ids, [new VisualItem(true, grid, 1.75)]);
        var image = PositionIds.Compute(config, Array.ConvertAll(ids, id => id == Video ? config.ImageTokenId : id), [new VisualItem(false, grid)]);

        Assert.That((image.Temporal, image.Height, image.Width, image.Next), Is.EqualTo((video.Temporal, video.Height, video.Width, video.Next)));
    }

    [Test]
    public void Compute_IntegerSecondsFirst_DropsTheFraction()
    {
        int[] ids = [Video, Video, Video, 7];
        var item = new VisualItem(true, new PatchGrid(3, 2, 2), 1.75);

        var positions = PositionIds.Compute(Config(2) with { TemporalPositions = TemporalPositionRule.IntegerSecondsFirst }, ids, [item]);

        Assert.That(positions.Temporal, Is.EqualTo(new[] { 0, 2, 4, 5 }));
        Assert.That(PositionIds.Compute(Config(2), ids, [item]).Temporal, Is.EqualTo(new[] { 0, 3, 7, 8 }));
    }

    [TestCase(1e9)]
    [TestCase(1e300)]
    public void Compute_PositionsBeyondTheIntegers_Throws(double seconds) => Assert.That(
        () => PositionIds.Compute(Config(2), [Video, Video], [new VisualItem(true, new PatchGrid(2, 2, 2), seconds)]),
        Throws.ArgumentException.With.Message.Contains("ends beyond position"));

    /// <summary>The released 7B configuration, written as re-saved checkpoints are: keys equal to the defaults missing.</summary>
    private static Qwen25VLConfig Config(double tokensPerSecond) => Qwen25VLConfig.Read(ConfigSection.Parse(System.Text.Encoding.UTF8.GetBytes(
        $$"""
        {
          "image_token_id": 151655, "video_token_id": 151656, "eos_token_id": 151645, "hidden_size": 3584, "num_attention_heads": 28, "num_key_value_heads": 4,
          "rope_parameters": { "rope_theta": 1000000.0, "rope_type": "default", "mrope_section": [16, 24, 24] },
          "vision_config": { "hidden_size": 1280, "tokens_per_second": {{tokensPerSecond}} }
        }
        """), "config.json"));
}
