using System.Globalization;
using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>How well held-out videos with all their tokens are understood.</summary>
/// <param name="Answers">Right and asked questions of each length and category. An answer is right when each of its tokens, the closing one included, is the most probable: exactly when greedy decoding says it.</param>
/// <param name="CaptionLoss">Mean cross-entropy of a caption, in nats a token, of each length.</param>
internal sealed record Evaluation(SortedDictionary<(VideoLength Length, string Category), (int Right, int Asked)> Answers, SortedDictionary<VideoLength, double> CaptionLoss)
{
    /// <summary>Share of all questions of a length answered rightly.</summary>
    public double Accuracy(VideoLength length)
    {
        var ofLength = Answers.Where(entry => entry.Key.Length == length).Select(entry => entry.Value).ToList();
        return (double)ofLength.Sum(value => value.Right) / ofLength.Sum(value => value.Asked);
    }

    /// <summary>Measures the model on the first videos of a split.</summary>
    public static Evaluation Run(TrainableModel model, TrainingSamples samples, SyntheticSplit split, IReadOnlyList<VideoLength> lengths, int videos)
    {
        var answers = new SortedDictionary<(VideoLength, string), (int Right, int Asked)>();
        var captionLoss = new SortedDictionary<VideoLength, double>();
        foreach (var length in lengths)
        {
            var results = new List<(string Category, bool Right, double Loss)>[videos];
            Parallel.For(0, videos, () => new Tape(model.Parameters), (index, _, tape) =>
            {
                results[index] = Score(model, samples.Whole(SyntheticWorld.Generate(split, length, index)), tape);
                return tape;
            }, _ => { });

            var all = results.SelectMany(result => result).ToList();
            captionLoss[length] = all.Where(result => result.Category == TrainingSamples.CaptionCategory).Average(result => result.Loss);
            foreach (var category in all.Where(result => result.Category != TrainingSamples.CaptionCategory).GroupBy(result => result.Category))
                answers[(length, category.Key)] = (category.Count(result => result.Right), category.Count());
        }

        return new Evaluation(answers, captionLoss);
    }

    /// <summary>One line a length: accuracy over all questions and by category, and the caption's cross-entropy.</summary>
    public override string ToString() => string.Join(Environment.NewLine, CaptionLoss.Select(entry =>
    {
        var categories = Answers.Where(answer => answer.Key.Length == entry.Key)
            .Select(answer => string.Create(CultureInfo.InvariantCulture, $"{answer.Key.Category} {100.0 * answer.Value.Right / answer.Value.Asked:F1}"));
        return string.Create(CultureInfo.InvariantCulture, $"{entry.Key}: accuracy {100 * Accuracy(entry.Key):F1}% ({string.Join(", ", categories)}); caption {entry.Value:F3} nats a token");
    }));

    private static List<(string Category, bool Right, double Loss)> Score(TrainableModel model, TrainingSequence sequence, Tape tape)
    {
        tape.Clear();
        var text = model.Forward(tape, sequence, auxiliaryWeight: 0).Text;
        return [.. Enumerable.Range(0, text.Losses.Length).GroupBy(row => sequence.StreamOfTarget[row]).Select(rows =>
            (sequence.Streams[rows.Key].Category, rows.All(row => text.IsTop[row]), rows.Average(row => text.Losses[row])))];
    }
}
