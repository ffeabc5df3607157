using FsCheck;
using FsCheck.Fluent;

namespace Score.Cli.Annotation;

[TestFixture]
public class RateLimiterTests
{
    [Test]
    public async Task Wait_OneRequestASecond_SpacesAllButTheFirst()
    {
        var clock = new JumpingClock();
        var limiter = new RateLimiter(60, clock);

        for (var i = 0; i < 4; i++)
            await limiter.WaitAsync(CancellationToken.None);

        Assert.That(clock.Waits, Is.EqualTo(Enumerable.Repeat(TimeSpan.FromSeconds(1), 3)));
    }

    [Test]
    public async Task Wait_AfterIdling_LetsOnlyTheRequestsOfOneSecondGoAtOnce()
    {
        var clock = new JumpingClock();
        var limiter = new RateLimiter(180, clock);
        await Task.Delay(TimeSpan.FromHours(1), clock);
        clock.Waits.Clear();

        for (var i = 0; i < 5; i++)
            await limiter.WaitAsync(CancellationToken.None);

        Assert.That(clock.Waits.Select(wait => wait.TotalSeconds), Is.EqualTo(new[] { 1.0 / 3, 1.0 / 3 }).Within(1e-3));
    }

    [Test]
    public void Wait_AnyRateAndPauses_NeverExceedsTheRateByMoreThanAMillisecond() =>
        Prop.ForAll<PositiveInt, int[]>((rate, pauses) =>
        {
            var clock = new JumpingClock();
            var limiter = new RateLimiter(rate.Get, clock);
            var times = new List<double>();
            foreach (var pause in pauses.Concat(new int[20]))
            {
                Task.Delay(TimeSpan.FromMilliseconds(Math.Abs(pause % 5000)), clock).Wait();
                limiter.WaitAsync(CancellationToken.None).Wait();
                times.Add(clock.Now.TotalSeconds);
            }

            var perSecond = rate.Get / 60.0;
            return times.Index().All(first => times.Index().Skip(first.Index).All(last =>
                last.Index - first.Index + 1 <= (last.Item - first.Item) * perSecond + Math.Max(1, perSecond) + 0.001 * perSecond + 1e-6));
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Wait_Cancelled_Ends()
    {
        var limiter = new RateLimiter(1e-3, TimeProvider.System);
        using var cancellation = new CancellationTokenSource();
        Assert.That(limiter.WaitAsync(cancellation.Token).IsCompletedSuccessfully);

        var second = limiter.WaitAsync(cancellation.Token);
        cancellation.Cancel();

        Assert.That(async () => await second, Throws.InstanceOf<OperationCanceledException>());
    }
}
