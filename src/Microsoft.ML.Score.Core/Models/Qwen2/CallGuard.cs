namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// Keeps a resource until the calls that use it have ended: after <see cref="Dispose"/> no call begins, and the last one in flight releases
/// the resource. Thread-safe.
/// </summary>
internal sealed class CallGuard(IDisposable resource, string owner) : IDisposable
{
    private readonly Lock _lock = new();
    private int _calls;
    private bool _disposed;

    /// <summary>Begins a call, which ends when the result is disposed.</summary>
    public Call Enter()
    {
        lock (_lock)
        {
            if (_disposed)
                throw new ObjectDisposedException(owner);
            _calls++;
        }

        return new Call(this);
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
                return;
            _disposed = true;
            if (_calls > 0)
                return;
        }

        resource.Dispose();
    }

    private void Exit()
    {
        lock (_lock)
            if (--_calls > 0 || !_disposed)
                return;

        resource.Dispose();
    }

    public readonly struct Call(CallGuard guard) : IDisposable
    {
        public void Dispose() => guard.Exit();
    }
}
