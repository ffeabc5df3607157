using Microsoft.ML.Score.Numerics;

namespace Microsoft.ML.Score.Models;

/// <summary>A linear layer of a checkpoint, NAME.weight [out, in] and NAME.bias [out].</summary>
internal sealed class Projection
{
    private readonly Weight _weight;
    private readonly Tensor? _bias;

    public Projection(ModelWeights weights, string name, int output, int input, bool bias = true)
        : this(weights.Matrix($"{name}.weight", output, input), bias ? weights.Vector($"{name}.bias", output) : null)
    {
    }

    private Projection(Weight weight, Tensor? bias)
    {
        _weight = weight;
        _bias = bias;
    }

    /// <summary>One of three square layers that are stored as one, [3 size, size].</summary>
    public static Projection Third(ModelWeights weights, string name, int index, int size) => new(
        weights.MatrixRows($"{name}.weight", index * size, size, 3 * size, size),
        weights.VectorRange($"{name}.bias", index * size, size, 3 * size));

    public Tensor Apply(IKernels kernels, Tensor x, Activation activation = Activation.None, Tensor? residual = null) =>
        kernels.Linear(x, _weight, _bias, activation, residual);
}
