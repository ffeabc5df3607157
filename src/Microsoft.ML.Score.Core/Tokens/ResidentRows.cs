using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// The videos of a model whose vectors stand on its backend's device: the last ones that fit into <see cref="ActivationLimits.ResidentBytes"/>,
/// one at least. Those that nobody holds any more go first, for their memory would otherwise wait for the garbage collector. Safe for concurrent use.
/// </summary>
internal sealed class ResidentRows(IKernels kernels) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<Resident> _residents = [];

    /// <summary>How many videos stand on the device.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
                return _residents.Count;
        }
    }

    /// <summary>Keeps the vectors of one more video.</summary>
    /// <param name="rows">[T*N, D]; owned from here on.</param>
    public DeviceRows Keep(Tensor rows)
    {
        DeviceRows device;
        try
        {
            device = new DeviceRows(kernels, rows);
        }
        catch
        {
            rows.Dispose();
            throw;
        }

        lock (_lock)
        {
            _residents.Add(new Resident(rows, new WeakReference<DeviceRows>(device)));
            foreach (var resident in _residents.Where(resident => !resident.Users.TryGetTarget(out _)).ToList())
                Remove(resident);
            while (_residents.Count > 1 && _residents.Sum(resident => BytesOf(resident.Rows)) > kernels.Limits.ResidentBytes)
                Remove(_residents[0]);
        }

        return device;
    }

    /// <summary>Frees the device; what is still in use stays on the host.</summary>
    public void Dispose()
    {
        lock (_lock)
            while (_residents.Count > 0)
                Remove(_residents[0]);
    }

    private void Remove(Resident resident)
    {
        _residents.Remove(resident);
        try
        {
            if (resident.Users.TryGetTarget(out var users))
                users.Leave();
        }
        finally
        {
            resident.Rows.Dispose();
        }
    }

    private static long BytesOf(Tensor rows) => (long)rows.Rows * rows.Columns * sizeof(float);

    private sealed record Resident(Tensor Rows, WeakReference<DeviceRows> Users);
}
