using System.Globalization;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>Scores of training samples added up, for the log.</summary>
internal sealed class BatchScores
{
    /// <summary>The parts of the loss, in the order of the columns of the loss curve.</summary>
    public static readonly string[] Parts = ["caption", "answers", .. TokenAttributes.All.Select(attribute => attribute.Name)];

    private readonly (double Loss, int Right, int Count)[] _parts = new (double, int, int)[Parts.Length];

    public static BatchScores Of(TrainingSequence sequence, SampleScores sample)
    {
        var scores = new BatchScores();
        for (var row = 0; row < sample.Text.Losses.Length; row++)
            scores.Add(sequence.Streams[sequence.StreamOfTarget[row]].Category == TrainingSamples.CaptionCategory ? 0 : 1, sample.Text, row);
        for (var attribute = 0; attribute < sample.Attributes.Length; attribute++)
            for (var row = 0; row < sample.Attributes[attribute].Losses.Length; row++)
                scores.Add(2 + attribute, sample.Attributes[attribute], row);
        return scores;
    }

    public void Add(BatchScores other)
    {
        for (var part = 0; part < _parts.Length; part++)
            _parts[part] = (_parts[part].Loss + other._parts[part].Loss, _parts[part].Right + other._parts[part].Right, _parts[part].Count + other._parts[part].Count);
    }

    /// <summary>Mean cross-entropy in nats and share of right tokens of each part, separated by commas.</summary>
    public override string ToString() => string.Join(',', _parts.Select(part =>
        string.Create(CultureInfo.InvariantCulture, $"{part.Loss / part.Count:F4},{(double)part.Right / part.Count:F4}")));

    /// <summary>The same for people.</summary>
    public string Describe() => string.Join(", ", _parts.Select((part, i) =>
        string.Create(CultureInfo.InvariantCulture, $"{Parts[i]} {part.Loss / part.Count:F3} ({100.0 * part.Right / part.Count:F1}%)")));

    private void Add(int part, TargetScores scores, int row) =>
        _parts[part] = (_parts[part].Loss + scores.Losses[row], _parts[part].Right + (scores.IsTop[row] ? 1 : 0), _parts[part].Count + 1);
}
