using Microsoft.ML.Score.Policy;
using TorchSharp;
using static TorchSharp.torch.nn.functional;

namespace Microsoft.ML.Score.TorchSharp;

/// <summary>
/// The policy's scores and the choice of tokens where the vectors are. The arithmetic is <see cref="PolicyForward"/>'s:
/// [X; dX] w1 = X (W1 + W2) - shift(X) W2, a token's scale applied to the product, in single precision. The weights, 2 MB at the paper's
/// size, go up with each call.
/// </summary>
internal static class TorchPolicy
{
    /// <summary>The policy's logits [T*N], on the device.</summary>
    /// <param name="policy">The network.</param>
    /// <param name="vectors">X [T*N, D] of any floating-point type.</param>
    /// <param name="tokensPerStep">N.</param>
    public static torch.Tensor Logits(PolicyNetwork policy, torch.Tensor vectors, int tokensPerStep)
    {
        var (device, width) = (vectors.device, policy.HiddenWidth);
        var x = vectors.to(torch.ScalarType.Float32);
        var products = linear(x, FirstLayer(policy, device));
        if (policy.UseNormalization)
            products.mul_(x.square().mean([1], keepdim: true).add_(PolicyForward.NormalizationEpsilon).rsqrt_());
        var hidden = products.narrow(1, 0, width) + torch.tensor(policy.B1.ToArray(), device: device);
        if (policy.UseResidual)
        {
            // The second term of the step before; the step before the first is zero.
            var later = vectors.shape[0] - tokensPerStep;
            hidden.narrow(0, tokensPerStep, later).sub_(products.narrow(0, 0, later).narrow(1, width, width));
        }

        return linear(gelu(hidden), torch.tensor(policy.W2.ToArray(), device: device).view(1, -1)).view(-1).add_(policy.B2[0]);
    }

    /// <summary>As <see cref="IPolicyKernels.TopK"/>, of logits.</summary>
    public static int[]? TopK(torch.Tensor logits, int count)
    {
        if (!logits.isfinite().all().item<bool>())
            return null;
        var best = logits.sort(0, descending: true, stable: true).Indices.narrow(0, 0, count);
        return Array.ConvertAll(best.sort(0).Values.cpu().data<long>().ToArray(), index => (int)index);
    }

    /// <summary>[W1 + W2; W2] [2H, D], or w1 without residual.</summary>
    private static torch.Tensor FirstLayer(PolicyNetwork policy, torch.Device device)
    {
        var w1 = torch.tensor(policy.W1.ToArray(), device: device).view(policy.HiddenWidth, policy.StateWidth);
        if (!policy.UseResidual)
            return w1;
        var (tokens, steps) = (w1.narrow(1, 0, policy.Dimension), w1.narrow(1, policy.Dimension, policy.Dimension));
        return torch.cat([tokens + steps, steps]);
    }
}
