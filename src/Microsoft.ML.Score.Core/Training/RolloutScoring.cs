using Microsoft.ML.Score.Models;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

/// <summary>
/// Has kept-token sets scored: some videos at a time, finished in their order, so that no sum depends on who answers first. Not safe for
/// concurrent use.
/// </summary>
/// <param name="reward">What scores.</param>
/// <param name="options">Settings of the run.</param>
/// <param name="known">CE_base of the videos that come again.</param>
/// <param name="warn">Told that the model is used beyond what it knows.</param>
internal sealed class RolloutScoring(IRolloutReward reward, TrainerOptions options, BaseCrossEntropy known, Action<string> warn)
{
    private readonly ModelLimits _limits = new(reward.Info, warn);
    private int[] _all = [];

    /// <summary>Starts requests, as many as may run at a time ahead of the one that is finished next, and finishes them in their order.</summary>
    /// <param name="requests">Asked for one by one; what one holds must stay until it is finished.</param>
    /// <param name="finish">Given a request's item, CE_base and the CE of its sets.</param>
    /// <param name="cancellationToken">Stops all that run.</param>
    public void InOrder<T>(IEnumerable<ScoringRequest<T>> requests, Action<T, double, double[]> finish, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new Queue<Running<T>>();
        try
        {
            foreach (var request in requests)
            {
                running.Enqueue(Start(request, stop.Token));
                if (running.Count == options.ConcurrentVideos)
                    Finish(running.Dequeue(), finish);
            }

            while (running.TryDequeue(out var next))
                Finish(next, finish);
        }
        finally
        {
            if (running.Count > 0)
            {
                stop.Cancel();
                ((Task)Task.WhenAll(running.Select(request => request.Scores))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
            }
        }
    }

    private Running<T> Start<T>(ScoringRequest<T> request, CancellationToken cancellationToken)
    {
        long? key = request.ComesAgain ? BaseCrossEntropy.Key(request.Video, request.Caption) : null;
        double? ofAll = key is { } met && known.Values.TryGetValue(met, out var value) ? value : null;
        var kept = Batch(request.Kept);
        var all = ofAll is null ? Batch([All(request.Video.Grid.Count)]) : null;
        return new Running<T>(request, key, ofAll, Task.Run(ScoreAsync, CancellationToken.None));

        RolloutBatch Batch(IReadOnlyList<ReadOnlyMemory<int>> sets) => new(request.Video, sets, options.CaptionQuestion, new TextTarget(request.Caption));

        async Task<(double[]? All, double[] Kept)> ScoreAsync() =>
            (all is null ? null : await ScoreBatchAsync(all, cancellationToken).ConfigureAwait(false), await ScoreBatchAsync(kept, cancellationToken).ConfigureAwait(false));
    }

    private void Finish<T>(Running<T> running, Action<T, double, double[]> finish)
    {
        var (all, kept) = running.Scores.GetAwaiter().GetResult();
        if (all is not null)
        {
            _limits.See(running.Request.Video.Grid);
            _limits.SeeBase(all[0]);
            if (running.Key is { } key)
                known.Values.TryAdd(key, all[0]);
        }

        finish(running.Request.Item, running.Base ?? all![0], kept);
    }

    private async Task<double[]> ScoreBatchAsync(RolloutBatch batch, CancellationToken cancellationToken)
    {
        var values = await reward.CrossEntropyAsync(batch, cancellationToken).ConfigureAwait(false);
        if (values is null || values.Length != batch.Kept.Count || !values.All(double.IsFinite))
            throw new InvalidOperationException(
                $"The reward of '{reward.Info.Source}' returned {(values is null ? "null" : $"[{string.Join(", ", values)}]")} as the cross-entropies of {batch.Kept.Count} kept-token sets; "
                + $"expected {batch.Kept.Count} finite values.");
        return values;
    }

    /// <summary>The positions of a video's every token.</summary>
    private ReadOnlyMemory<int> All(int count)
    {
        if (_all.Length < count)
            _all = [.. Enumerable.Range(0, count)];
        return _all.AsMemory(0, count);
    }

    private sealed record Running<T>(ScoringRequest<T> Request, long? Key, double? Base, Task<(double[]? All, double[] Kept)> Scores);
}

/// <summary>Kept-token sets of one video to be scored, beside CE_base.</summary>
/// <param name="Item">What the caller knows them by.</param>
/// <param name="Video">All tokens of the video.</param>
/// <param name="Caption">The target.</param>
/// <param name="Kept">The sets' positions.</param>
/// <param name="ComesAgain">Whether CE_base is worth keeping: pseudo-videos hardly ever come again.</param>
internal sealed record ScoringRequest<T>(T Item, VideoTokens Video, string Caption, IReadOnlyList<ReadOnlyMemory<int>> Kept, bool ComesAgain);
