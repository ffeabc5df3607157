using System.Globalization;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Models;

/// <summary>
/// Says, once, that a model is used beyond what it knows: the embedded one on video that is not of the synthetic world, or any whose
/// cross-entropy of a caption is above what guessing gives. Safe for concurrent use.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="warn">Told the one warning.</param>
internal sealed class ModelLimits(VideoModelInfo model, Action<string> warn)
{
    private int _said;

    /// <summary>Looks at an encoded video.</summary>
    public void See(TokenGrid grid)
    {
        if (VideoModel.LimitOf(model, grid) is { } limit)
            Say(limit);
    }

    /// <summary>Looks at CE_base, the cross-entropy of a caption with all tokens, in nats a token.</summary>
    public void SeeBase(double crossEntropy)
    {
        if (model.VocabularySize is { } size && crossEntropy > Math.Log(size))
            Say(string.Create(CultureInfo.InvariantCulture,
                $"The model '{model.Source}' knows nothing of a video or its caption: cross-entropy {crossEntropy:F2} nats a token with all tokens, above ln({size}) = {Math.Log(size):F2} of guessing."));
    }

    private void Say(string warning)
    {
        if (Interlocked.Exchange(ref _said, 1) == 0)
            warn(warning);
    }
}
