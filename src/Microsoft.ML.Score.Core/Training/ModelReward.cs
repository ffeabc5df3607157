using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>The reward of the paper: a frozen model in this process. Safe for concurrent calls; the model stays the caller's.</summary>
/// <param name="model">The frozen model.</param>
public sealed class ModelReward(IVideoLanguageModel model) : IRolloutReward
{
    private const long GatheredValues = 1 << 27; // 512 MiB: what the kept tokens of one call to the model may copy

    private readonly IVideoLanguageModel _model = model ?? throw new ArgumentNullException(nameof(model));

    /// <inheritdoc/>
    public VideoModelInfo Info => _model.Info;

    /// <inheritdoc cref="IVideoLanguageModel.FindTextFault"/>
    internal string? FindTextFault(string text) => _model.FindTextFault(text);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">The target is no text.</exception>
    public ValueTask<double[]> CrossEntropyAsync(RolloutBatch batch, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var target = batch.Target as TextTarget ?? throw new NotSupportedException($"A model scores texts; the target is {batch.Target}.");

        var values = new List<double>(batch.Kept.Count);
        var sets = new List<KeptTokens>(batch.Kept.Count);
        var gathered = 0L;
        foreach (var kept in batch.Kept)
        {
            if (sets.Count > 0 && gathered >= GatheredValues)
                Score();
            sets.Add(KeptTokens.Gather(batch.Video, kept));
            gathered += (long)kept.Length * batch.Video.Dimension;
        }

        if (sets.Count > 0)
            Score();
        return new ValueTask<double[]>([.. values]);

        void Score()
        {
            values.AddRange(_model.CrossEntropy([.. sets], batch.Question, target.Text, cancellationToken));
            sets.Clear();
            gathered = 0;
        }
    }
}
