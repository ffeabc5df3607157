namespace Score.Cli.Annotation;

/// <summary>
/// A token bucket: requests of one second may go at once, further ones as the bucket fills. So within any t seconds at most
/// t*rate + max(1, rate) of them go, for a rate in requests a second. Safe for concurrent use; who comes first goes first.
/// </summary>
internal sealed class RateLimiter
{
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly double _rate;
    private readonly double _capacity;
    private double _tokens;
    private long _filled;

    /// <param name="requestsPerMinute">The rate, positive.</param>
    /// <param name="time">The clock.</param>
    public RateLimiter(double requestsPerMinute, TimeProvider time)
    {
        _time = time;
        _rate = requestsPerMinute / 60;
        _tokens = _capacity = Math.Max(1, _rate);
        _filled = time.GetTimestamp();
    }

    /// <summary>Ends when one more request may go.</summary>
    public Task WaitAsync(CancellationToken cancellationToken)
    {
        TimeSpan wait;
        lock (_lock)
        {
            var now = _time.GetTimestamp();
            _tokens = Math.Min(_capacity, _tokens + _time.GetElapsedTime(_filled, now).TotalSeconds * _rate) - 1;
            _filled = now;

            // Below zero stands the queue: the tokens that those ahead wait for, and this request's own. Delays count whole milliseconds.
            wait = TimeSpan.FromMilliseconds(Math.Ceiling(Math.Max(0, -_tokens / _rate * 1000)));
        }

        return wait > TimeSpan.Zero ? Task.Delay(wait, _time, cancellationToken) : Task.CompletedTask;
    }
}
