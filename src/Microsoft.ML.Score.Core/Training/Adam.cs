namespace Microsoft.ML.Score.Training;

/// <summary>
/// Adam (Kingma and Ba, 2015) with its usual constants and bias correction, on one flat parameter vector. Plain SGD at the paper's
/// rate of 0.02 stood still in our experiments, because (8) divides by the number of tokens; Adam does not see that scale.
/// </summary>
internal sealed class Adam(int parameterCount)
{
    private const float Beta1 = 0.9f, Beta2 = 0.999f;
    private const double Epsilon = 1e-8;

    /// <summary>The running mean of gradients.</summary>
    public float[] FirstMoment { get; init; } = new float[parameterCount];

    /// <summary>The running mean of squared gradients.</summary>
    public float[] SecondMoment { get; init; } = new float[parameterCount];

    /// <summary>One step of descent; <paramref name="step"/> counts from 1.</summary>
    public void Update(Span<float> parameters, ReadOnlySpan<float> gradient, double learningRate, int step)
    {
        var firstCorrection = 1 - Math.Pow(Beta1, step);
        var secondCorrection = 1 - Math.Pow(Beta2, step);
        for (var i = 0; i < parameters.Length; i++)
        {
            FirstMoment[i] = Beta1 * FirstMoment[i] + (1 - Beta1) * gradient[i];
            SecondMoment[i] = Beta2 * SecondMoment[i] + (1 - Beta2) * gradient[i] * gradient[i];
            var direction = FirstMoment[i] / firstCorrection / (Math.Sqrt(SecondMoment[i] / secondCorrection) + Epsilon);
            parameters[i] -= (float)(learningRate * direction);
        }
    }
}
