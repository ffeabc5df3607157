namespace Microsoft.ML.Score.Models.Qwen2;

[TestFixture]
public class QwenChatTemplateTests
{
    [Test]
    public void Render_VideoAndQuestion_IsThePromptInTwoTexts()
    {
        ChatMessage[] messages = [new("user", [new(ChatPartKind.Video), new(ChatPartKind.Text, "Why?")])];

        Assert.That(
            QwenChatTemplate.Render(messages, addGenerationPrompt: true),
            Is.EqualTo(QwenChatTemplate.BeforeVideo + QwenChatTemplate.VideoPad + QwenChatTemplate.AfterVideo("Why?")));
    }

    [Test]
    public void Render_SeveralTurns_NumbersEachKindThroughAllOfThem()
    {
        ChatMessage[] messages =
        [
            new("system", [new(ChatPartKind.Text, "Be brief.")]),
            new("user", [new(ChatPartKind.Image), new(ChatPartKind.Video), new(ChatPartKind.Text, "Same?")]),
            new("assistant", [new(ChatPartKind.Text, "No.")]),
            new("user", [new(ChatPartKind.Text, "And "), new(ChatPartKind.Video)]),
        ];

        Assert.That(
            QwenChatTemplate.Render(messages, addGenerationPrompt: false, addVisionId: true),
            Is.EqualTo(
                "<|im_start|>system\nBe brief.<|im_end|>\n"
                + "<|im_start|>user\nPicture 1: <|vision_start|><|image_pad|><|vision_end|>Video 1: <|vision_start|><|video_pad|><|vision_end|>Same?<|im_end|>\n"
                + "<|im_start|>assistant\nNo.<|im_end|>\n"
                + "<|im_start|>user\nAnd Video 2: <|vision_start|><|video_pad|><|vision_end|><|im_end|>\n"));
    }
}
