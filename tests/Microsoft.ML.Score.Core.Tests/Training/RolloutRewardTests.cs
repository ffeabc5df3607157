using System.Collections.Concurrent;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Training;

[TestFixture]
public class RolloutRewardTests
{
    private static readonly TrainingRow[] s_rows = [.. Enumerable.Range(0, 12).Select(i => PlantedModel.Example(i, i % 3 == 0 ? 1 : 5))];
    private static readonly TrainingRow[] s_heldOut = [.. Enumerable.Range(50, 5).Select(i => PlantedModel.Example(i, 5))];

    [Test]
    public void Fit_VideosScoredConcurrentlyAndAnsweredOutOfOrder_GivesTheSameBits([Values(2, 3, 8, 20)] int concurrent)
    {
        var alone = Policy(new ModelReward(new PlantedModel()), concurrent: 1);
        using var shuffled = new ShufflingReward(concurrent);

        Assert.That(Policy(shuffled, concurrent), Is.EqualTo(alone));
        Assert.That(shuffled.MostAtOnce, Is.GreaterThan(1).And.LessThanOrEqualTo(concurrent));
    }

    [Test]
    public void Fit_OutsideReward_IsHandedIndexSetsAndOneVideo()
    {
        const int tokens = 42_624, rollouts = 16;
        var video = new VideoTokens(new TokenGrid(64, 18, 37), 6, new float[tokens * 6]);
        var reward = new CountingReward();
        new ScoreTrainer(reward, new TrainerOptions { UseWarmUp = false, MainSteps = 1, BatchSize = 1, Rollouts = rollouts }).Fit([new TrainingRow(video, "still water")]);

        var batch = reward.Batches.Single(batch => batch.Kept.Count == rollouts);
        Assert.That(batch.Video, Is.SameAs(video));
        Assert.That(batch.Target, Is.EqualTo(new TextTarget("still water")));
        Assert.That(batch.Kept.All(kept => kept.Length < tokens), "sets of positions");
        Assert.That(reward.Batches.Single(other => other != batch).Kept.Single().Length, Is.EqualTo(tokens), "CE_base");
        Assert.That(rollouts * tokens / 8, Is.EqualTo(85_248), "bytes of the masks, one bit per token");
    }

    [Test]
    public void Fit_RewardFails_StopsTheOthersAndThrowsItsError()
    {
        var reward = new FailingReward();
        var trainer = new ScoreTrainer(reward, Options(concurrent: 4));

        Assert.That(() => trainer.Fit(s_rows), Throws.TypeOf<IOException>().With.Message.EqualTo("the line is cut"));
        Assert.That(reward.Running, Is.Zero);
        Assert.That(reward.Cancelled, Is.GreaterThan(0));
    }

    [Test]
    public void Fit_RewardGivesTooFewOrNotFiniteValues_SaysSo([Values(0, 1)] int values)
    {
        var reward = new FixedReward([.. Enumerable.Repeat(double.NaN, values)]);

        Assert.That(() => new ScoreTrainer(reward, Options(concurrent: 1)).Fit(s_rows), Throws.InvalidOperationException.With.Message.Contains("expected 1 finite values"));
    }

    [Test]
    public async Task ModelReward_SetsOfOneVideo_GivesWhatTheModelGivesForThemAlone()
    {
        var model = new PlantedModel();
        var video = PlantedModel.Example(3, 5).ReadVideo();
        ReadOnlyMemory<int>[] kept = [Enumerable.Range(0, video.Grid.Count).ToArray(), Array.Empty<int>(), new[] { 1, 7, 30 }];

        var values = await new ModelReward(model).CrossEntropyAsync(new RolloutBatch(video, kept, "Q", new TextTarget("object object")));

        Assert.That(values, Is.EqualTo(kept.Select(set => model.CrossEntropy([KeptTokens.Gather(video, set)], "Q", "object object")[0])));
    }

    private static TrainerOptions Options(int concurrent) =>
        new() { WarmUpSteps = 3, MainSteps = 5, BatchSize = 6, ConcurrentVideos = concurrent, ValidationInterval = 2, Rollouts = 4 };

    private static byte[] Policy(IRolloutReward reward, int concurrent) => new ScoreTrainer(reward, Options(concurrent)).Fit(s_rows, s_heldOut).Policy.ToBytes();

    /// <summary>Answers late and in another order than it was asked.</summary>
    private sealed class ShufflingReward(int concurrent) : IRolloutReward, IDisposable
    {
        private readonly ModelReward _inner = new(new PlantedModel());
        private readonly SemaphoreSlim _full = new(0);
        private readonly Lock _lock = new();
        private int _running;

        public VideoModelInfo Info => _inner.Info;

        public int MostAtOnce { get; private set; }

        public async ValueTask<double[]> CrossEntropyAsync(RolloutBatch batch, CancellationToken cancellationToken = default)
        {
            int place;
            lock (_lock)
            {
                place = ++_running;
                MostAtOnce = Math.Max(MostAtOnce, place);
            }

            if (place < concurrent)
                await _full.WaitAsync(TimeSpan.FromMilliseconds(20), cancellationToken); // until as many run as may, so that the last asked answers first
            else
                _full.Release(concurrent - 1);
            var values = await _inner.CrossEntropyAsync(batch, cancellationToken);
            lock (_lock)
                _running--;
            return values;
        }

        public void Dispose() => _full.Dispose();
    }

    private sealed class CountingReward : IRolloutReward
    {
        public ConcurrentQueue<RolloutBatch> Batches { get; } = [];

        public VideoModelInfo Info { get; } = new("elsewhere", "0123abcd", 6);

        public ValueTask<double[]> CrossEntropyAsync(RolloutBatch batch, CancellationToken cancellationToken = default)
        {
            Batches.Enqueue(batch);
            return new([.. batch.Kept.Select(kept => 1 + (double)kept.Length / batch.Video.Grid.Count)]);
        }
    }

    private sealed class FailingReward : IRolloutReward
    {
        private int _calls;
        private int _running;
        private int _cancelled;

        public int Running => _running;

        public int Cancelled => _cancelled;

        public VideoModelInfo Info { get; } = new("elsewhere", "0123abcd", 6);

        public async ValueTask<double[]> CrossEntropyAsync(RolloutBatch batch, CancellationToken cancellationToken = default)
        {
            if (Interlocked.Increment(ref _calls) == 1)
            {
                await Task.Delay(50, CancellationToken.None);
                throw new IOException("the line is cut");
            }

            Interlocked.Increment(ref _running);
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            catch (OperationCanceledException)
            {
                Interlocked.Increment(ref _cancelled);
                throw;
            }
            finally
            {
                Interlocked.Decrement(ref _running);
            }

            return [];
        }
    }

    private sealed class FixedReward(double[] values) : IRolloutReward
    {
        public VideoModelInfo Info { get; } = new("elsewhere", "0123abcd", 6);

        public ValueTask<double[]> CrossEntropyAsync(RolloutBatch batch, CancellationToken cancellationToken = default) => new(values);
    }
}
