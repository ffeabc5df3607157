using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Models.Layers;

/// <summary>A linear layer of a checkpoint, NAME.weight [out, in] and, where it has one, NAME.bias [out].</summary>
internal sealed class Projection
{
    private readonly Weight _weight;
    private readonly Tensor? _bias;

    public Projection(ModelWeights weights, string name)
        : this(weights.Matrix($"{name}.weight"), weights.Has($"{name}.bias") ? weights.Vector($"{name}.bias") : null)
    {
    }

    private Projection(Weight weight, Tensor? bias)
    {
        _weight = weight;
        _bias = bias;
    }

    /// <summary>One of three square layers that are stored as one, [3 size, size].</summary>
    public static Projection Third(ModelWeights weights, string name, int index, int size) => new(
        weights.MatrixRows($"{name}.weight", index * size, size),
        weights.VectorRange($"{name}.bias", index * size, size));

    public Tensor Apply(IKernels kernels, Tensor x, Activation activation = Activation.None, Tensor? residual = null) =>
        kernels.Linear(x, _weight, _bias, activation, residual);
}
