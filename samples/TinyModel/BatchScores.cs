using System.Globalization;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>Sums of the scores of training samples, for the log: mean losses in nats a token, and shares of right tokens.</summary>
internal sealed class BatchScores
{
    private double _caption, _answer, _label;
    private int _captionTokens, _answerTokens, _labels, _rightAnswerTokens, _rightLabels;

    public static BatchScores Of(TrainingSequence sequence, TargetScores text, TargetScores labels)
    {
        var scores = new BatchScores { _label = labels.Losses.Sum(), _labels = labels.Losses.Length, _rightLabels = labels.IsTop.Count(right => right) };
        for (var row = 0; row < text.Losses.Length; row++)
            if (sequence.Streams[sequence.StreamOfTarget[row]].Category == TrainingSamples.CaptionCategory)
            {
                scores._caption += text.Losses[row];
                scores._captionTokens++;
            }
            else
            {
                scores._answer += text.Losses[row];
                scores._answerTokens++;
                scores._rightAnswerTokens += text.IsTop[row] ? 1 : 0;
            }

        return scores;
    }

    public void Add(BatchScores other)
    {
        _caption += other._caption;
        _answer += other._answer;
        _label += other._label;
        _captionTokens += other._captionTokens;
        _answerTokens += other._answerTokens;
        _labels += other._labels;
        _rightAnswerTokens += other._rightAnswerTokens;
        _rightLabels += other._rightLabels;
    }

    /// <summary>Caption, answer and label loss, share of right answer tokens and labels, separated by commas.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{_caption / _captionTokens:F4},{_answer / _answerTokens:F4},{_label / _labels:F4},{(double)_rightAnswerTokens / _answerTokens:F4},{(double)_rightLabels / _labels:F4}");

    /// <summary>The same for people.</summary>
    public string Describe() => string.Create(CultureInfo.InvariantCulture,
        $"caption {_caption / _captionTokens:F3}, answers {_answer / _answerTokens:F3} ({100.0 * _rightAnswerTokens / _answerTokens:F1}% of tokens), labels {_label / _labels:F3} ({100.0 * _rightLabels / _labels:F2}%)");
}
