using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Models;

/// <summary>
/// A frozen video-language model: all that training, answering and evaluation see of it. Implement it to plug in another
/// model or another reward, a remote one included. Implementations are safe for concurrent calls; disposing while a call is
/// in flight lets that call end first.
/// </summary>
public interface IVideoLanguageModel : IDisposable
{
    /// <summary>Where the model came from and which one it is.</summary>
    VideoModelInfo Info { get; }

    /// <summary>Samples, resizes and normalises frames as the model prescribes and runs the vision encoder and projector.</summary>
    /// <param name="clip">The video.</param>
    /// <param name="cancellationToken">Stops between time steps.</param>
    /// <returns>Grid and vectors [T, H, W, D].</returns>
    /// <exception cref="ArgumentException">The clip is too short, too small or too large for the model's rules.</exception>
    /// <exception cref="InvalidDataException">A frame cannot be decoded.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    VideoTokens Encode(VideoClip clip, CancellationToken cancellationToken = default);

    /// <summary>
    /// The frames of a clip that <see cref="Encode"/> samples, so that a picture can stand beside the tokens made of it: <see cref="VideoModelInfo.FramesPerStep"/>
    /// of them for each time step, in order. Nothing is decoded. Default null: the model does not say.
    /// </summary>
    /// <param name="clip">The video; its number of frames and their rate are read.</param>
    /// <returns>Ascending indices, of which one may repeat; null where the model does not say.</returns>
    /// <exception cref="ArgumentNullException">The clip is null.</exception>
    /// <exception cref="ArgumentException">The clip is too short, too small or too large for the model's rules.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    IReadOnlyList<int>? SampledFrames(VideoClip clip) => null;

    /// <summary>
    /// What keeps a text from being a question or a target, for data to be checked before work: "contains '...', which ..."; null where nothing
    /// does. Default null.
    /// </summary>
    /// <param name="text">The text; any length.</param>
    /// <returns>A clause that follows "the question" or "the caption", without a full stop; null where the text can be used.</returns>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    string? FindTextFault(string text) => null;

    /// <summary>
    /// Mean cross-entropy, in nats a token, of <paramref name="target"/> (its closing end-of-turn token included) as the answer to
    /// <paramref name="question"/>, once for each set of kept tokens of one video. The sets share grid and dimension, not their sizes.
    /// The reward is made of it: CE and CE_base in equation (5) of SCORE (arXiv 2603.26365).
    /// </summary>
    /// <param name="keptSets">The kept-token sets, at least one; a set may be empty. Training uses their memory again: do not hold them after the call.</param>
    /// <param name="question">The user turn beside the video.</param>
    /// <param name="target">The answer to score; not empty.</param>
    /// <param name="cancellationToken">Stops between layers.</param>
    /// <returns>One value a set, in order; the same whatever else is in the batch up to rounding.</returns>
    /// <exception cref="ArgumentException">
    /// There is no set, the sets differ in grid, their dimension is not the model's, a value is not finite, or a text is empty or names
    /// visual tokens.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    double[] CrossEntropy(IReadOnlyList<KeptTokens> keptSets, string question, string target, CancellationToken cancellationToken = default);

    /// <summary>The model's answer to a question about the kept tokens.</summary>
    /// <param name="kept">The tokens that reach the language model.</param>
    /// <param name="question">The user turn beside the video.</param>
    /// <param name="options">Length and sampling; null means the defaults, greedy decoding.</param>
    /// <param name="onText">
    /// Receives the answer piece by piece while it is generated, on the calling thread; the pieces joined are the result, and none of
    /// them ends within a code point. Null means no one listens.
    /// </param>
    /// <param name="cancellationToken">Stops between tokens and between layers.</param>
    /// <returns>The answer without its stop token.</returns>
    /// <exception cref="ArgumentException">
    /// An option is out of its range, the tokens' dimension is not the model's, a value is not finite, or the question names visual tokens.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    string Generate(
        KeptTokens kept, string question, GenerationOptions? options = null, Action<string>? onText = null, CancellationToken cancellationToken = default);
}
