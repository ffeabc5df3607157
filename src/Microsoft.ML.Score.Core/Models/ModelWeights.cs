using Microsoft.ML.Score.Numerics;
using Microsoft.ML.Score.Weights;

namespace Microsoft.ML.Score.Models;

/// <summary>The tensors of a checkpoint on a backend, looked up by the checkpoint's own names and the shapes that the configuration implies. Owns what it hands out.</summary>
internal sealed class ModelWeights(Checkpoint checkpoint, IKernels kernels) : IDisposable
{
    private readonly List<IDisposable> _owned = [];

    /// <summary>A matrix in its stored type; dimensions after the first are flattened.</summary>
    public Weight Matrix(string name, params ReadOnlySpan<int> shape) => MatrixRows(name, 0, shape[0], shape);

    /// <summary>Rows [start, start + count) of a matrix of the given shape.</summary>
    public Weight MatrixRows(string name, int start, int count, params ReadOnlySpan<int> shape)
    {
        var columns = 1;
        foreach (var length in shape[1..])
            columns *= length;
        return Own(kernels.UploadWeight(checkpoint.Get(name, shape), start, count, columns));
    }

    /// <summary>A vector, widened: [1, length].</summary>
    public Tensor Vector(string name, int length) => VectorRange(name, 0, length, length);

    /// <summary>Elements [start, start + count) of a vector of the given length.</summary>
    public Tensor VectorRange(string name, int start, int count, int length)
    {
        var values = new float[count];
        checkpoint.Get(name, length).Read(start, values);
        return Own(kernels.Upload(values, 1, count));
    }

    public void Dispose()
    {
        foreach (var item in _owned)
            item.Dispose();
    }

    private T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Add(item);
        return item;
    }
}
