using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models;

/// <summary>
/// A model whose encoder takes frames of any size, so that a video can have fewer tokens by being shown smaller: the plainest
/// alternative to compression. Qwen2.5-VL and Qwen3-VL do; LLaVA-Video resizes every frame to one size.
/// </summary>
public interface IScalableVideoModel : IVideoLanguageModel
{
    /// <summary>As <see cref="IVideoLanguageModel.Encode"/>, with smaller frames: as many time steps, each of at most as many tokens as given.</summary>
    /// <param name="clip">The video.</param>
    /// <param name="tokensPerStep">
    /// Most tokens of a time step, at least 1. The grid is the one that comes nearest to it and to the shape that the frames have
    /// otherwise.
    /// </param>
    /// <param name="cancellationToken">Stops between time steps.</param>
    /// <exception cref="ArgumentException">The number is below 1, or the clip is not one that the model can encode.</exception>
    /// <exception cref="InvalidDataException">A frame cannot be decoded.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    VideoTokens EncodeScaled(VideoClip clip, int tokensPerStep, CancellationToken cancellationToken = default);
}
