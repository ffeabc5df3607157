using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>Where compressors take the salience of a token from, [T*N].</summary>
internal static class Salience
{
    /// <summary>Attention received in the encoder, or pooled attention where that is all there is.</summary>
    /// <exception cref="ArgumentException">The tokens have neither.</exception>
    public static ReadOnlyMemory<float> Received(VideoTokens video, string compressor) =>
        video.Statistics is { ReceivedAttention: { IsEmpty: false } received } ? received : Pooled(video, compressor);

    /// <summary>Pooled attention.</summary>
    /// <exception cref="ArgumentException">The tokens do not have it.</exception>
    public static ReadOnlyMemory<float> Pooled(VideoTokens video, string compressor) =>
        video.Statistics is { PooledAttention: { IsEmpty: false } pooled }
            ? pooled
            : throw new ArgumentException($"{compressor} chooses by the encoder's attention, which these tokens come without; encode the video with a model loaded with EncoderStatistics (for FastVID on LLaVA-Video with SiglipFolder too).", nameof(video));

    /// <summary>The Euclidean norm of each token.</summary>
    public static float[] OfNorms(VideoTokens video)
    {
        var norms = new float[video.Grid.Count];
        for (var i = 0; i < norms.Length; i++)
            norms[i] = (float)Math.Sqrt(WideSums.Dot(video.Token(i), video.Token(i)));
        return norms;
    }
}
