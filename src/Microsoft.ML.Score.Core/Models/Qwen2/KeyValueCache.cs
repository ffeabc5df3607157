using Microsoft.ML.Score.Numerics;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>Rotated keys and values of the rows that one sequence has been through, [capacity, kv heads * head dimension] for each layer.</summary>
internal sealed class KeyValueCache : IDisposable
{
    private readonly IKernels _kernels;
    private readonly (Tensor Keys, Tensor Values)[] _layers;

    public KeyValueCache(IKernels kernels, Qwen2Config config, int capacity)
    {
        _kernels = kernels;
        _layers = new (Tensor, Tensor)[config.NumHiddenLayers];
        var columns = config.NumKeyValueHeads * config.HeadDim;
        for (var i = 0; i < _layers.Length; i++)
            _layers[i] = (kernels.Allocate(capacity, columns), kernels.Allocate(capacity, columns));
    }

    /// <summary>Bytes of a cache of so many rows.</summary>
    public static long Bytes(Qwen2Config config, int capacity) => 2L * sizeof(float) * config.NumHiddenLayers * config.KeyValueSize * capacity;

    /// <summary>Rows held.</summary>
    public int Count { get; private set; }

    /// <summary>Writes the new rows of one layer behind the ones held and returns all of them; <see cref="Advance"/> makes them count.</summary>
    public (Tensor Keys, Tensor Values) Append(int layer, Tensor keys, Tensor values)
    {
        var rows = new int[keys.Rows];
        for (var i = 0; i < rows.Length; i++)
            rows[i] = Count + i;
        _kernels.Scatter(keys, rows, _layers[layer].Keys);
        _kernels.Scatter(values, rows, _layers[layer].Values);
        return _layers[layer];
    }

    /// <summary>To be called once all layers have appended.</summary>
    public void Advance(int rows) => Count += rows;

    public void Dispose()
    {
        foreach (var (keys, values) in _layers)
        {
            keys.Dispose();
            values.Dispose();
        }
    }
}
