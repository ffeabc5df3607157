using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Compression;

/// <summary>Random numbers that belong to one video: the same content and seed give the same stream in any order of videos and on any thread.</summary>
internal static class VideoRandom
{
    public static CounterRandom For(VideoTokens video, long seed)
    {
        var checksum = 0u;
        foreach (var value in MemoryMarshal.Cast<float, uint>(video.Vectors.Span))
            checksum = BitOperations.Crc32C(checksum, value);
        return new CounterRandom(seed, video.Grid.TimeSteps, video.Grid.Height, video.Grid.Width, video.Dimension, checksum);
    }
}
