namespace Score.Cli.Annotation;

/// <summary>One request for a caption gave none.</summary>
/// <param name="message">What happened.</param>
/// <param name="inner">The cause.</param>
internal sealed class CaptionFailedException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Whether another try may succeed.</summary>
    public bool IsTransient { get; init; }

    /// <summary>How long the server asks to wait before it; null where it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How many rows that fail so, one after the other, tell that no other would fare better; null where the row itself may be the reason.</summary>
    public int? EndsRunAfter { get; init; }

    /// <summary>The same in other words.</summary>
    public CaptionFailedException As(string message) => new(message, this) { IsTransient = IsTransient, RetryAfter = RetryAfter, EndsRunAfter = EndsRunAfter };
}
