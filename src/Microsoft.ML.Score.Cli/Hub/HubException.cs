namespace Score.Cli.Hub;

/// <summary>The hub did not give what it was asked for.</summary>
/// <param name="message">What happened, and where it is known the next step.</param>
/// <param name="inner">The cause.</param>
internal sealed class HubException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether another try may succeed.</summary>
    public bool IsTransient { get; init; }

    /// <summary>How long the hub asks to wait before it; null where it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
