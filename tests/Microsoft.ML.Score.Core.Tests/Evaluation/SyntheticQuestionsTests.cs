using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>That the questions are those of before is held by the hashes of <see cref="SyntheticWorldTests"/>.</summary>
[TestFixture]
public class SyntheticQuestionsTests
{
    [Test]
    public void Of_AnyQuestion_IsAnsweredByTheTokensOfObjects() => SyntheticWorldTests.ForAnyVideo(video =>
    {
        var witness = new WitnessedVideo(video.TokenLabels.ToArray());
        return SyntheticQuestions.Of(video).All(question => question.Answer == witness.Answer(question.Text));
    });

    [Test]
    public void Of_AnyQuestion_NamesItsDistinctOptions() => SyntheticWorldTests.ForAnyVideo(video => SyntheticQuestions.Of(video).All(question =>
        question.Options.Distinct().Count() == question.Options.Count
        && question.Text.EndsWith($": {string.Join(", ", question.Options.SkipLast(1))} or {question.Options[^1]}?", StringComparison.Ordinal)));

    [Test]
    public void Of_AnyVideo_AsksEightDifferentQuestionsOfAllCategories() => SyntheticWorldTests.ForAnyVideo(video =>
    {
        var questions = SyntheticQuestions.Of(video);
        return questions.Select(question => question.Text[..question.Text.IndexOf(':', StringComparison.Ordinal)]).Distinct().Count() == 8 && questions.Count == 8
            && new HashSet<string>(["colour", "shape", "motion", "order", "count", "change"]).SetEquals(questions.Select(question => question.Category));
    });

    [Test]
    public void Of_SameVideoTwice_AsksTheSame()
    {
        var video = SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 3);

        Assert.That(SyntheticQuestions.Of(video).Select(Words), Is.EqualTo(SyntheticQuestions.Of(SyntheticWorld.Generate(SyntheticSplit.Test, VideoLength.Short, 3)).Select(Words)));

        static (string, int) Words(MultipleChoiceQuestion question) => (question.Text, question.AnswerIndex);
    }
}
