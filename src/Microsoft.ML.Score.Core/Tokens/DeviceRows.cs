using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Tokens;

/// <summary>
/// The vectors of a video on the device of the backend that computed them, [T*N, D], so that choosing tokens and answering move indices
/// alone. They stand there as long as <see cref="ResidentRows"/> has room for them; then the host's copy is what is left, and each use
/// takes it up again, so that the same arithmetic gives the same bits. Safe for concurrent use.
/// </summary>
internal sealed class DeviceRows
{
    private readonly Lock _lock = new();
    private Tensor? _rows;
    private float[]? _host;

    /// <param name="kernels">The backend.</param>
    /// <param name="rows">The vectors; owned by who makes this, and given up by <see cref="Leave"/>.</param>
    public DeviceRows(IKernels kernels, Tensor rows)
    {
        Kernels = kernels;
        (Count, Dimension) = (rows.Rows, rows.Columns);
        _rows = rows;
        AllFinite = kernels.AllFinite(rows);
    }

    public IKernels Kernels { get; }

    /// <summary>T*N.</summary>
    public int Count { get; }

    /// <summary>D.</summary>
    public int Dimension { get; }

    public bool AllFinite { get; }

    /// <summary>Whether the vectors have been copied to the host.</summary>
    internal bool HasHostCopy
    {
        get
        {
            lock (_lock)
                return _host is not null;
        }
    }

    /// <summary>All vectors on the host, copied when they are first asked for.</summary>
    public ReadOnlyMemory<float> Host
    {
        get
        {
            lock (_lock)
                return _host ??= Download(_rows!);
        }
    }

    /// <summary>Calls with the vectors on the device, which stay there meanwhile.</summary>
    public T Use<T>(Func<Tensor, T> use)
    {
        lock (_lock)
            if (_rows is not null)
            {
                var result = use(_rows);
                GC.KeepAlive(this); // whoever is last to use a video keeps it meanwhile
                return result;
            }

        using var again = Kernels.Upload(_host, Count, Dimension);
        return use(again);
    }

    /// <summary>The vectors at the given positions, on the device.</summary>
    public Tensor Gather(ReadOnlyMemory<int> positions) => Use(rows => Kernels.Gather(rows, positions.Span));

    /// <summary>The vectors at the given positions, on the host: no others are copied there.</summary>
    public float[] GatherToHost(ReadOnlyMemory<int> positions)
    {
        using var gathered = Gather(positions);
        return Download(gathered);
    }

    /// <summary>Leaves the device, whose memory is the caller's to free afterwards.</summary>
    public void Leave()
    {
        lock (_lock)
            try
            {
                _host ??= Download(_rows!);
            }
            finally
            {
                _rows = null;
            }
    }

    private float[] Download(Tensor rows)
    {
        var values = new float[rows.Rows * rows.Columns];
        Kernels.Download(rows, values);
        return values;
    }
}
