using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;
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
/// h is never built, see <see cref="PolicyForward"/>. With normalisation X stands for X / rms(X), token by token. A policy that scores with
/// DeepStack takes [vector | deepstack_0 | deepstack_1 | ...] of a token for X, of (1 + L) D values.
/// </summary>
/// <remarks>
/// The hidden width (64), GELU (exact) and the normalisation are ours: the paper says "lightweight multi-layer perceptron". Calls may run concurrently;
/// parameters change only inside the trainer, which hands out copies.
/// </remarks>
public sealed class PolicyNetwork
{
    // H hidden width, S state width (2 (1 + L) D, or half of it without residual): w1 [H, S] | b1 [H] | w2 [H] | b2 [1].
    private readonly float[] _parameters;

    internal PolicyNetwork(int dimension, int hiddenWidth, bool useResidual, bool useNormalization, string? encoderFingerprint, float[] parameters)
    {
        Dimension = dimension;
        HiddenWidth = hiddenWidth;
        UseResidual = useResidual;
        UseNormalization = useNormalization;
        EncoderFingerprint = encoderFingerprint;
        _parameters = parameters;
    }

    /// <summary>D, values of a visual token's vector.</summary>
    public int Dimension { get; }

    /// <summary>L, how many DeepStack tensors (<see cref="VideoTokens.DeepStack"/>) it scores beside the vectors; 0, the default, for the vectors alone.</summary>
    public int DeepStackLevels { get; internal init; }

    /// <summary>Width of the hidden layer.</summary>
    public int HiddenWidth { get; }

    /// <summary>Whether the state holds the residual dX; without it the state is X alone (the paper's ablation, table 5).</summary>
    public bool UseResidual { get; }

    /// <summary>
    /// Whether each token is divided by its root mean square first, so that learning does not depend on the encoder's scale; it has no
    /// parameters.
    /// </summary>
    public bool UseNormalization { get; }

    /// <summary>Fingerprint of the encoder whose tokens the policy was trained on; null when unknown.</summary>
    public string? EncoderFingerprint { get; }

    /// <summary>How many numbers the policy has learnt.</summary>
    public int ParameterCount => _parameters.Length;

    /// <summary>Where a trained policy came from; null for one that was not trained here, or by a version that did not record it.</summary>
    public PolicyProvenance? Provenance { get; internal init; }

    /// <summary>The file that the policy was read from, for messages; null for one that was made here.</summary>
    internal string? Source { get; init; }

    /// <summary>(1 + L) D, values of X a token.</summary>
    internal int RowWidth => (1 + DeepStackLevels) * Dimension;

    internal int StateWidth => UseResidual ? 2 * RowWidth : RowWidth;
    internal Span<float> Parameters => _parameters;
    internal Span<float> W1 => _parameters.AsSpan(0, HiddenWidth * StateWidth);
    internal Span<float> B1 => _parameters.AsSpan(HiddenWidth * StateWidth, HiddenWidth);
    internal Span<float> W2 => _parameters.AsSpan(HiddenWidth * (StateWidth + 1), HiddenWidth);
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
    /// <param name="deepStackLevels">How many DeepStack tensors it scores beside the vectors, all that the tokens have; 0 for the vectors alone.</param>
    public static PolicyNetwork Initialize(
        int dimension, int hiddenWidth = 64, bool useResidual = true, bool useNormalization = true, int seed = 1, string? encoderFingerprint = null, int deepStackLevels = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(dimension, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(hiddenWidth, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(deepStackLevels);

        var parameters = new float[CountOf(checked((1 + deepStackLevels) * dimension), hiddenWidth, useResidual)];
        var policy = new PolicyNetwork(dimension, hiddenWidth, useResidual, useNormalization, encoderFingerprint, parameters) { DeepStackLevels = deepStackLevels };
        FillNormal(policy.W1, Math.Sqrt(2.0 / policy.StateWidth), new CounterRandom(seed, 1));
        FillNormal(policy.W2, Math.Sqrt(1.0 / hiddenWidth), new CounterRandom(seed, 2));
        return policy;
    }

    /// <summary>The trained policy that ships in this library for an embedded model.</summary>
    /// <param name="model">The model whose tokens are to be scored.</param>
    /// <exception cref="NotSupportedException">None ships for this model.</exception>
    public static PolicyNetwork Pretrained(VideoModelInfo model)
    {
        ArgumentNullException.ThrowIfNull(model);

        var identity = EncoderIdentity.Of(model);
        return PolicyFile.Shipped().FirstOrDefault(policy => identity.Refuses(policy.Dimension, policy.EncoderFingerprint) is null)
            ?? throw new NotSupportedException(
                (PolicyFile.Shipped().Any(policy => (identity with { AnyProcessing = true }).Refuses(policy.Dimension, policy.EncoderFingerprint) is null)
                    ? $"The policy that ships for the model '{model.Source}' was trained with its default frames, and it is loaded with other options of frame sampling or size. Leave them out, or train one"
                    : $"No trained policy ships for the model '{model.Source}' ({model.EncoderFingerprint}). Train one")
                + $" (ScoreTrainer, or score train) and give its file ({nameof(PolicyNetwork)}.{nameof(Load)}, or --policy).");
    }

    /// <summary>Reads a policy from a file.</summary>
    /// <param name="path">A file that <see cref="Save"/> made.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidDataException">
    /// The file is cut off, is no policy, or a tensor has another shape than the metadata says or a value that is not finite.
    /// </exception>
    public static PolicyNetwork Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        using var file = SafetensorsFile.Open(path);
        return PolicyFile.Read(file);
    }

    /// <summary>Reads a policy from the bytes of its file.</summary>
    /// <param name="bytes">What <see cref="ToBytes"/> gave.</param>
    /// <param name="name">What error messages call it.</param>
    /// <exception cref="InvalidDataException">As <see cref="Load"/>'s.</exception>
    public static PolicyNetwork Parse(ReadOnlyMemory<byte> bytes, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);

        using var file = SafetensorsFile.Parse(bytes, name);
        return PolicyFile.Read(file);
    }

    /// <summary>
    /// Writes the policy to a file that appears whole or not at all; an existing one is replaced. It is safetensors with <c>w1</c> [hidden, 2D]
    /// (its first D columns act on X, the last D on dX; [hidden, D] without residual), <c>b1</c> [hidden], <c>w2</c> [hidden] and <c>b2</c> [1] in
    /// F32, and the rest as metadata, <see cref="Provenance"/> included. The same policy gives the same bytes. With DeepStack (1 + L) D stands for D,
    /// and <c>deepstack_levels</c> in the metadata.
    /// </summary>
    /// <param name="path">The file to write.</param>
    /// <exception cref="InvalidOperationException">A weight is not finite.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);

        SafetensorsWriter.Write(path, PolicyFile.Tensors(this), PolicyFile.Metadata(this));
    }

    /// <summary>The bytes that <see cref="Save"/> would write.</summary>
    /// <exception cref="InvalidOperationException">A weight is not finite.</exception>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        SafetensorsWriter.Write(stream, PolicyFile.Tensors(this), PolicyFile.Metadata(this));
        return stream.ToArray();
    }

    /// <summary>The logits z of keeping each token, [T*N] in flat grid order.</summary>
    /// <param name="video">All tokens of the video, of this policy's dimension.</param>
    /// <exception cref="ArgumentException">The tokens have another dimension, not the DeepStack tensors that the policy scores, or a value that is not finite.</exception>
    /// <exception cref="InvalidDataException">The weights or the tokens are so large that a logit is not finite.</exception>
    public float[] Logits(VideoTokens video)
    {
        ArgumentNullException.ThrowIfNull(video);

        var logits = LogitsOf(video);
        if (FiniteValues.FirstNotFinite(logits) is not (>= 0 and var token))
            return logits;
        foreach (var values in ScoredOf(video))
            if (FiniteValues.FirstNotFinite(values.Span) is >= 0 and var at)
                throw new ArgumentException($"Value {at} of the tokens is {values.Span[at]}; tokens must be finite.", nameof(video));
        throw Overflow(token, logits[token]);
    }

    /// <summary>The logits z of keeping each token of a feature file, [T*N] in flat grid order, without a copy of its tokens.</summary>
    /// <param name="video">All tokens of the video, of this policy's dimension.</param>
    /// <exception cref="ArgumentException">The tokens have another dimension, or not the DeepStack tensors that the policy scores.</exception>
    /// <exception cref="InvalidDataException">A value of the tokens is not finite, or weights or tokens are so large that a logit is not.</exception>
    /// <exception cref="ObjectDisposedException">The file was disposed.</exception>
    public float[] Logits(MappedTokens video)
    {
        ArgumentNullException.ThrowIfNull(video);

        // Nobody has checked the tokens yet, but a value that is not finite shows in the logits: a good file is read once.
        var logits = LogitsOf(video);
        if (FiniteValues.FirstNotFinite(logits) is not (>= 0 and var token))
            return logits;
        video.ThrowIfNotFinite();
        throw Overflow(token, logits[token]);
    }

    /// <summary>The probabilities p of keeping each token, [T*N] in flat grid order (4).</summary>
    /// <param name="video">All tokens of the video, of this policy's dimension.</param>
    /// <exception cref="ArgumentException">As <see cref="Logits(VideoTokens)"/>'s.</exception>
    /// <exception cref="InvalidDataException">As <see cref="Logits(VideoTokens)"/>'s.</exception>
    public float[] Probabilities(VideoTokens video)
    {
        var probabilities = Logits(video);
        for (var i = 0; i < probabilities.Length; i++)
            probabilities[i] = (float)BernoulliMask.Probability(probabilities[i]);
        return probabilities;
    }

    /// <summary>The indices of the k largest logits, ascending, found where the tokens are.</summary>
    /// <exception cref="ArgumentException">As <see cref="Logits(VideoTokens)"/>'s.</exception>
    /// <exception cref="InvalidDataException">As <see cref="Logits(VideoTokens)"/>'s.</exception>
    internal int[] SelectTopK(VideoTokens video, int count) =>
        (video.Device is { Kernels: IPolicyKernels kernels } device && video.Dimension == Dimension && DeepStackLevels == 0
            ? device.Use(rows => kernels.TopK(this, rows, video.Grid.TokensPerStep, count))
            : null) ?? TopK.Select(Logits(video), count);

    /// <summary>
    /// Whether logits of finite tokens may be infinite or NaN: a bound from the largest weight and the largest value of the tokens, much cheaper
    /// than the logits.
    /// </summary>
    internal bool MayOverflow(VideoTokens video)
    {
        const double safe = 1e37; // a tenth of the largest single: sums are rounded
        double weight = Math.Abs(TensorPrimitives.MaxMagnitude<float>(_parameters)), token = ScoredOf(video).Max(values => Math.Abs(TensorPrimitives.MaxMagnitude(values.Span)));
        var state = Math.Max(token, Math.Sqrt(RowWidth)); // of which no normalised value is larger
        var hidden = 4 * StateWidth * state * weight + weight;
        return RowWidth * token * token > safe || HiddenWidth * hidden * weight + weight > safe;
    }

    internal PolicyNetwork Clone(PolicyProvenance? provenance = null) => With([.. _parameters], provenance);

    /// <summary>A policy like this one, of other weights.</summary>
    internal PolicyNetwork With(float[] parameters, PolicyProvenance? provenance = null) =>
        new(Dimension, HiddenWidth, UseResidual, UseNormalization, EncoderFingerprint, parameters) { DeepStackLevels = DeepStackLevels, Provenance = provenance };

    /// <summary>X of a video, [T*N, (1 + L) D].</summary>
    /// <exception cref="ArgumentException">The tokens have another dimension, or other DeepStack tensors than the policy scores.</exception>
    internal ITokenRows RowsOf(ITokenRows video)
    {
        if (video.Dimension != Dimension)
            throw new ArgumentException($"The policy scores tokens of dimension {Dimension}, got tokens of dimension {video.Dimension}.", nameof(video));
        if (DeepStackLevels == 0)
            return video;
        if (video.DeepStackLevels != DeepStackLevels)
            throw new ArgumentException(
                $"The policy scores {DeepStackLevels} DeepStack tensors beside the vectors of tokens, got tokens with {video.DeepStackLevels}. Give tokens of the model that it was "
                + "trained on, as feature files, which hold them, or a policy that scores vectors alone.", nameof(video));
        return new JoinedRows(video);
    }

    private IEnumerable<ReadOnlyMemory<float>> ScoredOf(VideoTokens video) => DeepStackLevels == 0 ? [video.Vectors] : [video.Vectors, .. video.DeepStack];

    private static int CountOf(int rowWidth, int hiddenWidth, bool useResidual) =>
        checked(hiddenWidth * ((useResidual ? 2 * rowWidth : rowWidth) + 2) + 1);

    /// <summary>The logits, finite or not.</summary>
    internal float[] LogitsOf(ITokenRows video)
    {
        var x = RowsOf(video);
        if (x is VideoTokens { Device: { Kernels: IPolicyKernels kernels } device })
            return device.Use(rows => kernels.Logits(this, rows, video.Grid.TokensPerStep));

        var logits = new float[video.Grid.Count];
        PolicyForward.Run(this, x, logits);
        return logits;
    }

    private InvalidDataException Overflow(int token, float logit) => new(string.Create(CultureInfo.InvariantCulture,
        $"The policy '{Source ?? "(not of a file)"}' gives token {token} the logit {logit}, although weights and tokens are finite: its weights, "
        + $"of at most {Math.Abs(TensorPrimitives.MaxMagnitude<float>(_parameters))}, or the tokens are too large. Train it anew, with a lower learning rate."));

    private static void FillNormal(Span<float> values, double deviation, CounterRandom random)
    {
        for (var i = 0; i < values.Length; i++)
            values[i] = (float)(deviation * random.Normal(i));
    }
}
