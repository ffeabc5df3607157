using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;

namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>Rotated keys and values of the rows that one sequence has been through, [capacity, kv heads * head dimension] for each layer.</summary>
internal sealed class KeyValueCache : IDisposable
{
    private readonly IKernels _kernels;
    private readonly (Tensor Keys, Tensor Values)[] _layers;

    public KeyValueCache(IKernels kernels, Qwen2Config config, int capacity)
        : this(kernels, config, capacity, config.NumHiddenLayers)
    {
    }

    private KeyValueCache(IKernels kernels, Qwen2Config config, int capacity, int layers)
    {
        _kernels = kernels;
        _layers = new (Tensor, Tensor)[layers];
        var columns = config.NumKeyValueHeads * config.HeadDim;
        for (var i = 0; i < _layers.Length; i++)
            _layers[i] = (kernels.Allocate(capacity, columns), kernels.Allocate(capacity, columns));
    }

    /// <summary>Bytes of a cache of so many rows.</summary>
    public static long Bytes(Qwen2Config config, int capacity) => 2L * sizeof(float) * config.NumHiddenLayers * config.KeyValueSize * capacity;

    /// <summary>Rows held.</summary>
    public int Count { get; private set; }

    /// <summary>Room for one layer of a pass after which nobody asks for its keys and values; every layer writes over the one before.</summary>
    public static KeyValueCache ForOnePass(IKernels kernels, Qwen2Config config, int rows) => new(kernels, config, rows, layers: 1);

    /// <summary>The keys and values of a layer, those held and room for more.</summary>
    public (Tensor Keys, Tensor Values) Layer(int layer) => _layers[layer % _layers.Length];

    /// <summary>Writes new rows of one layer, from row <paramref name="start"/> behind the ones held; <see cref="Advance"/> makes them count.</summary>
    public void Write(int layer, int start, Tensor keys, Tensor values)
    {
        var rows = RowChunks.Indices(Count + start, keys.Rows);
        _kernels.Scatter(keys, rows, Layer(layer).Keys);
        _kernels.Scatter(values, rows, Layer(layer).Values);
    }

    /// <summary>To be called once all layers have written.</summary>
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
