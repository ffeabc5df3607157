using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Policy;
using TorchSharp;
using static TorchSharp.torch.nn.functional;

namespace Microsoft.ML.Score.TorchSharp;

/// <summary>
/// The kernels on one of torch's devices. Results are of the backend's type; what comes from the host stays in single precision, for rotary
/// tables and norms need it, and becomes the backend's type where it meets an activation. Norms, rotations and losses compute in single
/// precision.
/// </summary>
/// <param name="name">The backend's word, for messages.</param>
/// <param name="device">Where tensors live.</param>
/// <param name="type">What activations are held in: Float32 or BFloat16.</param>
/// <param name="limits">How much stands in its memory at a time.</param>
internal sealed class TorchKernels(string name, torch.Device device, torch.ScalarType type, ActivationLimits limits) : IKernels, IPolicyKernels
{
    private readonly TorchCalls _calls = new(name);

    public ActivationLimits Limits => limits;

    public Tensor Allocate(int rows, int columns) => Run($"a tensor [{rows}, {columns}]", () => torch.empty(rows, columns, type, device));

    public Tensor Upload(ReadOnlySpan<float> values, int rows, int columns)
    {
        unsafe
        {
            // A span cannot be captured, its address can.
            fixed (float* start = values)
            {
                var (address, length) = ((nint)start, values.Length);
                return Run($"a copy of values [{rows}, {columns}]", () => HostRows.Upload(new ReadOnlySpan<float>((float*)address, length), rows, columns, device));
            }
        }
    }

    public void Download(Tensor x, Span<float> destination)
    {
        unsafe
        {
            fixed (float* start = destination)
            {
                var (address, length) = ((nint)start, destination.Length);
                _calls.Run($"a copy of a tensor {x} to the host", () =>
                {
                    HostRows.Download(Of(x), new Span<float>((float*)address, length));
                    return true;
                });
            }
        }
    }

    public Weight UploadWeight(IStoredValues values, int firstRow, int rows, int columns) =>
        new TorchWeight(_calls.Run($"a weight [{rows}, {columns}]", () => HostRows.Upload(values, firstRow, rows, columns, type, device).DetachFromDisposeScope()));

    public Tensor Linear(Tensor x, Weight weight, Tensor? bias = null, Activation activation = Activation.None, Tensor? residual = null) =>
        Run($"a linear layer {x} to [{x.Rows}, {weight.Rows}]", () =>
        {
            var y = linear(Typed(x), ((TorchWeight)weight).Values.to(type), bias is null ? null : Typed(bias).view(-1));
            y = activation switch
            {
                Activation.Gelu => gelu(y),
                Activation.GeluTanh => gelu(y, global::TorchSharp.Modules.GELU.Approximate.tanh),
                _ => y,
            };
            return residual is null ? y : y.add_(Typed(residual));
        });

    public Tensor RmsNorm(Tensor x, Tensor weight, float epsilon) => Run($"RMS norm of {x}", () =>
    {
        var values = Single(x);
        var scale = values.square().mean([1], keepdim: true).add_(epsilon).rsqrt_();
        return values.mul(scale).mul_(Single(weight)).to(type);
    });

    public Tensor LayerNorm(Tensor x, Tensor weight, Tensor bias, float epsilon) => Run($"layer norm of {x}", () =>
        layer_norm(Single(x), [x.Columns], Single(weight).view(-1), Single(bias).view(-1), epsilon).to(type));

    public void Rotary(Tensor x, Tensor cos, Tensor sin) => _calls.Run($"a rotation of {x}", () =>
    {
        var half = cos.Columns;
        var pairs = Single(x).view(x.Rows, -1, 2, half);
        var (a, b) = (pairs.select(2, 0), pairs.select(2, 1));
        var (c, s) = (Single(cos).view(x.Rows, 1, half), Single(sin).view(x.Rows, 1, half));
        Of(x).copy_(torch.stack([a * c - b * s, b * c + a * s], 2).view(x.Rows, x.Columns));
        return true;
    });

    public Tensor Attention(Tensor q, Tensor k, Tensor v, ReadOnlySpan<AttentionSegment> segments, int headDimension, bool causal)
    {
        var all = segments.ToArray();
        return Run($"attention of {q} over {k}", () => TorchAttention.Run(Typed(q), Typed(k), Typed(v), all, headDimension, causal));
    }

    public Tensor SwiGlu(Tensor gate, Tensor up) => Run($"SwiGLU of {gate}", () => silu(Typed(gate)).mul_(Typed(up)));

    public Tensor Embedding(Weight table, ReadOnlySpan<int> ids)
    {
        var rows = Widened(ids);
        return Run($"{rows.Length} rows of a table [{table.Rows}, {table.Columns}]", () => ((TorchWeight)table).Values.index_select(0, Index(rows)).to(type));
    }

    public Tensor Gather(Tensor x, ReadOnlySpan<int> rows)
    {
        var first = rows.Length == 0 ? 0 : rows[0];
        if (IsRange(rows))
        {
            var count = rows.Length;
            return Run($"{count} rows of {x}", () => Of(x).narrow(0, first, count).clone());
        }

        var wide = Widened(rows);
        return Run($"{wide.Length} rows of {x}", () => Of(x).index_select(0, Index(wide)));
    }

    public void Scatter(Tensor source, ReadOnlySpan<int> rows, Tensor destination)
    {
        var (isRange, wide) = (IsRange(rows), Widened(rows));
        _calls.Run($"a copy of {source} into {destination}", () =>
        {
            var target = Of(destination);
            if (wide.Length == 0)
                return true;
            if (isRange)
                target.narrow(0, wide[0], wide.Length).copy_(Of(source));
            else
                target.index_copy_(0, Index(wide), Of(source).to(target.dtype));
            return true;
        });
    }

    public void ScatterAdd(Tensor source, ReadOnlySpan<int> rows, Tensor destination)
    {
        var wide = Widened(rows);
        _calls.Run($"a sum of {source} into {destination}", () =>
        {
            var target = Of(destination);
            if (wide.Length > 0)
                target.index_add_(0, Index(wide), Of(source).to(target.dtype), 1);
            return true;
        });
    }

    public double[] CrossEntropy(Tensor logits, ReadOnlySpan<int> targets)
    {
        var wide = Widened(targets);
        return _calls.Run($"the cross-entropy of {logits}", () =>
        {
            var losses = cross_entropy(Single(logits), Index(wide), reduction: torch.nn.Reduction.None).cpu();
            return Array.ConvertAll(losses.data<float>().ToArray(), loss => (double)loss);
        });
    }

    public bool AllFinite(Tensor x) => _calls.Run($"a look at {x}", () => Of(x).isfinite().all().item<bool>());

    public float[] Logits(PolicyNetwork policy, Tensor rows, int tokensPerStep) => _calls.Run(
        $"the scores of {rows.Rows} tokens", () => TorchPolicy.Logits(policy, Of(rows), tokensPerStep).cpu().data<float>().ToArray());

    public int[]? TopK(PolicyNetwork policy, Tensor rows, int tokensPerStep, int count) => _calls.Run(
        $"the choice of {count} of {rows.Rows} tokens", () => TorchPolicy.TopK(TorchPolicy.Logits(policy, Of(rows), tokensPerStep), count));

    public int[] ArgMax(Tensor x) => _calls.Run($"the largest values of {x}", () =>
        Array.ConvertAll(Of(x).argmax(1).cpu().data<long>().ToArray(), column => (int)column));

    private static torch.Tensor Of(Tensor x) => ((TorchTensor)x).Values;

    private static torch.Tensor Single(Tensor x) => Of(x).to(torch.ScalarType.Float32);

    private torch.Tensor Typed(Tensor x) => Of(x).to(type);

    private torch.Tensor Index(long[] rows) => torch.tensor(rows, device: device);

    private static long[] Widened(ReadOnlySpan<int> values)
    {
        var wide = new long[values.Length];
        for (var i = 0; i < wide.Length; i++)
            wide[i] = values[i];
        return wide;
    }

    private static bool IsRange(ReadOnlySpan<int> rows)
    {
        for (var i = 1; i < rows.Length; i++)
            if (rows[i] != rows[0] + i)
                return false;
        return true;
    }

    private TorchTensor Run(FormattableString what, Func<torch.Tensor> compute) =>
        new(_calls.Run(what, () => compute().DetachFromDisposeScope()));
}
