namespace Score.Cli.Annotation;

/// <summary>
/// Tries again what failed in passing, after 1, 2, 4 ... at most 60 seconds, shortened by chance by up to a half, or after the time
/// that the server asks for (at most an hour) where that is longer. Every try waits for the rate limit. Safe for concurrent use.
/// </summary>
/// <param name="maxRetries">Tries after the first.</param>
/// <param name="limiter">The rate limit; null for none.</param>
/// <param name="time">The clock.</param>
internal sealed class Retry(int maxRetries, RateLimiter? limiter, TimeProvider time)
{
    private const double FirstDelay = 1;
    private const double LongestDelay = 60;

    private static readonly TimeSpan s_longestAsked = TimeSpan.FromHours(1);

    /// <param name="ask">The try.</param>
    /// <param name="random">Of the delays; not shared between threads.</param>
    /// <param name="cancellationToken">Ends waiting.</param>
    /// <exception cref="CaptionFailedException">The last try failed, or one in a way that another cannot mend.</exception>
    public async Task<TeacherCaption> RunAsync(Func<Task<TeacherCaption>> ask, Random random, CancellationToken cancellationToken)
    {
        for (var retry = 0; ; retry++)
        {
            if (limiter is not null)
                await limiter.WaitAsync(cancellationToken);
            try
            {
                return await ask();
            }
            catch (CaptionFailedException exception) when (exception.IsTransient && retry < maxRetries)
            {
                var delay = TimeSpan.FromSeconds(Math.Min(LongestDelay, FirstDelay * Math.Pow(2, retry)) * (1 - 0.5 * random.NextDouble()));
                if (exception.RetryAfter is { } asked && asked > delay)
                    delay = asked < s_longestAsked ? asked : s_longestAsked;
                await Task.Delay(delay, time, cancellationToken);
            }
        }
    }
}
