namespace Score.Cli.Annotation;

[TestFixture]
public class SpokenTextTests
{
    [TestCase("A circle.")]
    [TestCase("<think>\nThe user wants a caption.\n</think>\n\nA circle.")]
    [TestCase("<think>\n\n</think>\n\nA circle.")]
    [TestCase("<think/>A circle.")]
    [TestCase("I look at the frames first.\n</think>\n\nA circle.")]
    [TestCase("<thinking>Hm.</thinking>A circle.")]
    [TestCase("<THINKING>Hm.</Thinking>A circle.")]
    [TestCase("<reasoning>Hm.</reasoning>\nA circle.")]
    [TestCase("<thought>Hm.</thought><reflection>Is it?</reflection>A circle.")]
    [TestCase("<seed:think>Hm.</seed:think>A circle.")]
    [TestCase("<think id='1'>Hm.</think >A circle.")]
    [TestCase("<think>A <think>nested</think> thought</think>A circle.")]
    [TestCase("A circle.<think>Was that right?</think>")]
    [TestCase("[THINK]Hm.[/THINK]A circle.")]
    [TestCase("◁think▷Hm.◁/think▷A circle.")]
    [TestCase("<|START_THINKING|>Hm.<|END_THINKING|>A circle.")]
    [TestCase("<|begin_of_thought|>Hm.<|end_of_thought|>A circle.")]
    [TestCase("<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>A circle.<|return|>")]
    [TestCase("analysisThe user wants a caption.assistantfinalA circle.")]
    [TestCase("<think>Hm.</think><answer>A circle.</answer>")]
    [TestCase("<|begin_of_box|>A circle.<|end_of_box|>")]
    [TestCase("<|im_start|>assistant\nA circle.<|im_end|>\n<|endoftext|>")]
    [TestCase("A circle.</s>")]
    [TestCase("A circle.<end_of_turn>\n")]
    public void Of_Answer_IsWhatTheReaderIsMeantToSee(string answer) => Assert.That(SpokenText.Of(answer), Is.EqualTo("A circle."));

    [TestCase("A man deep in thought, reasoning about <b>chess</b>.")]
    [TestCase("A cat watches a [thought] bubble; 3 < 4 and 5 > 2.")]
    [TestCase("Analysis of a game: the assistant reads the final score.")]
    [TestCase("Zwei Kreise.\n\nUnd <Tag> 3.")]
    public void Of_CaptionThatOnlySoundsLikeIt_Stays(string caption) => Assert.That(SpokenText.Of(caption), Is.EqualTo(caption));

    [TestCase("<think>Hm.</think>")]
    [TestCase("</think>\n")]
    [TestCase("<|im_end|>")]
    public void Of_NothingButThoughts_IsEmpty(string answer) => Assert.That(SpokenText.Of(answer), Is.Empty);

    [TestCase("<think>The user wants")]
    [TestCase("<think>Hm.</think>A circle.<think>Or")]
    [TestCase("[THINK]Hm.")]
    [TestCase("<|channel|>analysis<|message|>Hm.")]
    public void Of_ThoughtsWithoutAnEnd_IsRefused(string answer) =>
        Assert.That(() => SpokenText.Of(answer), Throws.InstanceOf<CaptionFailedException>().With.Message.Contains("--max-tokens"));

    /// <summary>No model takes the names of its visual tokens in a caption, and what a template's mark stood for cannot be told.</summary>
    [TestCase("The <|image_pad|> cat.", "<|image_pad|>", 5)]
    [TestCase("<|im_start|>assistant\nA cat.<|im_end|>A dog.<|im_end|>", "<|im_end|>", 7)]
    [TestCase("<answer>A sign reads <|hello|> in red.</answer>", "<|hello|>", 14)]
    public void Of_MarkWithinTheCaption_IsRefusedAndNamed(string answer, string mark, int character) =>
        Assert.That(() => SpokenText.Of(answer), Throws.InstanceOf<CaptionFailedException>().With.Message.Contains($"holds the mark '{mark}' of a template, at character {character} of the caption"));

    /// <summary>An answer is bounded, and a hostile one takes no more than time in proportion to its length.</summary>
    [Test, CancelAfter(20_000)]
    public void Of_ManyMarks_IsReadOnce()
    {
        Assert.That(SpokenText.Of(string.Concat(Enumerable.Repeat("<think>a</think>", 200_000)) + "A circle."), Is.EqualTo("A circle."));
        Assert.That(SpokenText.Of(string.Concat(Enumerable.Repeat("<|a|>", 200_000)) + "A circle." + string.Concat(Enumerable.Repeat("<|a|> ", 200_000))), Is.EqualTo("A circle."));
        Assert.That(SpokenText.Of(new string('<', 2_000_000)), Has.Length.EqualTo(2_000_000));
        Assert.That(SpokenText.Of("x" + new string(' ', 200_000) + "x"), Has.Length.EqualTo(200_002));
    }
}
