using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Score.Cli;

/// <summary>
/// A frozen model without weights: a token is the mean colour of a cell of a 3x3 grid in one frame of two, and its change. Cross-entropy
/// falls with the colour kept; the answer says how many tokens were kept.
/// </summary>
internal sealed class FakeVideoModel : IVideoLanguageModel
{
    private const int Side = 3;

    public VideoModelInfo Info { get; init; } = new("fake", "fa4e", 3);

    public int Encoded { get; private set; }

    /// <summary>Called before each cross-entropy.</summary>
    public Action? BeforeCrossEntropy { get; set; }

    /// <summary>Called before each encoding.</summary>
    public Action? BeforeEncode { get; set; }

    public VideoTokens Encode(VideoClip clip, CancellationToken cancellationToken = default)
    {
        BeforeEncode?.Invoke();
        cancellationToken.ThrowIfCancellationRequested();
        Encoded++;
        var steps = (clip.FrameCount + 1) / 2;
        var vectors = new float[steps * Side * Side * 3];
        foreach (var (step, frame) in clip.ReadFrames([.. Enumerable.Range(0, steps).Select(step => 2 * step)], cancellationToken).Index())
            for (var i = 0; i < frame.Length; i++)
            {
                var (y, x) = Math.DivRem(i / 3, clip.Width);
                var cell = (step * Side + y * Side / clip.Height) * Side + x * Side / clip.Width;
                vectors[cell * 3 + i % 3] += frame.Span[i] / 255f * (Side * Side) / (clip.Height * clip.Width);
            }

        return new VideoTokens(new TokenGrid(steps, Side, Side, 2 / clip.FramesPerSecond), 3, vectors, Info.Fingerprint);
    }

    public string? FindTextFault(string text) => text.Contains("<|image_pad|>", StringComparison.Ordinal) ? "contains '<|image_pad|>'" : null;

    public double[] CrossEntropy(IReadOnlyList<KeptTokens> keptSets, string question, string target, CancellationToken cancellationToken = default)
    {
        BeforeCrossEntropy?.Invoke();
        cancellationToken.ThrowIfCancellationRequested();
        return [.. keptSets.Select(kept => 1 / (1 + Colour(kept)))];
    }

    public string Generate(
        KeptTokens kept, string question, GenerationOptions? options = null, Action<string>? onText = null, CancellationToken cancellationToken = default)
    {
        string[] pieces = [$"{kept.Count} tokens,", $" {question.Length} letters"];
        foreach (var piece in pieces)
            onText?.Invoke(piece);
        return string.Concat(pieces);
    }

    public void Dispose()
    {
    }

    private static double Colour(KeptTokens kept)
    {
        var sum = 0.0;
        for (var i = 0; i + 2 < kept.Vectors.Length; i += 3)
            sum += Math.Abs(kept.Vectors.Span[i] - kept.Vectors.Span[i + 2]);
        return sum / kept.Grid.Count;
    }
}
