using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Models.Layers;

namespace Microsoft.ML.Score.Models.LlavaVideo;

/// <summary>mlp2x_gelu: from features of the vision tower [n, vision hidden_size] to vectors of the language model [n, hidden_size], token by token.</summary>
internal sealed class Projector(ModelWeights weights, IKernels kernels)
{
    private readonly Projection _linear0 = new(weights, "model.mm_projector.0");
    private readonly Projection _linear2 = new(weights, "model.mm_projector.2");

    public Tensor Apply(Tensor features)
    {
        using var inner = _linear0.Apply(kernels, features, Activation.Gelu);
        return _linear2.Apply(kernels, inner);
    }
}
