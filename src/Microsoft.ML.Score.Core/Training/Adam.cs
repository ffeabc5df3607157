namespace Microsoft.ML.Score.Training;

/// <summary>
/// Adam (Kingma and Ba, 2015) with its usual constants and bias correction, on one flat parameter vector. Plain SGD at the paper's
/// rate of 0.02 stood still in our experiments, because (8) divides by the number of tokens; Adam does not see that scale. What was
/// before a step is kept until the next one, so that a step can be taken back.
/// </summary>
internal sealed class Adam
{
    private const float Beta1 = 0.9f, Beta2 = 0.999f;
    private const double Epsilon = 1e-8;

    private readonly float[] _earlierParameters;
    private float[] _earlierFirstMoment;
    private float[] _earlierSecondMoment;

    public Adam(int parameterCount)
        : this(new float[parameterCount], new float[parameterCount])
    {
    }

    public Adam(float[] firstMoment, float[] secondMoment)
    {
        (FirstMoment, SecondMoment) = (firstMoment, secondMoment);
        _earlierParameters = new float[firstMoment.Length];
        _earlierFirstMoment = new float[firstMoment.Length];
        _earlierSecondMoment = new float[firstMoment.Length];
    }

    /// <summary>The running mean of gradients.</summary>
    public float[] FirstMoment { get; private set; }

    /// <summary>The running mean of squared gradients.</summary>
    public float[] SecondMoment { get; private set; }

    /// <summary>One step of descent; <paramref name="step"/> counts from 1.</summary>
    /// <returns>What would not be finite after the step, which then is not taken; null where all is.</returns>
    public NotFinite? Update(Span<float> parameters, ReadOnlySpan<float> gradient, double learningRate, int step)
    {
        if (NotFinite.In("values of the gradient", gradient) is { } fault)
            return fault;

        parameters.CopyTo(_earlierParameters);
        SwapMoments();
        var (earlierFirst, earlierSecond, first, second) = (_earlierFirstMoment, _earlierSecondMoment, FirstMoment, SecondMoment);
        var firstCorrection = 1 - Math.Pow(Beta1, step);
        var secondCorrection = 1 - Math.Pow(Beta2, step);
        for (var i = 0; i < parameters.Length; i++)
        {
            first[i] = Beta1 * earlierFirst[i] + (1 - Beta1) * gradient[i];
            second[i] = Beta2 * earlierSecond[i] + (1 - Beta2) * gradient[i] * gradient[i];
            var direction = first[i] / firstCorrection / (Math.Sqrt(second[i] / secondCorrection) + Epsilon);
            parameters[i] -= (float)(learningRate * direction);
        }

        fault = NotFinite.In("moments of the gradient", first) ?? NotFinite.In("squared moments of the gradient", second) ?? NotFinite.In("weights", parameters);
        if (fault is not null)
            Undo(parameters);
        return fault;
    }

    /// <summary>Takes the last step back; once.</summary>
    public void Undo(Span<float> parameters)
    {
        _earlierParameters.CopyTo(parameters);
        SwapMoments();
    }

    private void SwapMoments()
    {
        (FirstMoment, _earlierFirstMoment) = (_earlierFirstMoment, FirstMoment);
        (SecondMoment, _earlierSecondMoment) = (_earlierSecondMoment, SecondMoment);
    }
}
