using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// What training sees of the world that rewards it: the cross-entropy of a target for each of a video's kept-token sets, CE in equation
/// (5) of SCORE (arXiv 2603.26365). <see cref="ModelReward"/> asks a frozen model in this process; implement it for another reward, or
/// for one that is computed elsewhere: it is handed index sets and one reference to the video, not copied vectors.
/// </summary>
/// <remarks>Implementations are safe for as many concurrent calls as <see cref="TrainerOptions.ConcurrentVideos"/> says.</remarks>
/// <example><code>
/// sealed class FewTokens(VideoModelInfo info) : IRolloutReward
/// {
///     public VideoModelInfo Info => info;
///     public ValueTask&lt;double[]&gt; CrossEntropyAsync(RolloutBatch batch, CancellationToken cancellationToken = default) =>
///         new([.. batch.Kept.Select(kept => 1 + (double)kept.Length / batch.Video.Grid.Count)]);
/// }
/// </code></example>
public interface IRolloutReward
{
    /// <summary>The model whose encoder's tokens are scored: a policy is trained for these.</summary>
    VideoModelInfo Info { get; }

    /// <summary>Mean cross-entropy of the target, in nats a token, for each kept-token set.</summary>
    /// <param name="batch">One video, its kept-token sets, and what is asked and expected.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <returns>One finite value per set, in order; the same for equal sets, whatever runs beside it.</returns>
    /// <exception cref="OperationCanceledException">The work was cancelled.</exception>
    ValueTask<double[]> CrossEntropyAsync(RolloutBatch batch, CancellationToken cancellationToken = default);
}

/// <summary>What a reward is asked: kept-token sets of one video.</summary>
/// <param name="Video">All tokens of the video.</param>
/// <param name="Kept">
/// For each set the flat grid indices that it keeps, strictly ascending; a set may be empty. Training uses the memory again: it is valid
/// until the call has ended.
/// </param>
/// <param name="Question">The user turn beside the video.</param>
/// <param name="Target">What the model is expected to say.</param>
public sealed record RolloutBatch(VideoTokens Video, IReadOnlyList<ReadOnlyMemory<int>> Kept, string Question, RewardTarget Target);

/// <summary>What a rollout's tokens are to make likely. Closed: a reward may know all kinds there are.</summary>
public abstract record RewardTarget
{
    private protected RewardTarget()
    {
    }
}

/// <summary>A text, such as the video's caption: the paper's target.</summary>
/// <param name="Text">The answer to score, its closing end-of-turn token included by the model; not empty.</param>
public sealed record TextTarget(string Text) : RewardTarget;
