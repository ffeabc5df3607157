namespace Microsoft.ML.Score.TinyModel;

/// <summary>What the forward pass of one sequence says.</summary>
/// <param name="Loss">The weighted sum of all losses.</param>
/// <param name="Text">Scores of the supervised text tokens.</param>
/// <param name="Attributes">Scores of each of <see cref="TokenAttributes.All"/> over the kept visual tokens that have it.</param>
internal sealed record SampleScores(double Loss, TargetScores Text, TargetScores[] Attributes);

/// <summary>
/// The whole model with its losses: answers and captions, and one for each attribute of the visual tokens, with a linear head that
/// is thrown away after training. They make sure early on that the encoder tells the attributes apart: without them the encoder
/// waits for the language model to ask, and the language model for something to read.
/// </summary>
internal sealed class TrainableModel
{
    private readonly VisionTower _vision;
    private readonly LanguageModel _language;
    private readonly Parameter[] _attributeHeads;

    public TrainableModel(TinyConfiguration configuration, int vocabularySize, int seed)
    {
        Parameters = new ParameterSet(new Random(seed));
        _vision = new VisionTower(configuration, Parameters);
        _language = new LanguageModel(configuration, vocabularySize, Parameters);
        _attributeHeads = [.. TokenAttributes.All.Select(attribute =>
            Parameters.AddMatrix($"{attribute.Name}_head.weight", attribute.Classes, configuration.HiddenSize, 1 / Math.Sqrt(configuration.HiddenSize), exported: false))];
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
        // The texts teach the language model to read the encoder, not the encoder to show only what they mention.
        var embeddings = tape.Sequence(_language.Embedding, sequence.Before, tape.Detach(visual), sequence.After);
        var hidden = _language.Forward(tape, embeddings, sequence.Layout, sequence.Positions, [.. sequence.SupervisedRows]);

        var loss = 0.0;
        var text = Score(hidden, _language.Embedding, [.. sequence.Targets], [.. sequence.Weights]);
        var attributes = new TargetScores[_attributeHeads.Length];
        for (var i = 0; i < attributes.Length; i++)
        {
            int[] classes = [.. kept.Select(token => (int)video.Attributes[token * attributes.Length + i])];
            int[] rows = [.. Enumerable.Range(0, kept.Length).Where(row => classes[row] != TokenAttributes.None)];
            var weights = new float[rows.Length];
            Array.Fill(weights, auxiliaryWeight / rows.Length);
            attributes[i] = Score(tape.SelectRows(visual, rows), _attributeHeads[i], Array.ConvertAll(rows, row => classes[row]), weights);
        }

        return new SampleScores(loss, text, attributes);

        TargetScores Score(Variable x, Parameter head, int[] targets, float[] weights)
        {
            var scores = tape.CrossEntropy(x, head, targets, weights);
            loss += scores.Losses.Select((value, row) => value * weights[row]).Sum();
            return scores;
        }
    }
}
