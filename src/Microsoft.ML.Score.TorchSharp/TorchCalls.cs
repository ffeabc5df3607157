using System.Runtime.InteropServices;
using TorchSharp;

namespace Microsoft.ML.Score.TorchSharp;

/// <summary>
/// Runs torch's operations: without gradients, in a dispose scope that frees at once whatever they do not detach, and with torch's failures
/// as exceptions that say what was computed and what to do.
/// </summary>
/// <param name="backend">The backend's word.</param>
internal sealed class TorchCalls(string backend)
{
    private const int LongestReason = 200;

    /// <exception cref="InsufficientMemoryException">The device has no memory left.</exception>
    /// <exception cref="InvalidOperationException">torch refused or failed.</exception>
    public T Run<T>(FormattableString what, Func<T> compute)
    {
        try
        {
            using var noGradients = torch.inference_mode(true);
            using var scope = torch.NewDisposeScope();
            return compute();
        }
        catch (ExternalException exception)
        {
            throw Explain(what.ToString(System.Globalization.CultureInfo.InvariantCulture), exception);
        }
    }

    private Exception Explain(string what, ExternalException exception)
    {
        // torch appends a C++ stack trace.
        var reason = exception.Message.Split('\n', 2)[0].Trim();
        if (reason.Length > LongestReason)
            reason = reason[..LongestReason] + "...";
        return IsOutOfMemory(exception.Message)
            ? new InsufficientMemoryException(
                $"The backend {backend} has no memory left for {what}: {reason} Give it less at a time: fewer or smaller frames, a lower retention ratio, fewer rollouts; "
                + "or end what else uses the device.",
                exception)
            : new InvalidOperationException($"The backend {backend} failed in {what}: {reason}", exception);
    }

    private static bool IsOutOfMemory(string message) =>
        message.Contains("out of memory", StringComparison.OrdinalIgnoreCase)
        || message.Contains("can't allocate memory", StringComparison.OrdinalIgnoreCase)
        || message.Contains("not enough memory", StringComparison.OrdinalIgnoreCase);
}
