using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Training;

/// <summary>A model whose every cross-entropy is NaN.</summary>
internal sealed class NotFiniteModel : IVideoLanguageModel
{
    public VideoModelInfo Info { get; } = new("broken", "0123abcd", PlantedModel.Dimension);

    public double[] CrossEntropy(IReadOnlyList<KeptTokens> keptSets, string question, string target, CancellationToken cancellationToken = default) =>
        [.. keptSets.Select(_ => double.NaN)];

    public VideoTokens Encode(VideoClip clip, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public string Generate(
        KeptTokens kept, string question, GenerationOptions? options = null, Action<string>? onText = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public void Dispose()
    {
    }
}
