using System.Numerics.Tensors;
using Microsoft.ML.Score.Numerics;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Policy;

/// <summary>
/// The policy of SCORE (paper equations 2-4): one small perceptron, shared by all tokens, from a token's surprise-augmented state
/// h = [x; dx] in R^2D to the logit of keeping it.
/// <code>
/// dX[t] = X[t] - X[t-1], X[-1] = 0          (2)
/// h     = [X; dX]                           (3)
/// z     = w2 . gelu(w1 h + b1) + b2, p = sigmoid(z)   (4)
/// </code>
/// h is never built: [X; dX] W = X (W1 + W2) - shift(X) W2, so one product per block of tokens gives both terms and a block only
/// has to remember the second term of the time step before it; before the first that is zero, the paper's virtual zero frame.
/// With normalisation X stands for X / rms(X), token by token; a row's scale passes through a product, so it is applied to the result.
/// </summary>
/// <remarks>
/// The hidden width (64), GELU (exact) and the normalisation are ours: the paper says "lightweight multi-layer perceptron". Calls may run concurrently;
/// parameters change only inside the trainer, which hands out copies.
/// </remarks>
public sealed class PolicyNetwork
{
    // D dimension, H hidden width, S state width (2D, or D without residual), N tokens a step, n tokens of a block.
    private const int BlockTokens = 256;
    private const float NormalizationEpsilon = 1e-6f;

    private readonly float[] _parameters; // w1 [H, S] | b1 [H] | w2 [H] | b2 [1]

    internal PolicyNetwork(int dimension, int hiddenWidth, bool useResidual, bool useNormalization, string? encoderFingerprint, float[] parameters)
    {
        Dimension = dimension;
        HiddenWidth = hiddenWidth;
        UseResidual = useResidual;
        UseNormalization = useNormalization;
        EncoderFingerprint = encoderFingerprint;
        _parameters = parameters;
    }

    /// <summary>D, values a visual token.</summary>
    public int Dimension { get; }

    /// <summary>Width of the hidden layer.</summary>
    public int HiddenWidth { get; }

    /// <summary>Whether the state holds the residual dX; without it the state is X alone (the paper's ablation, table 5).</summary>
    public bool UseResidual { get; }

    /// <summary>Whether each token is divided by its root mean square first, so that learning does not depend on the encoder's scale; it has no parameters.</summary>
    public bool UseNormalization { get; }

    /// <summary>Fingerprint of the encoder whose tokens the policy was trained on; null when unknown.</summary>
    public string? EncoderFingerprint { get; }

    internal int StateWidth => UseResidual ? 2 * Dimension : Dimension;
    internal Span<float> Parameters => _parameters;
    internal Span<float> W1 => W1Of(_parameters);
    internal Span<float> B1 => B1Of(_parameters);
    internal Span<float> W2 => W2Of(_parameters);
    internal Span<float> B2 => _parameters.AsSpan(^1);

    /// <summary>
    /// An untrained policy: w1 ~ N(0, 2/S) (He, for the rectifier-like GELU over S state values), w2 ~ N(0, 1/H), biases zero, so that
    /// keep probabilities start around one half. The same seed gives the same bits.
    /// </summary>
    /// <param name="dimension">D, values a visual token, at least 1.</param>
    /// <param name="hiddenWidth">Hidden width, at least 1.</param>
    /// <param name="useResidual">Whether the state holds the residual dX.</param>
    /// <param name="useNormalization">Whether each token is divided by its root mean square first.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="encoderFingerprint">Fingerprint of the encoder that the policy is for; null when unknown.</param>
    public static PolicyNetwork Initialize(int dimension, int hiddenWidth = 64, bool useResidual = true, bool useNormalization = true, int seed = 1, string? encoderFingerprint = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(hiddenWidth, 1);

        var policy = new PolicyNetwork(dimension, hiddenWidth, useResidual, useNormalization, encoderFingerprint, new float[ParameterCount(dimension, hiddenWidth, useResidual)]);
        FillNormal(policy.W1, Math.Sqrt(2.0 / policy.StateWidth), new CounterRandom(seed, 1));
        FillNormal(policy.W2, Math.Sqrt(1.0 / hiddenWidth), new CounterRandom(seed, 2));
        return policy;
    }

    /// <summary>The logits z of keeping each token, [T*N] in flat grid order.</summary>
    /// <param name="video">All tokens of the video, of this policy's dimension.</param>
    /// <exception cref="ArgumentException">The tokens have another dimension.</exception>
    public float[] Logits(VideoTokens video)
    {
        ThrowIfOtherDimension(video);

        var logits = new float[video.Grid.Count];
        ForEachBlock(video, (first, hidden) =>
        {
            Gelu.Apply(hidden, hidden);
            for (var i = 0; i < hidden.Length / HiddenWidth; i++)
                logits[first + i] = TensorPrimitives.Dot(hidden.Slice(i * HiddenWidth, HiddenWidth), W2) + B2[0];
        });
        return logits;
    }

    /// <summary>The probabilities p of keeping each token, [T*N] in flat grid order (4).</summary>
    /// <param name="video">All tokens of the video, of this policy's dimension.</param>
    /// <exception cref="ArgumentException">The tokens have another dimension.</exception>
    public float[] Probabilities(VideoTokens video)
    {
        var probabilities = Logits(video);
        for (var i = 0; i < probabilities.Length; i++)
            probabilities[i] = (float)BernoulliMask.Probability(probabilities[i]);
        return probabilities;
    }

    /// <summary>gradient += d(loss)/d(parameters), laid out as <see cref="Parameters"/>, given d(loss)/d(logits) [T*N].</summary>
    internal void AccumulateGradient(VideoTokens video, ReadOnlyMemory<float> logitGradient, float[] gradient)
    {
        ThrowIfOtherDimension(video);

        var (d, h, step) = (Dimension, HiddenWidth, video.Grid.TokensPerStep);
        var scales = Scales(video);
        var byToken = new float[h * d];     // dz1^T X           [H, D]
        var byPrevious = new float[h * d];  // dz1^T shift(X)    [H, D]
        ForEachBlock(video, (first, hidden) =>
        {
            var n = hidden.Length / h;
            var outer = logitGradient.Span.Slice(first, n);
            var delta = new float[hidden.Length]; // d(loss)/d(w1 h + b1) [n, H]
            for (var i = 0; i < n; i++)
                TensorPrimitives.Multiply(W2, outer[i], delta.AsSpan(i * h, h));
            Gelu.MultiplyByDerivative(hidden, delta);
            Gelu.Apply(hidden, hidden);

            for (var i = 0; i < n; i++)
            {
                var w2 = W2Of(gradient);
                var b1 = B1Of(gradient);
                TensorPrimitives.MultiplyAdd(hidden.Slice(i * h, h), outer[i], w2, w2);
                TensorPrimitives.Add(b1, delta.AsSpan(i * h, h), b1);
            }
            gradient[^1] += TensorPrimitives.Sum(outer);

            var vectors = video.Vectors.Span;
            var scaled = new float[delta.Length];
            ScaleRows(delta, scales, first, scaled, h);
            MatrixProduct.MultiplyTransposedA(scaled, vectors.Slice(first * d, n * d), byToken, h, d, n, accumulate: true);
            var skip = first == 0 ? Math.Min(step, n) : 0; // the first step has no step before it
            if (!UseResidual || n == skip)
                return;
            var previous = first + skip - step;
            ScaleRows(delta.AsSpan(skip * h), scales, previous, scaled, h);
            MatrixProduct.MultiplyTransposedA(scaled, vectors.Slice(previous * d, (n - skip) * d), byPrevious, h, d, n - skip, accumulate: true);
        });

        var w1 = W1Of(gradient);
        for (var j = 0; j < h; j++)
        {
            var row = w1.Slice(j * StateWidth, StateWidth);
            TensorPrimitives.Add(row[..d], byToken.AsSpan(j * d, d), row[..d]);
            if (!UseResidual)
                continue;
            TensorPrimitives.Add(row[d..], byToken.AsSpan(j * d, d), row[d..]);
            TensorPrimitives.Subtract(row[d..], byPrevious.AsSpan(j * d, d), row[d..]);
        }
    }

    internal PolicyNetwork Clone() => new(Dimension, HiddenWidth, UseResidual, UseNormalization, EncoderFingerprint, [.. _parameters]);

    internal static int ParameterCount(int dimension, int hiddenWidth, bool useResidual) =>
        checked(hiddenWidth * ((useResidual ? 2 * dimension : dimension) + 2) + 1);

    /// <summary>Calls back with w1 h + b1 [n, H] for one block of whole time steps after another.</summary>
    private void ForEachBlock(VideoTokens video, BlockAction action)
    {
        var (d, h, step) = (Dimension, HiddenWidth, video.Grid.TokensPerStep);
        var width = UseResidual ? 2 * h : h;
        var blockLength = step * Math.Max(1, BlockTokens / step);
        var projection = Projection();
        var projected = new float[(step + blockLength) * width]; // X (W1+W2) | X W2, after the rows of the step before: zero at first
        var hidden = new float[blockLength * h];
        var scales = Scales(video);
        for (var first = 0; first < video.Grid.Count; first += blockLength)
        {
            var n = Math.Min(blockLength, video.Grid.Count - first);
            MatrixProduct.MultiplyTransposedB(video.Vectors.Span.Slice(first * d, n * d), projection, projected.AsSpan(step * width), n, width, d);
            var block = projected.AsSpan(step * width, n * width);
            ScaleRows(block, scales, first, block, width);
            for (var i = 0; i < n; i++)
            {
                var row = hidden.AsSpan(i * h, h);
                TensorPrimitives.Add(projected.AsSpan((step + i) * width, h), B1, row);
                if (UseResidual)
                    TensorPrimitives.Subtract(row, projected.AsSpan(i * width + h, h), row);
            }
            projected.AsSpan(n * width, step * width).CopyTo(projected);
            action(first, hidden.AsSpan(0, n * h));
        }
    }

    /// <summary>1 / rms of each token [T*N]; ones without normalisation.</summary>
    private float[] Scales(VideoTokens video)
    {
        var scales = new float[video.Grid.Count];
        if (!UseNormalization)
        {
            Array.Fill(scales, 1);
            return scales;
        }

        for (var i = 0; i < scales.Length; i++)
            scales[i] = 1 / MathF.Sqrt(TensorPrimitives.SumOfSquares(video.Vectors.Span.Slice(i * Dimension, Dimension)) / Dimension + NormalizationEpsilon);
        return scales;
    }

    /// <summary>Multiplies each row by the scale of its token; destination may be the rows themselves.</summary>
    private static void ScaleRows(ReadOnlySpan<float> rows, float[] scales, int firstToken, Span<float> destination, int columns)
    {
        for (var i = 0; i < rows.Length / columns; i++)
            TensorPrimitives.Multiply(rows.Slice(i * columns, columns), scales[firstToken + i], destination[(i * columns)..]);
    }

    /// <summary>The weights of both terms of the identity above: [W1 + W2; W2] as [2H, D], or w1 [H, D] without residual.</summary>
    private ReadOnlySpan<float> Projection()
    {
        if (!UseResidual)
            return W1;

        var (d, h) = (Dimension, HiddenWidth);
        var projection = new float[2 * h * d];
        for (var j = 0; j < h; j++)
        {
            var row = W1.Slice(j * 2 * d, 2 * d);
            TensorPrimitives.Add(row[..d], row[d..], projection.AsSpan(j * d, d));
            row[d..].CopyTo(projection.AsSpan((h + j) * d, d));
        }
        return projection;
    }

    private Span<float> W1Of(float[] parameters) => parameters.AsSpan(0, HiddenWidth * StateWidth);

    private Span<float> B1Of(float[] parameters) => parameters.AsSpan(HiddenWidth * StateWidth, HiddenWidth);

    private Span<float> W2Of(float[] parameters) => parameters.AsSpan(HiddenWidth * (StateWidth + 1), HiddenWidth);

    private void ThrowIfOtherDimension(VideoTokens video)
    {
        ArgumentNullException.ThrowIfNull(video);
        if (video.Dimension != Dimension)
            throw new ArgumentException($"The policy scores tokens of dimension {Dimension}, got tokens of dimension {video.Dimension}.", nameof(video));
    }

    private static void FillNormal(Span<float> values, double deviation, CounterRandom random)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(deviation * random.Normal(i));
    }

    private delegate void BlockAction(int firstToken, Span<float> hidden);
}
