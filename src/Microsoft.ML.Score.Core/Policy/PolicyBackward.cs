using System.Buffers;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Kernels.Simd;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Policy;

/// <summary>
/// The backward pass of the policy, in one pass over the features. With delta[t] = d(loss)/d(w1 h + b1) of step t,
/// d(loss)/dW1 = sum_t delta[t]^T X[t] and d(loss)/dW2 = sum_t (delta[t] - delta[t+1])^T X[t]: each block of X is multiplied once,
/// by both deltas side by side. The sums run over the tokens in their order, whatever the number of threads.
/// </summary>
internal static class PolicyBackward
{
    // D values a row, H hidden width, C delta columns (2H, or H without residual), N tokens a step, n rows of a block.
    private const int BlockRows = 256;

    /// <param name="policy">The network.</param>
    /// <param name="video">The tokens that the forward pass saw.</param>
    /// <param name="activations">What it kept; used up.</param>
    /// <param name="logitGradient">d(loss)/dz [T*N].</param>
    /// <param name="gradient">Where d(loss)/d(parameters) is added, laid out as <see cref="PolicyNetwork.Parameters"/>.</param>
    public static void Accumulate(PolicyNetwork policy, ITokenRows video, PolicyActivations activations, ReadOnlySpan<float> logitGradient, Span<float> gradient)
    {
        SecondLayer(policy, activations.Hidden, logitGradient, gradient);

        var (d, h) = (policy.RowWidth, policy.HiddenWidth);
        var columns = policy.UseResidual ? 2 * h : h;
        var deltas = ArrayPool<float>.Shared.Rent(BlockRows * columns);
        var widened = ArrayPool<float>.Shared.Rent(video.Type == TensorType.F32 ? 1 : BlockRows * d);
        var products = ArrayPool<float>.Shared.Rent(columns * d); // [C, D]
        products.AsSpan(0, columns * d).Clear();
        for (var first = 0; first < video.Grid.Count; first += BlockRows)
        {
            var n = Math.Min(BlockRows, video.Grid.Count - first);
            GatherDeltas(policy, video.Grid, activations, first, deltas.AsSpan(0, n * columns));
            MatrixProduct.MultiplyTransposedA(deltas, Widen(video, first, n, widened), products, columns, d, n, accumulate: true);
        }

        for (var row = 0; row < h; row++)
        {
            var w1 = gradient.Slice(row * policy.StateWidth, policy.StateWidth);
            var product = products.AsSpan(row * d, d);
            TensorPrimitives.Add(w1[..d], product, w1[..d]);
            if (!policy.UseResidual)
                continue;
            TensorPrimitives.Add(w1[d..], product, w1[d..]);
            TensorPrimitives.Subtract(w1[d..], products.AsSpan((h + row) * d, d), w1[d..]);
        }

        foreach (var buffer in (ReadOnlySpan<float[]>)[deltas, widened, products])
            ArrayPool<float>.Shared.Return(buffer);
    }

    /// <summary>Adds the gradients of w2, b2 and b1 and turns w1 h + b1 [T*N, H] into delta.</summary>
    private static void SecondLayer(PolicyNetwork policy, Span<float> hidden, ReadOnlySpan<float> logitGradient, Span<float> gradient)
    {
        var h = policy.HiddenWidth;
        var b1 = gradient.Slice(h * policy.StateWidth, h);
        var w2 = gradient.Slice(h * (policy.StateWidth + 1), h);
        var rented = ArrayPool<float>.Shared.Rent(h);
        var activated = rented.AsSpan(0, h);
        for (var i = 0; i < logitGradient.Length; i++)
        {
            var row = hidden.Slice(i * h, h);
            Gelu.Apply(row, activated);
            TensorPrimitives.MultiplyAdd(activated, logitGradient[i], w2, w2);

            var delta = activated;
            TensorPrimitives.Multiply(policy.W2, logitGradient[i], delta);
            Gelu.MultiplyByDerivative(row, delta);
            TensorPrimitives.Add(b1, delta, b1);
            delta.CopyTo(row);
        }

        gradient[^1] += TensorPrimitives.Sum(logitGradient);
        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>The deltas of the same place at a token's own step and at the next one, both times the token's scale: [n, C].</summary>
    private static void GatherDeltas(PolicyNetwork policy, TokenGrid grid, PolicyActivations activations, int first, Span<float> deltas)
    {
        var h = policy.HiddenWidth;
        var columns = policy.UseResidual ? 2 * h : h;
        for (var i = 0; i < deltas.Length / columns; i++)
        {
            var token = first + i;
            var next = token + grid.TokensPerStep;
            var row = deltas.Slice(i * columns, columns);
            TensorPrimitives.Multiply(activations.Hidden.Slice(token * h, h), activations.Scales[token], row);
            if (!policy.UseResidual)
                continue;
            if (next < grid.Count)
                TensorPrimitives.Multiply(activations.Hidden.Slice(next * h, h), activations.Scales[token], row[h..]);
            else
                row[h..].Clear(); // no step comes after the last one
        }
    }

    private static ReadOnlySpan<float> Widen(ITokenRows video, int first, int n, float[] widened)
    {
        var stored = video.Rows(first, n);
        if (video.Type == TensorType.F32)
            return MemoryMarshal.Cast<byte, float>(stored);

        var values = widened.AsSpan(0, n * video.Dimension);
        StoredValues.Widen(video.Type, stored, values);
        return values;
    }
}
