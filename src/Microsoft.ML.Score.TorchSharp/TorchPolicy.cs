using Microsoft.ML.Score.Policy;
using Microsoft.ML.Score.Tokens;
using TorchSharp;
using static TorchSharp.torch.nn.functional;

namespace Microsoft.ML.Score.TorchSharp;

/// <summary>
/// The policy's scores and the choice of tokens where the features are, so that of a video on a GPU only indices come back. The arithmetic is
/// <see cref="PolicyForward"/>'s: [X; dX] w1 = X (W1 + W2) - shift(X) W2, a token's scale applied to the product, in single precision.
/// </summary>
internal sealed class TorchPolicy : IDisposable
{
    private const float NormalizationEpsilon = 1e-6f;

    private readonly TorchCalls _calls;
    private readonly bool _usesNormalization;
    private readonly bool _usesResidual;
    private readonly int _width;
    private readonly torch.Tensor _first;
    private readonly torch.Tensor _firstBias;
    private readonly torch.Tensor _second;
    private readonly float _secondBias;

    /// <param name="policy">The network; its weights are copied.</param>
    /// <param name="backend">The backend's word, for messages.</param>
    /// <param name="device">Where the features are.</param>
    public TorchPolicy(PolicyNetwork policy, string backend, torch.Device device)
    {
        _calls = new TorchCalls(backend);
        (_usesNormalization, _usesResidual, _width, _secondBias) = (policy.UseNormalization, policy.UseResidual, policy.HiddenWidth, policy.B2[0]);
        (_first, _firstBias, _second) = _calls.Run($"the weights of a policy [{policy.HiddenWidth}, {policy.StateWidth}]", () =>
        {
            var w1 = torch.tensor(policy.W1.ToArray(), device: device).view(policy.HiddenWidth, policy.StateWidth);
            if (policy.UseResidual)
            {
                var (tokens, steps) = (w1.narrow(1, 0, policy.Dimension), w1.narrow(1, policy.Dimension, policy.Dimension));
                w1 = torch.cat([tokens + steps, steps]);
            }

            return (
                w1.DetachFromDisposeScope(),
                torch.tensor(policy.B1.ToArray(), device: device).DetachFromDisposeScope(),
                torch.tensor(policy.W2.ToArray(), device: device).view(1, -1).DetachFromDisposeScope());
        });
    }

    /// <summary>The policy's logits [T*N], on the device.</summary>
    /// <param name="features">[T*N, D] of any floating-point type.</param>
    /// <param name="tokensPerStep">N.</param>
    public torch.Tensor Logits(torch.Tensor features, int tokensPerStep) => _calls.Run($"the scores of {features.shape[0]} tokens", () =>
    {
        var x = features.to(torch.ScalarType.Float32);
        var products = linear(x, _first);
        if (_usesNormalization)
            products.mul_(x.square().mean([1], keepdim: true).add_(NormalizationEpsilon).rsqrt_());
        var hidden = products.narrow(1, 0, _width) + _firstBias;
        if (_usesResidual)
        {
            // The second term of the step before; the step before the first is zero.
            var later = features.shape[0] - tokensPerStep;
            hidden.narrow(0, tokensPerStep, later).sub_(products.narrow(0, 0, later).narrow(1, _width, _width));
        }

        return linear(gelu(hidden), _second).view(-1).add_(_secondBias).DetachFromDisposeScope();
    });

    /// <summary>What <see cref="TopK.Select"/> gives of the same logits: equal ones go to the lower index.</summary>
    public int[] Select(torch.Tensor logits, int count) => _calls.Run($"the choice of {count} of {logits.shape[0]} tokens", () =>
    {
        var best = logits.sort(0, descending: true, stable: true).Indices.narrow(0, 0, count);
        return Array.ConvertAll(best.sort(0).Values.cpu().data<long>().ToArray(), index => (int)index);
    });

    public void Dispose()
    {
        _first.Dispose();
        _firstBias.Dispose();
        _second.Dispose();
    }
}
