using System.Buffers;
using System.Numerics.Tensors;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Kernels.Simd;
using Microsoft.ML.Score.Storage;
using Microsoft.ML.Score.Tokens;

namespace Microsoft.ML.Score.Policy;

/// <summary>
/// The forward pass of the policy, in one pass over the features. [X; dX] w1 = X (W1 + W2) - shift(X) W2, so one product with
/// [W1 + W2 | W2] gives both terms, and a thread only has to remember the second term of the time step before; before the first
/// that is zero, the paper's virtual zero frame. With normalisation X stands for X / rms(X), token by token; a row's scale passes
/// through a product, so it is applied to the result. Blocks of rows and of their values stay in the cache until both layers have
/// been through them. Logits do not depend on the number of threads.
/// </summary>
internal static unsafe class PolicyForward
{
    // D values a row, H hidden width, C columns of the product (2H, or H without residual, filled up to whole panels), N tokens a step, n rows of a block.
    private const int BlockRows = 32 * MatrixKernel.Rows;
    private const int BlockDepth = MatrixProduct.DepthBlock;
    private const int StripRows = 96;       // fewer rows of a step than this would have the weights read too often
    private const long PartWork = 1 << 21;  // multiply-adds below which another thread costs more than it saves

    /// <summary>Under the root of a token's mean square.</summary>
    internal const float NormalizationEpsilon = 1e-6f;

    /// <param name="policy">The network.</param>
    /// <param name="video">What <see cref="PolicyNetwork.RowsOf"/> gives.</param>
    /// <param name="logits">z [T*N].</param>
    /// <param name="activations">Where to keep what the backward pass needs; null keeps nothing.</param>
    public static void Run(PolicyNetwork policy, ITokenRows video, float[] logits, PolicyActivations? activations = null)
    {
        activations?.Reset(video.Grid.Count, policy.HiddenWidth);
        var width = PackedWidth(policy);
        var rented = ArrayPool<float>.Shared.Rent(policy.RowWidth * width + 16);
        fixed (float* start = rented)
        {
            var weights = (float*)(((nint)start + 63) & ~63);
            Pack(policy, weights);
            var pass = new Pass(policy, video, logits, activations, weights, width);
            var parts = Parts(video.Grid, (long)video.Grid.Count * policy.RowWidth * width);
            if (parts.Length == 1)
                pass.Run(parts[0]);
            else
                Parallel.ForEach(parts, pass.Run);
        }

        ArrayPool<float>.Shared.Return(rented);
    }

    /// <summary>
    /// Tokens of one place depend on each other along time alone, so steps are cut into strips first; where those would get too
    /// narrow, time is cut too, and each part but the first goes through the step before it once more.
    /// </summary>
    private static Part[] Parts(TokenGrid grid, long work)
    {
        var threads = (int)Math.Clamp(work / PartWork, 1, Environment.ProcessorCount);
        var strips = Math.Clamp(grid.TokensPerStep / StripRows, 1, threads);
        var spans = Math.Clamp(threads / strips, 1, Math.Max(1, grid.TimeSteps / 4));
        var parts = new Part[strips * spans];
        for (var i = 0; i < parts.Length; i++)
        {
            var (strip, span) = (i % strips, i / strips);
            parts[i] = new Part(
                (int)((long)grid.TokensPerStep * strip / strips), (int)((long)grid.TokensPerStep * (strip + 1) / strips),
                (int)((long)grid.TimeSteps * span / spans), (int)((long)grid.TimeSteps * (span + 1) / spans));
        }

        return parts;
    }

    private static int PackedWidth(PolicyNetwork policy)
    {
        var columns = policy.UseResidual ? 2 * policy.HiddenWidth : policy.HiddenWidth;
        return (columns + MatrixKernel.Columns - 1) / MatrixKernel.Columns * MatrixKernel.Columns;
    }

    /// <summary>[W1 + W2 | W2] [D, C], or w1^T without residual, in the order the kernel reads it: block of depth by block, panel by panel.</summary>
    private static void Pack(PolicyNetwork policy, float* packed)
    {
        var (d, h, panel) = (policy.RowWidth, policy.HiddenWidth, MatrixKernel.Columns);
        var width = PackedWidth(policy);
        for (var start = 0; start < d; start += BlockDepth)
        {
            var depth = Math.Min(BlockDepth, d - start);
            for (var column = 0; column < width; column++)
            {
                var target = packed + start * width + column / panel * panel * depth + column % panel;
                var isFirst = column < h;
                var isSecond = policy.UseResidual && !isFirst && column < 2 * h;
                var row = isFirst || isSecond ? policy.W1.Slice((isFirst ? column : column - h) * policy.StateWidth, policy.StateWidth) : [];
                for (var p = 0; p < depth; p++)
                    target[p * panel] =
                        isFirst && policy.UseResidual ? row[start + p] + row[d + start + p]
                        : isFirst ? row[start + p]
                        : isSecond ? row[d + start + p]
                        : 0;
            }
        }
    }

    /// <summary>Places [FromPlace, ToPlace) of the steps [FromStep, ToStep).</summary>
    private readonly record struct Part(int FromPlace, int ToPlace, int FromStep, int ToStep);

    private sealed class Pass(PolicyNetwork policy, ITokenRows video, float[] logits, PolicyActivations? activations, float* weights, int width)
    {
        private readonly int _step = video.Grid.TokensPerStep;

        public void Run(Part part)
        {
            var scratch = new Scratch(policy, width, part, widen: video.Type != TensorType.F32);
            var firstStep = Math.Max(0, part.FromStep - 1);
            if (part.ToPlace - part.FromPlace == _step)
                RunRows(part, firstStep * _step, part.ToStep * _step, scratch);
            else
                for (var t = firstStep; t < part.ToStep; t++)
                    RunRows(part, t * _step + part.FromPlace, t * _step + part.ToPlace, scratch);
            scratch.Return();
        }

        private void RunRows(Part part, int from, int to, in Scratch scratch)
        {
            for (var first = from; first < to; first += BlockRows)
            {
                var n = Math.Min(BlockRows, to - first);
                Multiply(video.Rows(first, n), n, scratch);
                Finish(part, first, n, scratch);
            }
        }

        /// <summary>products[n, C] = X (W1 + W2) | X W2, and the sums of squares of the rows.</summary>
        private void Multiply(ReadOnlySpan<byte> stored, int n, in Scratch scratch)
        {
            var d = policy.RowWidth;
            scratch.Squares.AsSpan(0, n).Clear();
            fixed (byte* rows = stored)
            fixed (float* widened = scratch.Widened, products = scratch.Products)
                for (var start = 0; start < d; start += BlockDepth)
                {
                    var depth = Math.Min(BlockDepth, d - start);
                    var x = (float*)rows + start;
                    var xRow = d;
                    if (video.Type != TensorType.F32)
                    {
                        var size = video.Type.Size();
                        x = widened;
                        xRow = depth;
                        for (var i = 0; i < n; i++)
                            StoredValues.Widen(video.Type, new ReadOnlySpan<byte>(rows + ((long)i * d + start) * size, depth * size), new Span<float>(x + i * depth, depth));
                    }

                    if (policy.UseNormalization)
                        for (var i = 0; i < n; i++)
                            scratch.Squares[i] += TensorPrimitives.SumOfSquares(new ReadOnlySpan<float>(x + i * xRow, depth));
                    for (var column = 0; column < width; column += MatrixKernel.Columns)
                        for (var i = 0; i < n; i += MatrixKernel.Rows)
                            MatrixKernel.Multiply(
                                x + i * xRow, xRow, 1, Math.Min(MatrixKernel.Rows, n - i),
                                weights + start * width + column * depth, depth, products + i * width + column, width, add: start > 0);
                }
        }

        /// <summary>The second term of the step before, the bias, GELU and the second layer.</summary>
        private void Finish(Part part, int first, int n, in Scratch scratch)
        {
            var h = policy.HiddenWidth;
            for (var i = 0; i < n; i++)
            {
                var product = scratch.Products.AsSpan(i * width, width);
                var scale = policy.UseNormalization ? 1 / MathF.Sqrt(scratch.Squares[i] / policy.RowWidth + NormalizationEpsilon) : 1;
                TensorPrimitives.Multiply(product, scale, product);
                var hidden = product[..h];
                TensorPrimitives.Add(hidden, policy.B1, hidden);
                if (policy.UseResidual)
                {
                    var previous = scratch.Previous.AsSpan(((first + i) % _step - part.FromPlace) * h, h);
                    TensorPrimitives.Subtract(hidden, previous, hidden);
                    product[h..(2 * h)].CopyTo(previous);
                }

                var token = first + i;
                if (token < part.FromStep * _step)
                    continue;
                activations?.Keep(token, hidden, scale);
                Gelu.Apply(hidden, hidden);
                logits[token] = TensorPrimitives.Dot(hidden, policy.W2) + policy.B2[0];
            }
        }
    }

    /// <summary>The buffers of one part.</summary>
    private readonly struct Scratch(PolicyNetwork policy, int width, Part part, bool widen)
    {
        /// <summary>[BlockRows, BlockDepth]</summary>
        public readonly float[] Widened = ArrayPool<float>.Shared.Rent(widen ? BlockRows * BlockDepth : 1);

        /// <summary>[BlockRows, C]</summary>
        public readonly float[] Products = ArrayPool<float>.Shared.Rent(BlockRows * width);

        /// <summary>The second term of the step before, [places, H]; zero at first.</summary>
        public readonly float[] Previous = RentCleared((part.ToPlace - part.FromPlace) * policy.HiddenWidth);

        /// <summary>[BlockRows]</summary>
        public readonly float[] Squares = ArrayPool<float>.Shared.Rent(BlockRows);

        public void Return()
        {
            foreach (var buffer in (ReadOnlySpan<float[]>)[Widened, Products, Previous, Squares])
                ArrayPool<float>.Shared.Return(buffer);
        }

        private static float[] RentCleared(int length)
        {
            var buffer = ArrayPool<float>.Shared.Rent(length);
            buffer.AsSpan(0, length).Clear();
            return buffer;
        }
    }
}
