using System.Collections.Concurrent;
using Microsoft.ML.Score.Compression;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Evaluation;

internal sealed class FirstTokens : ITokenCompressor
{
    public ConcurrentQueue<VideoTokens> Videos { get; } = [];

    public Action? Before { get; init; }

    public string Name => "first tokens";

    public KeptTokens Compress(VideoTokens video, double retentionRatio)
    {
        Videos.Enqueue(video);
        Before?.Invoke();
        return KeptTokens.Gather(video, Enumerable.Range(0, TopK.RetainedCount(retentionRatio, video.Grid.Count)).ToArray());
    }
}
