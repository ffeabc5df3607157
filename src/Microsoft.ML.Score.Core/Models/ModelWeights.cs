using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Models;

/// <summary>The tensors of a checkpoint on a backend, by the checkpoint's own names; their shapes are those expected. Owns what it hands out.</summary>
internal sealed class ModelWeights : IDisposable
{
    private readonly List<IDisposable> _owned = [];
    private readonly Checkpoint _checkpoint;
    private readonly ExpectedTensors _expected;
    private readonly IKernels _kernels;

    /// <exception cref="InvalidDataException">The checkpoint lacks tensors that are expected, or has them in another shape or not as floating-point numbers.</exception>
    public ModelWeights(Checkpoint checkpoint, ExpectedTensors expected, IKernels kernels)
    {
        _checkpoint = checkpoint;
        _expected = expected.Of(checkpoint.Contains);
        _expected.ThrowIfNotIn(checkpoint);
        _kernels = kernels;
    }

    /// <summary>Whether the model has such a tensor: some layers have no bias, and some models no output head.</summary>
    public bool Has(string name) => _expected.Contains(name);

    /// <summary>A matrix in its stored type; dimensions after the first are flattened.</summary>
    public Weight Matrix(string name) => MatrixRows(name, 0, Shape(name)[0]);

    /// <summary>Rows [start, start + count) of a matrix.</summary>
    public Weight MatrixRows(string name, int start, int count)
    {
        var columns = 1;
        foreach (var length in Shape(name)[1..])
            columns *= length;
        return Own(_kernels.UploadWeight(_checkpoint.Get(name, Shape(name)), start, count, columns));
    }

    /// <summary>A vector, widened: [1, length].</summary>
    public Tensor Vector(string name) => VectorRange(name, 0, Shape(name)[0]);

    /// <summary>Elements [start, start + count) of a vector.</summary>
    public Tensor VectorRange(string name, int start, int count)
    {
        var values = new float[count];
        _checkpoint.Get(name, Shape(name)).Read(start, values);
        return Own(_kernels.Upload(values, 1, count));
    }

    /// <summary>All elements on the host, widened; for what is computed there.</summary>
    public float[] Values(string name) => _checkpoint.Get(name, Shape(name)).ToArray();

    public void Dispose()
    {
        foreach (var item in _owned)
            item.Dispose();
    }

    private ReadOnlySpan<int> Shape(string name) => _expected[name].Shape;

    private T Own<T>(T item)
        where T : IDisposable
    {
        _owned.Add(item);
        return item;
    }
}
