using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;
using Microsoft.ML.Score.Training;
using Microsoft.ML.Score.Video;

namespace Microsoft.ML.Score.Testing;

/// <summary>
/// A frozen model with a planted answer: a token whose first value is large shows an object, its second value says which; a caption
/// has one word an object. Cross-entropy is 1 nat, and half a nat more for the share of the caption's objects that no kept token shows.
/// </summary>
public sealed class PlantedModel(TimeSpan delay = default) : IVideoLanguageModel
{
    public const int Dimension = 6;

    public VideoModelInfo Info { get; init; } = new("planted", "0123abcd", Dimension);

    /// <summary>Called before each answer; tests throw from it.</summary>
    public Action? BeforeCall { get; set; }

    public int Calls { get; private set; }

    /// <summary>What cross-entropies are multiplied by.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>A text that no caption may hold.</summary>
    public string? Forbidden { get; init; }

    public string? FindTextFault(string text) => Forbidden is not null && text.Contains(Forbidden, StringComparison.Ordinal) ? $"contains '{Forbidden}'" : null;

    public double[] CrossEntropy(IReadOnlyList<KeptTokens> keptSets, string question, string target, CancellationToken cancellationToken = default)
    {
        BeforeCall?.Invoke();
        cancellationToken.ThrowIfCancellationRequested();
        Calls++;
        if (delay > TimeSpan.Zero)
            Thread.Sleep(delay);
        var words = target.Split(' ').Length;
        return [.. keptSets.Select(kept => (1 + 0.5 * (1 - Math.Min(1, (double)Objects(kept) / words))) * Scale)];
    }

    public VideoTokens Encode(VideoClip clip, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public string Generate(
        KeptTokens kept, string question, GenerationOptions? options = null, Action<string>? onText = null, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public void Dispose()
    {
    }

    /// <summary>A row of the given length: a static noisy background and two objects, each on one token from some step on.</summary>
    public static TrainingRow Example(int seed, int steps)
    {
        const int tokens = 12;
        var random = new CounterRandom(seed, steps);
        var vectors = new float[steps * tokens * Dimension];
        for (var i = 0; i < vectors.Length; i++)
            vectors[i] = (float)(0.4 * random.Normal(i % (tokens * Dimension)) + 0.02 * random.Normal(1_000 + i)) * (i % Dimension < 2 ? 0.1f : 1f);
        for (var item = 0; item < 2; item++)
        {
            var (place, start) = (2 * random.Below(500_000 + item, tokens / 2) + item, random.Below(500_010 + item, steps));
            for (var step = start; step < steps; step++)
            {
                vectors[(step * tokens + place) * Dimension] = 2;
                vectors[(step * tokens + place) * Dimension + 1] = (float)random.Uniform(500_020 + item);
            }
        }
        return new TrainingRow(new VideoTokens(new TokenGrid(steps, 3, 4), Dimension, vectors), "object object");
    }

    private static int Objects(KeptTokens kept)
    {
        var seen = new HashSet<float>();
        for (var k = 0; k < kept.Count; k++)
            if (kept.Vectors.Span[k * Dimension] > 1)
                seen.Add(kept.Vectors.Span[k * Dimension + 1]);
        return seen.Count;
    }
}
