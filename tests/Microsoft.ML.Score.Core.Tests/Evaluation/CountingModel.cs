using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Evaluation;

/// <summary>Ten tokens a video; "yes" to all of them, "no" to two or more, nonsense to one.</summary>
internal sealed class CountingModel : IVideoLanguageModel
{
    private int _encoded;

    public int Encoded => _encoded;

    public Exception? Failure { get; init; }

    public Action? BeforeEncoding { get; init; }

    public Action? BeforePrefilled { get; init; }

    public Action? BeforeText { get; init; }

    public Action? AfterText { get; init; }

    public VideoModelInfo Info { get; } = new("fake", "fake", 1);

    public VideoTokens Encode(VideoClip clip, CancellationToken cancellationToken = default)
    {
        if (Failure is not null)
            throw Failure;
        Interlocked.Increment(ref _encoded);
        foreach (var _ in clip.ReadFrames([0], cancellationToken))
            BeforeEncoding?.Invoke();
        return new VideoTokens(new TokenGrid(10, 1, 1), 1, new float[10]);
    }

    public double[] CrossEntropy(IReadOnlyList<KeptTokens> keptSets, string question, string target, CancellationToken cancellationToken = default) =>
        [.. keptSets.Select(kept => 1.0 / kept.Count)];

    public string Generate(
        KeptTokens kept, string question, GenerationOptions? options = null, Action<string>? onText = null, CancellationToken cancellationToken = default)
    {
        var answer = kept.Count switch { 10 => "Yes.", > 1 => "no", _ => "perhaps" };
        if (BeforePrefilled is not null)
        {
            BeforePrefilled();
            options!.Prefilled?.Invoke();
        }

        BeforeText?.Invoke();
        onText?.Invoke(answer);
        AfterText?.Invoke();
        return answer;
    }

    public void Dispose()
    {
    }
}
