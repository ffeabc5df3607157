using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;

namespace Microsoft.ML.Score.Kernels;

/// <summary>
/// The exact GELU, x*Phi(x) with Phi the normal distribution function (Hendrycks and Gimpel, 2016), not its tanh approximation.
/// .NET has no error function; this one is the rational form 7.1.26 of Abramowitz and Stegun, whose error of 1.5e-7 is that of
/// single precision. Infinite or NaN arguments are the caller's mistake.
/// </summary>
internal static class Gelu
{
    private const float P = 0.3275911f;
    private const float A1 = 0.254829592f, A2 = -0.284496736f, A3 = 1.421413741f, A4 = -1.453152027f, A5 = 1.061405429f;
    private const float InverseSqrt2 = 0.70710678f, InverseSqrt2Pi = 0.39894228f;

    /// <summary>y = gelu(x), element by element; may work in place.</summary>
    public static void Apply(ReadOnlySpan<float> x, Span<float> y)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(x);
        var results = MemoryMarshal.Cast<float, Vector<float>>(y[..x.Length]);
        for (var i = 0; i < vectors.Length; i++)
            results[i] = vectors[i] * Phi(vectors[i], Exponential.Exp(vectors[i] * vectors[i] * -0.5f));
        for (var i = vectors.Length * Vector<float>.Count; i < x.Length; i++)
            y[i] = x[i] * Phi(new Vector<float>(x[i]), Exponential.Exp(new Vector<float>(x[i] * x[i] * -0.5f)))[0];
    }

    /// <summary>The tanh approximation in place: 0.5 x (1 + tanh z) = x / (1 + exp(-2z)), z = sqrt(2/pi) (x + 0.044715 x^3).</summary>
    public static void ApplyTanh(Span<float> x)
    {
        const float scale = 1.5957691f;
        Span<float> sigmoid = stackalloc float[64];
        for (; x.Length > 0; x = x[Math.Min(64, x.Length)..])
        {
            var block = x[..Math.Min(64, x.Length)];
            var gate = sigmoid[..block.Length];
            TensorPrimitives.Multiply<float>(block, block, gate);
            TensorPrimitives.Multiply(gate, scale * 0.044715f, gate);
            TensorPrimitives.Add(gate, scale, gate);
            TensorPrimitives.Multiply<float>(gate, block, gate);
            TensorPrimitives.Sigmoid<float>(gate, gate);
            TensorPrimitives.Multiply<float>(block, gate, block);
        }
    }

    /// <summary>gradient *= gelu'(x) = Phi(x) + x*phi(x), element by element: the backward step of <see cref="Apply"/>.</summary>
    public static void MultiplyByDerivative(ReadOnlySpan<float> x, Span<float> gradient)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(x);
        var results = MemoryMarshal.Cast<float, Vector<float>>(gradient[..x.Length]);
        for (var i = 0; i < vectors.Length; i++)
            results[i] *= Derivative(vectors[i]);
        for (var i = vectors.Length * Vector<float>.Count; i < x.Length; i++)
            gradient[i] *= Derivative(new Vector<float>(x[i]))[0];
    }

    private static Vector<float> Derivative(Vector<float> x)
    {
        var exponential = Exponential.Exp(x * x * -0.5f);
        return Phi(x, exponential) + x * exponential * InverseSqrt2Pi;
    }

    /// <summary>Phi(x) with exponential = exp(-x^2/2), which is also the exp(-z^2) of erfc(z), z = |x|/sqrt(2).</summary>
    private static Vector<float> Phi(Vector<float> x, Vector<float> exponential)
    {
        var t = Vector<float>.One / (Vector<float>.One + Vector.Abs(x) * (P * InverseSqrt2));
        var polynomial = (((A5 * t + new Vector<float>(A4)) * t + new Vector<float>(A3)) * t + new Vector<float>(A2)) * t + new Vector<float>(A1);
        var upperTail = polynomial * t * exponential * 0.5f;
        return Vector.ConditionalSelect(Vector.GreaterThanOrEqual(x, Vector<float>.Zero), Vector<float>.One - upperTail, upperTail);
    }
}
