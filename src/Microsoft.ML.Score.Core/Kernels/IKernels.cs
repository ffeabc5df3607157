namespace Microsoft.ML.Score.Kernels;

/// <summary>
/// The operations that models are written in, implemented once per backend. Implementations are stateless and safe for
/// concurrent calls; shapes are the caller's responsibility. Every returned tensor is new and the caller's to dispose.
/// Dimension letters: n rows, d values a row, h heads, g key/value heads, c values a head.
/// </summary>
internal interface IKernels
{
    /// <summary>How much of a model's work stands in this backend's memory at a time.</summary>
    ActivationLimits Limits { get; }

    /// <summary>A tensor of undefined content.</summary>
    Tensor Allocate(int rows, int columns);

    /// <summary>A copy of row-major values.</summary>
    Tensor Upload(ReadOnlySpan<float> values, int rows, int columns);

    /// <summary>The values of x, row-major.</summary>
    void Download(Tensor x, Span<float> destination);

    /// <summary>Rows [firstRow, firstRow + rows) of a stored matrix with the given number of columns, kept in its stored type.</summary>
    Weight UploadWeight(IStoredValues values, int firstRow, int rows, int columns);

    /// <summary>activation(x weight^T + bias) + residual: x [n, in], weight [out, in], bias [1, out], residual and result [n, out].</summary>
    Tensor Linear(Tensor x, Weight weight, Tensor? bias = null, Activation activation = Activation.None, Tensor? residual = null);

    /// <summary>Each row divided by its root mean square (plus epsilon under the root), times weight [1, d].</summary>
    Tensor RmsNorm(Tensor x, Tensor weight, float epsilon);

    /// <summary>Each row minus its mean, divided by its standard deviation (plus epsilon under the root), times weight plus bias, both [1, d].</summary>
    Tensor LayerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon);

    /// <summary>Rotates x [n, h*c] in place: in every head element j pairs with j + c/2 under the angle whose cos and sin [n, c/2] are given.</summary>
    void Rotary(Tensor x, Tensor cos, Tensor sin);

    /// <summary>
    /// softmax(q k^T / sqrt(c)) v within each segment; query head i uses key/value head i / (h/g). q [n, h*c]; k and v [m, g*c];
    /// result [n, h*c], where rows of q outside every segment are undefined. Never forms an n x m matrix.
    /// </summary>
    Tensor Attention(Tensor q, Tensor k, Tensor v, ReadOnlySpan<AttentionSegment> segments, int headDimension, bool causal);

    /// <summary>silu(gate) * up, element by element.</summary>
    Tensor SwiGlu(Tensor gate, Tensor up);

    /// <summary>Rows of a weight table, widened: [ids.Length, d].</summary>
    Tensor Embedding(Weight table, ReadOnlySpan<int> ids);

    /// <summary>The rows of x at the given indices.</summary>
    Tensor Gather(Tensor x, ReadOnlySpan<int> rows);

    /// <summary>destination[rows[i]] = source[i]; the indices differ from each other.</summary>
    void Scatter(Tensor source, ReadOnlySpan<int> rows, Tensor destination);

    /// <summary>destination[rows[i]] += source[i]; the indices differ from each other.</summary>
    void ScatterAdd(Tensor source, ReadOnlySpan<int> rows, Tensor destination);

    /// <summary>-log softmax(row i)[targets[i]] for each row of the logits [n, vocabulary].</summary>
    double[] CrossEntropy(Tensor logits, ReadOnlySpan<int> targets);

    /// <summary>Whether no value is NaN or infinite. Returns once all that x depends on is computed.</summary>
    bool AllFinite(Tensor x);

    /// <summary>The column of the largest value of each row; the first of equal ones.</summary>
    int[] ArgMax(Tensor x);
}

/// <summary>What a linear layer ends with.</summary>
internal enum Activation
{
    None,

    /// <summary>x * Phi(x), exact.</summary>
    Gelu,

    /// <summary>The tanh approximation of GELU.</summary>
    GeluTanh,
}

/// <summary>How much of a model's work stands in a backend's memory at a time: more rows at once are faster until memory ends.</summary>
/// <param name="ChunkBytes">Intermediate activations of a layer.</param>
/// <param name="LogitValues">Logits of the rows whose cross-entropy is computed together.</param>
/// <param name="PassValues">Values that one pass over several kept-token sets holds in the widest place of a layer; a few times this many stand in memory.</param>
/// <param name="Patches">Patches that the vision tower takes at a time; one time step at least.</param>
/// <param name="ResidentBytes">
/// Encoded videos that stay on the backend's device, in single precision; one at least. 0 where the device is the host's memory: they go there at once.
/// </param>
internal sealed record ActivationLimits(long ChunkBytes, int LogitValues, long PassValues, int Patches, long ResidentBytes = 0)
{
    public static ActivationLimits MainMemory { get; } = new(ChunkBytes: 96 << 20, LogitValues: 1 << 24, PassValues: 1 << 26, Patches: 4096);
}
