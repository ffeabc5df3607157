using System.Numerics.Tensors;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>Adam (Kingma and Ba, arXiv 1412.6980) with the gradient clipped to a global norm of 1.</summary>
internal sealed class Adam(int count)
{
    private const float Beta1 = 0.9f, Beta2 = 0.98f, Epsilon = 1e-8f;
    private const float LargestNorm = 1f;

    /// <summary>Running means of the gradient and of its square; part of a checkpoint.</summary>
    public float[] Mean { get; } = new float[count];

    /// <inheritdoc cref="Mean"/>
    public float[] Square { get; } = new float[count];

    /// <summary>Makes step number <paramref name="step"/> (from 1); the gradient is overwritten.</summary>
    public void Step(Span<float> values, Span<float> gradient, int step, double learningRate)
    {
        var norm = TensorPrimitives.Norm<float>(gradient);
        if (norm > LargestNorm)
            TensorPrimitives.Multiply(gradient, LargestNorm / norm, gradient);
        var rate = (float)(learningRate * Math.Sqrt(1 - Math.Pow(Beta2, step)) / (1 - Math.Pow(Beta1, step)));
        for (var i = 0; i < values.Length; i++)
        {
            Mean[i] += (1 - Beta1) * (gradient[i] - Mean[i]);
            Square[i] += (1 - Beta2) * (gradient[i] * gradient[i] - Square[i]);
            values[i] -= rate * Mean[i] / (MathF.Sqrt(Square[i]) + Epsilon);
        }
    }
}
