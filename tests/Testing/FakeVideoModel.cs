using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Testing;

/// <summary>
/// A frozen model of D = 4 without weights: a token matters when its first value is 1. Cross-entropy grows with the share of such
/// tokens that is missing, and answers name how many were kept, so that training learns something and answers can be checked.
/// </summary>
public sealed class FakeVideoModel(string fingerprint = "fake-encoder") : IVideoLanguageModel
{
    public const int D = 4;

    public VideoModelInfo Info { get; } = new("no-such-folder/fake", fingerprint, D);

    public bool IsDisposed { get; private set; }

    public int Encodings { get; private set; }

    public VideoTokens Encode(VideoClip clip, CancellationToken cancellationToken = default)
    {
        Encodings++;
        var grid = new TokenGrid(clip.FrameCount, 1, clip.Width, 1 / clip.FramesPerSecond);
        var vectors = new float[grid.Count * D];
        var t = 0;
        foreach (var frame in clip.ReadFrames([.. Enumerable.Range(0, clip.FrameCount)], cancellationToken))
        {
            for (var x = 0; x < grid.Width; x++)
                vectors[(t * grid.Width + x) * D] = frame.Span[x * 3] / 255f;
            t++;
        }

        return new VideoTokens(grid, D, vectors, Info.Fingerprint);
    }

    public double[] CrossEntropy(IReadOnlyList<KeptTokens> keptSets, string question, string target, CancellationToken cancellationToken = default)
    {
        var wanted = Math.Max(1, keptSets.Max(Matters));
        return [.. keptSets.Select(kept => 1 + (1 - (double)Matters(kept) / wanted))];
    }

    public string Generate(
        KeptTokens kept, string question, GenerationOptions? options = null, Action<string>? onText = null, CancellationToken cancellationToken = default) =>
        $"{question} {Matters(kept)} of {kept.Count}";

    public void Dispose() => IsDisposed = true;

    private static int Matters(KeptTokens kept)
    {
        var count = 0;
        for (var k = 0; k < kept.Count; k++)
            count += kept.Vectors.Span[k * D] >= 0.99f ? 1 : 0;
        return count;
    }
}
