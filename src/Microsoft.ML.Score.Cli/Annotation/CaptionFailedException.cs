namespace Score.Cli.Annotation;

/// <summary>One request for a caption gave none.</summary>
/// <param name="message">What happened, in one line.</param>
/// <param name="isTransient">Whether another try may succeed.</param>
/// <param name="retryAfter">How long the server asks to wait before it; null where it does not.</param>
/// <param name="inner">The cause.</param>
internal sealed class CaptionFailedException(string message, bool isTransient, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(message, inner)
{
    public bool IsTransient => isTransient;

    public TimeSpan? RetryAfter => retryAfter;
}
