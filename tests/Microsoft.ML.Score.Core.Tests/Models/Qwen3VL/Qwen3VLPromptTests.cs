using Microsoft.ML.Score.Models.Qwen2;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Text;

namespace Microsoft.ML.Score.Models.Qwen3VL;

[TestFixture]
internal sealed class Qwen3VLPromptTests
{
    private const string Pad = "<|vision_start|><|video_pad|><|vision_end|>";

    private static readonly ChatMessage[] s_messages = [new("user", [new(ChatPartKind.Video), new(ChatPartKind.Text, "Why?")])];

    [Test]
    public void WithSteps_OneVideo_NamesTheTimeOfEachStep() => Assert.That(
        Qwen3VLPrompt.WithSteps(Qwen3VLPrompt.Render(s_messages, addGenerationPrompt: true), [[0.25, 10.5]], outerMarkers: false),
        Is.EqualTo($"<|im_start|>user\n<0.2 seconds>{Pad}<10.5 seconds>{Pad}Why?<|im_end|>\n<|im_start|>assistant\n"));

    [Test]
    public void WithSteps_OuterMarkers_StayAroundAllSteps() => Assert.That(
        Qwen3VLPrompt.WithSteps(Qwen3VLPrompt.Render(s_messages, addGenerationPrompt: false), [[0.25, 10.5]], outerMarkers: true),
        Is.EqualTo($"<|im_start|>user\n<|vision_start|><0.2 seconds>{Pad}<10.5 seconds>{Pad}<|vision_end|>Why?<|im_end|>\n"));

    [Test]
    public void WithSteps_TimesOfAnotherNumberOfVideos_Throws() =>
        Assert.That(() => Qwen3VLPrompt.WithSteps(Pad, [[0], [1]], false), Throws.ArgumentException.With.Message.Contains("1 videos, the times of 2"));

    [TestCase(false)]
    [TestCase(true)]
    public void Steps_OfAPrompt_CoverTimestampMarkersAndTokens(bool outerMarkers)
    {
        using var checkpoint = new RandomQwen3Checkpoint();
        var tokenizer = Tokenizer.Load(CheckpointFiles.FromFolder(checkpoint.Folder));
        double[] seconds = [0.25, 9.5, 120.25];
        var text = Qwen3VLPrompt.WithSteps(Qwen3VLPrompt.Render(s_messages, addGenerationPrompt: true), [seconds], outerMarkers);
        var ids = Qwen3VLPrompt.Ids(tokenizer, text, id => id == RandomQwen3Checkpoint.VideoPad, [4, 4, 4]);

        var steps = Qwen3VLPrompt.Steps(tokenizer, Array.IndexOf(ids, RandomQwen3Checkpoint.VideoPad), 4, seconds);

        Assert.That(
            steps.Select(step => tokenizer.Decode(ids[step.Start..step.End], skipSpecialTokens: false)),
            Is.EqualTo(seconds.Select(time => $"{Timestamps.Text(time)}<|vision_start|>{string.Concat(Enumerable.Repeat("<|video_pad|>", 4))}<|vision_end|>")));
        Assert.That(steps.Select(step => (step.FirstVisual, step.VisualCount)), Is.EqualTo(new[] { (0, 4), (4, 4), (8, 4) }));
    }
}
