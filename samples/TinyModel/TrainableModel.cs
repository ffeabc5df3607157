using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>What the forward pass of one sequence says.</summary>
/// <param name="Loss">The weighted sum of all losses.</param>
/// <param name="Text">Scores of the supervised text tokens.</param>
/// <param name="Labels">Scores of the labels of the kept visual tokens.</param>
/// <param name="Events">Scores of what the object does, of those tokens that show one.</param>
internal sealed record SampleScores(double Loss, TargetScores Text, TargetScores Labels, TargetScores Events);

/// <summary>
/// The whole model with its losses: answers and captions, and two auxiliary ones on the visual tokens, each with a linear head that
/// is thrown away after training. They make sure early on that the encoder tells colours, shapes, motions and changes apart:
/// without them the encoder waits for the language model to ask, and the language model for something to read.
/// </summary>
internal sealed class TrainableModel
{
    private readonly VisionTower _vision;
    private readonly LanguageModel _language;
    private readonly Parameter _labelHead, _eventHead;

    public TrainableModel(TinyConfiguration configuration, int vocabularySize, int seed)
    {
        Parameters = new ParameterSet(new Random(seed));
        _vision = new VisionTower(configuration, Parameters);
        _language = new LanguageModel(configuration, vocabularySize, Parameters);
        _labelHead = Head("label", TokenLabel.Count);
        _eventHead = Head("event", VideoPatches.EventCount);

        Parameter Head(string name, int classes) =>
            Parameters.AddMatrix($"{name}_head.weight", classes, configuration.HiddenSize, 1 / Math.Sqrt(configuration.HiddenSize), exported: false);
    }

    /// <summary>All weights.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>Records the forward pass of one sequence. Text is weighted as the sequence says, the mean of each auxiliary loss as given.</summary>
    public SampleScores Forward(Tape tape, TrainingSequence sequence, float auxiliaryWeight)
    {
        var (video, kept) = (sequence.Video, sequence.KeptTokens);
        var patches = tape.New(kept.Length * TinyConfiguration.PatchesPerToken, TinyConfiguration.PatchLength);
        video.CopyTo(kept, patches.Value);
        var visual = _vision.Forward(tape, patches);
        var embeddings = tape.Sequence(_language.Embedding, sequence.Before, visual, sequence.After);
        var hidden = _language.Forward(tape, embeddings, sequence.Layout, sequence.Positions, [.. sequence.SupervisedRows]);

        var loss = 0.0;
        var text = Score(hidden, _language.Embedding, [.. sequence.Targets], [.. sequence.Weights]);
        var labels = ScoreMean(visual, _labelHead, Array.ConvertAll(kept, token => (int)video.Labels[token]));
        int[] objects = [.. Enumerable.Range(0, kept.Length).Where(i => video.Events[kept[i]] >= 0)];
        var events = ScoreMean(tape.SelectRows(visual, objects), _eventHead, Array.ConvertAll(objects, i => (int)video.Events[kept[i]]));
        return new SampleScores(loss, text, labels, events);

        TargetScores ScoreMean(Variable x, Parameter head, int[] targets)
        {
            var weights = new float[targets.Length];
            Array.Fill(weights, auxiliaryWeight / targets.Length);
            return Score(x, head, targets, weights);
        }

        TargetScores Score(Variable x, Parameter head, int[] targets, float[] weights)
        {
            var scores = tape.CrossEntropy(x, head, targets, weights);
            loss += scores.Losses.Select((value, row) => value * weights[row]).Sum();
            return scores;
        }
    }
}
