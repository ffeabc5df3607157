using System.Text.Json;

namespace Score.Cli.Annotation;

[TestFixture]
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class ChatAnswerTests : AnnotationRun
{
    [TestCase("length")]
    [TestCase("max_tokens")]
    [TestCase("MAX_TOKENS")]
    [TestCase("model_length")]
    [TestCase("content_filter")]
    [TestCase("SAFETY")]
    [TestCase("stop", "<think>A circle that")]
    [TestCase(null, "A circle.</think><think>But")]
    public async Task Run_CaptionThatIsCutOff_IsAFailure(string? finishReason, string text = "A circle that")
    {
        using var server = new TeacherServer((_, _) => TeacherAnswer.Caption(text, finishReason!));

        var counts = await Annotate(server, [Row("image-0")]);

        Assert.That((counts, server.Prompts.Count), Is.EqualTo((new AnnotationCounts(0, 0, 1), 1)));
    }

    /// <summary>What servers that call themselves compatible answer.</summary>
    [TestCase("""{"choices": [{"finish_reason": "eos_token", "message": {"role": "assistant", "content": "A circle."}}], "usage": {"prompt_tokens": 11, "completion_tokens": 3}}""", true)]
    [TestCase("""{"choices": [{"finish_reason": null, "message": {"role": "model", "content": "A circle.", "refusal": null, "tool_calls": []}}], "usage": null}""", false)]
    [TestCase("""{"id": 7, "created": 17.5, "choices": [{"message": {"content": [{"type": "text", "text": "A "}, {"type": "text", "text": "circle."}]}}], "usage": {"total_tokens": 14}}""", false)]
    [TestCase("""{"choices": [{"message": {"content": "A circle.", "refusal": "", "reasoning_content": "Hm."}}], "usage": {"prompt_tokens": 11.5, "completion_tokens": 3}}""", false)]
    [TestCase("""{"choices": [{"message": {"content": "A circle."}}], "usage": [1]}""", false)]
    [TestCase("""{"choices": [{"message": {"content": "A circle."}}], "usage": {"prompt_tokens": -1, "completion_tokens": 3}}""", false)]
    [TestCase("""{"choices": [{"message": {"\ud800": 1, "content": "A circle."}}]}""", false)]
    [TestCase("""{"error": null, "choices": [{"message": {"content": ["A ", "circle."]}}]}""", false)]
    [TestCase("""{"choices": [{"message": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hmm"}]}, {"type": "text", "text": "A circle."}]}}]}""", false)]
    [TestCase("""{"choices": [{"message": {"content": [{"type": "reasoning", "text": "hmm"}, {"type": "text", "text": null}, {"type": "output_text", "text": "A circle."}]}}]}""", false)]
    [TestCase("""{"choices": [{"message": {"content": [{"thought": true, "text": "hmm"}, {"text": "A circle."}, 3]}}]}""", false)]
    [TestCase("""{"choices": [{"message": {"reasoning": "hm", "content": "<think>\nThe user wants a caption.\n</think>\n\nA circle."}}]}""", false)]
    [TestCase("""{"choices": [{"message": {"content": "A circle.<|im_end|>"}}]}""", false)]
    [TestCase("\ufeff{\"choices\": [{\"message\": {\"content\": \"A circle.\"}}]}", false)]
    public async Task Run_AnswerOfAnotherServer_IsReadForWhatItHas(string body, bool tellsUsage)
    {
        using var server = new TeacherServer((_, _) => new TeacherAnswer(200, body));

        var counts = await Annotate(server, [Row("image-0")]);

        Assert.That((counts, server.Prompts.Count), Is.EqualTo((new AnnotationCounts(1, 0, 0), 1)));
        using var row = JsonDocument.Parse(Lines("out").Single());
        Assert.That((row.RootElement.GetProperty("caption").GetString(), row.RootElement.GetProperty("usage").ValueKind),
            Is.EqualTo(("A circle.", tellsUsage ? JsonValueKind.Object : JsonValueKind.Null)));
    }

    [Test]
    public async Task Run_Refusal_IsAFailureWithItsText()
    {
        using var server = new TeacherServer((_, _) => new TeacherAnswer(200, """{"choices": [{"finish_reason": "stop", "message": {"content": null, "refusal": "Not this one"}}]}"""));

        var counts = await Annotate(server, [Row("image-0")]);

        Assert.That((counts, server.Prompts.Count), Is.EqualTo((new AnnotationCounts(0, 0, 1), 1)));
        Assert.That(Lines("failed").Single(), Does.Contain("Not this one"));
    }

    [Test]
    public async Task Run_CaptionOfTooManyCharacters_IsAFailure()
    {
        using var server = new TeacherServer((call, _) => TeacherAnswer.Caption(new string('a', 32_768 + call)));

        var counts = await Annotate(server, [Row("image-0"), Row("image-1")]);

        Assert.That(counts, Is.EqualTo(new AnnotationCounts(1, 0, 1)));
        Assert.That(Lines("failed").Single(), Does.Contain("has 32769 characters"));
    }
}
