using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Models.Layers;

/// <summary>Takes copies of the queries and keys of one layer out of an encoder's run.</summary>
/// <param name="kernels">The encoder's backend.</param>
/// <param name="layer">The layer's name among the tensors that the encoder shows.</param>
internal sealed class LastAttention(IKernels kernels, string layer)
{
    /// <summary>[rows, heads * head dimension].</summary>
    public float[] Queries { get; private set; } = [];

    /// <summary>As the queries.</summary>
    public float[] Keys { get; private set; } = [];

    public void Observe(string name, Tensor values)
    {
        if (name == $"{layer}.q")
            Queries = Copy(values);
        else if (name == $"{layer}.k")
            Keys = Copy(values);
    }

    private float[] Copy(Tensor values)
    {
        var copy = new float[values.Rows * values.Columns];
        kernels.Download(values, copy);
        return copy;
    }
}
