using Microsoft.ML.Score.Synthetic;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>The whole model with its losses: answers and captions, and which object each visual token shows.</summary>
internal sealed class TrainableModel
{
    private readonly VisionTower _vision;
    private readonly LanguageModel _language;
    private readonly Parameter _labelHead;

    public TrainableModel(TinyConfiguration configuration, int vocabularySize, int seed)
    {
        Parameters = new ParameterSet(new Random(seed));
        _vision = new VisionTower(configuration, Parameters);
        _language = new LanguageModel(configuration, vocabularySize, Parameters);
        // Thrown away after training: it only makes sure early on that the tokens tell colours and shapes apart.
        _labelHead = Parameters.AddMatrix("label_head.weight", TokenLabel.Count, configuration.HiddenSize, 1 / Math.Sqrt(configuration.HiddenSize), exported: false);
    }

    /// <summary>All weights.</summary>
    public ParameterSet Parameters { get; }

    /// <summary>Records the forward pass of one sequence; the losses on the tape are weighted as the sequence says, the label loss as given.</summary>
    /// <returns>Scores of the supervised text tokens, and of the labels of the kept visual tokens.</returns>
    public (TargetScores Text, TargetScores Labels) Forward(Tape tape, TrainingSequence sequence, float labelWeight)
    {
        var patches = tape.New(sequence.KeptTokens.Length * TinyConfiguration.PatchesPerToken, TinyConfiguration.PatchLength);
        sequence.Video.CopyTo(sequence.KeptTokens, patches.Value);
        var visual = _vision.Forward(tape, patches);

        var labels = Array.ConvertAll(sequence.KeptTokens, token => (int)sequence.Video.Labels[token]);
        var labelWeights = new float[labels.Length];
        Array.Fill(labelWeights, labelWeight / labels.Length);
        var labelScores = tape.CrossEntropy(visual, _labelHead, labels, labelWeights);

        var embeddings = tape.Sequence(_language.Embedding, sequence.Before, visual, sequence.After);
        var hidden = _language.Forward(tape, embeddings, sequence.Layout, sequence.Positions, [.. sequence.SupervisedRows]);
        var textScores = tape.CrossEntropy(hidden, _language.Embedding, [.. sequence.Targets], [.. sequence.Weights]);
        return (textScores, labelScores);
    }
}
