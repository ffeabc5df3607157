using System.Diagnostics;
using Microsoft.ML.Score.Kernels;

namespace Microsoft.ML.Score.Benchmarks;

/// <summary>
/// Times every operation of another backend. Operations of one model run one after another, so their times add up. Not safe for concurrent
/// calls.
/// </summary>
internal sealed class StepKernels(IKernels kernels) : IKernels
{
    private readonly Dictionary<string, TimeSpan> _times = [];

    /// <summary>The time spent since the last <see cref="Reset"/>, by operation.</summary>
    public IReadOnlyDictionary<string, TimeSpan> Times => _times;

    public ActivationLimits Limits => kernels.Limits;

    public void Reset() => _times.Clear();

    public Tensor Allocate(int rows, int columns)
    {
        using var timer = new Timer(this, nameof(Allocate));
        return kernels.Allocate(rows, columns);
    }

    public Tensor Upload(ReadOnlySpan<float> values, int rows, int columns)
    {
        using var timer = new Timer(this, nameof(Upload));
        return kernels.Upload(values, rows, columns);
    }

    public void Download(Tensor x, Span<float> destination)
    {
        using var timer = new Timer(this, nameof(Download));
        kernels.Download(x, destination);
    }

    public Weight UploadWeight(IStoredValues values, int firstRow, int rows, int columns)
    {
        using var timer = new Timer(this, nameof(UploadWeight));
        return kernels.UploadWeight(values, firstRow, rows, columns);
    }

    public Tensor Linear(Tensor x, Weight weight, Tensor? bias = null, Activation activation = Activation.None, Tensor? residual = null)
    {
        using var timer = new Timer(this, nameof(Linear));
        return kernels.Linear(x, weight, bias, activation, residual);
    }

    public Tensor RmsNorm(Tensor x, Tensor weight, float epsilon)
    {
        using var timer = new Timer(this, nameof(RmsNorm));
        return kernels.RmsNorm(x, weight, epsilon);
    }

    public Tensor LayerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon)
    {
        using var timer = new Timer(this, nameof(LayerNorm));
        return kernels.LayerNorm(x, weight, bias, epsilon);
    }

    public void Rotary(Tensor x, Tensor cos, Tensor sin)
    {
        using var timer = new Timer(this, nameof(Rotary));
        kernels.Rotary(x, cos, sin);
    }

    public Tensor Attention(Tensor q, Tensor k, Tensor v, ReadOnlySpan<AttentionSegment> segments, int headDimension, bool causal)
    {
        using var timer = new Timer(this, nameof(Attention));
        return kernels.Attention(q, k, v, segments, headDimension, causal);
    }

    public Tensor SwiGlu(Tensor gate, Tensor up)
    {
        using var timer = new Timer(this, nameof(SwiGlu));
        return kernels.SwiGlu(gate, up);
    }

    public Tensor Embedding(Weight table, ReadOnlySpan<int> ids)
    {
        using var timer = new Timer(this, nameof(Embedding));
        return kernels.Embedding(table, ids);
    }

    public Tensor Gather(Tensor x, ReadOnlySpan<int> rows)
    {
        using var timer = new Timer(this, nameof(Gather));
        return kernels.Gather(x, rows);
    }

    public void Scatter(Tensor source, ReadOnlySpan<int> rows, Tensor destination)
    {
        using var timer = new Timer(this, nameof(Scatter));
        kernels.Scatter(source, rows, destination);
    }

    public void ScatterAdd(Tensor source, ReadOnlySpan<int> rows, Tensor destination)
    {
        using var timer = new Timer(this, nameof(ScatterAdd));
        kernels.ScatterAdd(source, rows, destination);
    }

    public double[] CrossEntropy(Tensor logits, ReadOnlySpan<int> targets)
    {
        using var timer = new Timer(this, nameof(CrossEntropy));
        return kernels.CrossEntropy(logits, targets);
    }

    public bool AllFinite(Tensor x)
    {
        using var timer = new Timer(this, nameof(AllFinite));
        return kernels.AllFinite(x);
    }

    public int[] ArgMax(Tensor x)
    {
        using var timer = new Timer(this, nameof(ArgMax));
        return kernels.ArgMax(x);
    }

    private readonly ref struct Timer(StepKernels owner, string operation)
    {
        private readonly long _start = Stopwatch.GetTimestamp();

        public void Dispose() =>
            owner._times[operation] = owner._times.GetValueOrDefault(operation) + Stopwatch.GetElapsedTime(_start);
    }
}
