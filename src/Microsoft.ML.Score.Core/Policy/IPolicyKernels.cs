using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Policy;

/// <summary>What a backend on whose device videos stand computes of the policy, so that their vectors need not come to the host.</summary>
internal interface IPolicyKernels
{
    /// <summary>The logits z of keeping each token, [T*N], finite or not.</summary>
    /// <param name="policy">The network, of the dimension D.</param>
    /// <param name="rows">X [T*N, D].</param>
    /// <param name="tokensPerStep">N.</param>
    float[] Logits(PolicyNetwork policy, Tensor rows, int tokensPerStep);

    /// <summary>The indices of the largest logits, ascending; of equal ones the lower. Null where a logit is not finite.</summary>
    /// <param name="policy">The network, of the dimension D.</param>
    /// <param name="rows">X [T*N, D].</param>
    /// <param name="tokensPerStep">N.</param>
    /// <param name="count">k, from 1 to T*N.</param>
    int[]? TopK(PolicyNetwork policy, Tensor rows, int tokensPerStep, int count);
}
