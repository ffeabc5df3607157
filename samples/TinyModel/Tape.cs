using System.Numerics.Tensors;
using Microsoft.ML.Score.Kernels.Simd;

namespace Microsoft.ML.Score.TinyModel;

/// <summary>A matrix [Rows, Columns] on a tape, with its gradient.</summary>
internal sealed class Variable(float[] slab, int offset, int rows, int columns)
{
    public int Rows => rows;

    public int Columns => columns;

    public Span<float> Value => slab.AsSpan(offset, rows * columns);

    public Span<float> Gradient => slab.AsSpan(offset + rows * columns, rows * columns);

    public Span<float> Row(int row) => slab.AsSpan(offset + row * columns, columns);

    public Span<float> GradientRow(int row) => slab.AsSpan(offset + (rows + row) * columns, columns);

    /// <summary>The same values and gradients seen as a matrix of another shape.</summary>
    public Variable Reshape(int newRows, int newColumns) => new(slab, offset, newRows, newColumns);
}

/// <summary>Loss of each supervised row, in nats, and whether the target was the most probable class.</summary>
internal sealed record TargetScores(double[] Losses, bool[] IsTop);

/// <summary>
/// Forward operations that remember how to go back. Every operation computes its value at once and leaves behind its
/// hand-written derivative; <see cref="Backward"/> runs those in reverse, adding to the gradients of its inputs and of the parameters.
/// One tape serves one sample at a time; its memory is reused after <see cref="Clear"/>. Not safe for concurrent use.
/// </summary>
/// <param name="parameters">The weights, only read.</param>
internal sealed partial class Tape(ParameterSet parameters)
{
    private const int SlabLength = 1 << 22;
    private const float NormEpsilon = 1e-6f;

    private readonly List<float[]> _slabs = [];
    private readonly List<Action> _backward = [];
    private float[] _parameterGradient = [];
    private int _slab;
    private int _used;

    /// <summary>Forgets all operations; variables made before must not be used any more.</summary>
    public void Clear()
    {
        _backward.Clear();
        _slab = 0;
        _used = 0;
    }

    /// <summary>Adds the derivative of the sum of all losses on the tape to <paramref name="parameterGradient"/>, laid out as <see cref="ParameterSet.Values"/>.</summary>
    public void Backward(float[] parameterGradient)
    {
        _parameterGradient = parameterGradient;
        for (var i = _backward.Count - 1; i >= 0; i--)
            _backward[i]();
    }

    /// <summary>A matrix to be filled by the caller; its gradient starts at zero.</summary>
    public Variable New(int rows, int columns)
    {
        var length = 2 * rows * columns;
        if (_slab < _slabs.Count && _used + length > _slabs[_slab].Length)
        {
            _slab++;
            _used = 0;
        }

        if (_slab == _slabs.Count)
            _slabs.Add(new float[Math.Max(SlabLength, length)]);
        else if (_slabs[_slab].Length < length)
            _slabs[_slab] = new float[length];
        var variable = new Variable(_slabs[_slab], _used, rows, columns);
        _used += length;
        variable.Gradient.Clear();
        return variable;
    }

    /// <summary>x W^T + b, and + residual: x [rows, in], W [out, in], b [out], residual and result [rows, out]. Where x is input data its gradient is not computed.</summary>
    public Variable Linear(Variable x, Parameter weight, Parameter? bias = null, Variable? residual = null, bool isInput = false)
    {
        var (rows, inputs, outputs) = (x.Rows, x.Columns, weight.Shape[0]);
        var y = New(rows, outputs);
        if (residual is null)
            y.Value.Clear();
        else
            residual.Value.CopyTo(y.Value);
        if (bias is not null)
            for (var row = 0; row < rows; row++)
                TensorPrimitives.Add(y.Row(row), parameters.Value(bias), y.Row(row));
        MatrixProduct.MultiplyTransposedB(x.Value, parameters.Value(weight), y.Value, rows, outputs, inputs, accumulate: true);

        _backward.Add(() =>
        {
            MatrixProduct.MultiplyTransposedA(y.Gradient, x.Value, Gradient(weight), outputs, inputs, rows, accumulate: true);
            if (!isInput)
                MatrixProduct.Multiply(y.Gradient, parameters.Value(weight), x.Gradient, rows, inputs, outputs, accumulate: true);
            if (bias is not null)
                for (var row = 0; row < rows; row++)
                    TensorPrimitives.Add(Gradient(bias), y.GradientRow(row), Gradient(bias));
            if (residual is not null)
                TensorPrimitives.Add(residual.Gradient, y.Gradient, residual.Gradient);
        });
        return y;
    }

    /// <summary>x / sqrt(mean(x^2) + 1e-6) * weight, row by row.</summary>
    public Variable RmsNorm(Variable x, Parameter weight)
    {
        var columns = x.Columns;
        var y = New(x.Rows, columns);
        var inverse = new float[x.Rows];
        for (var row = 0; row < x.Rows; row++)
        {
            inverse[row] = 1f / MathF.Sqrt(TensorPrimitives.SumOfSquares<float>(x.Row(row)) / columns + NormEpsilon);
            TensorPrimitives.Multiply(x.Row(row), inverse[row], y.Row(row));
            TensorPrimitives.Multiply(y.Row(row), parameters.Value(weight), y.Row(row));
        }

        _backward.Add(() =>
        {
            Span<float> scaled = stackalloc float[columns];
            Span<float> normalised = stackalloc float[columns];
            for (var row = 0; row < x.Rows; row++)
            {
                TensorPrimitives.Multiply(x.Row(row), inverse[row], normalised);
                TensorPrimitives.MultiplyAdd(y.GradientRow(row), normalised, Gradient(weight), Gradient(weight));
                TensorPrimitives.Multiply(y.GradientRow(row), parameters.Value(weight), scaled);
                var projection = TensorPrimitives.Dot<float>(scaled, normalised) / columns;
                TensorPrimitives.MultiplyAdd(normalised, -projection, scaled, scaled);
                TensorPrimitives.MultiplyAdd(scaled, inverse[row], x.GradientRow(row), x.GradientRow(row));
            }
        });
        return y;
    }

    /// <summary>silu(gate) * up, with silu(z) = z sigmoid(z).</summary>
    public Variable SwiGlu(Variable gate, Variable up)
    {
        var y = New(gate.Rows, gate.Columns);
        TensorPrimitives.Sigmoid(gate.Value, y.Value);
        TensorPrimitives.Multiply(y.Value, gate.Value, y.Value);
        TensorPrimitives.Multiply(y.Value, up.Value, y.Value);

        _backward.Add(() =>
        {
            Span<float> sigmoid = stackalloc float[gate.Columns];
            Span<float> silu = stackalloc float[gate.Columns];
            Span<float> product = stackalloc float[gate.Columns];
            for (var row = 0; row < gate.Rows; row++)
            {
                TensorPrimitives.Sigmoid(gate.Row(row), sigmoid);
                TensorPrimitives.Multiply(sigmoid, gate.Row(row), silu);
                TensorPrimitives.MultiplyAdd(y.GradientRow(row), silu, up.GradientRow(row), up.GradientRow(row));
                // silu' = sigmoid (1 - silu) + silu
                TensorPrimitives.Multiply(sigmoid, silu, product);
                TensorPrimitives.Subtract(sigmoid, product, sigmoid);
                TensorPrimitives.Add(silu, sigmoid, silu);
                TensorPrimitives.Multiply(silu, up.Row(row), silu);
                TensorPrimitives.MultiplyAdd(silu, y.GradientRow(row), gate.GradientRow(row), gate.GradientRow(row));
            }
        });
        return y;
    }

    /// <summary>x Phi(x), the exact GELU.</summary>
    public Variable Gelu(Variable x)
    {
        var y = New(x.Rows, x.Columns);
        Kernels.Gelu.Apply(x.Value, y.Value);

        _backward.Add(() =>
        {
            Kernels.Gelu.MultiplyByDerivative(x.Value, y.Gradient);
            TensorPrimitives.Add(x.Gradient, y.Gradient, x.Gradient);
        });
        return y;
    }

    /// <summary>The embeddings of <paramref name="before"/>, the rows of <paramref name="visual"/>, the embeddings of <paramref name="after"/>, one below the other.</summary>
    public Variable Sequence(Parameter embedding, int[] before, Variable visual, int[] after)
    {
        var columns = visual.Columns;
        var y = New(before.Length + visual.Rows + after.Length, columns);
        for (var i = 0; i < before.Length; i++)
            parameters.Value(embedding).Slice(before[i] * columns, columns).CopyTo(y.Row(i));
        visual.Value.CopyTo(y.Value[(before.Length * columns)..]);
        for (var i = 0; i < after.Length; i++)
            parameters.Value(embedding).Slice(after[i] * columns, columns).CopyTo(y.Row(before.Length + visual.Rows + i));

        _backward.Add(() =>
        {
            for (var i = 0; i < before.Length; i++)
                AddRow(y.GradientRow(i), Gradient(embedding), before[i]);
            TensorPrimitives.Add(visual.Gradient, y.Gradient.Slice(before.Length * columns, visual.Gradient.Length), visual.Gradient);
            for (var i = 0; i < after.Length; i++)
                AddRow(y.GradientRow(before.Length + visual.Rows + i), Gradient(embedding), after[i]);
        });
        return y;
    }

    /// <summary>The values of x, through which no gradient flows back.</summary>
    public Variable Detach(Variable x)
    {
        var y = New(x.Rows, x.Columns);
        x.Value.CopyTo(y.Value);
        return y;
    }

    /// <summary>The given rows of x, one below the other.</summary>
    public Variable SelectRows(Variable x, int[] rows)
    {
        var y = New(rows.Length, x.Columns);
        for (var i = 0; i < rows.Length; i++)
            x.Row(rows[i]).CopyTo(y.Row(i));

        _backward.Add(() =>
        {
            for (var i = 0; i < rows.Length; i++)
                AddRow(y.GradientRow(i), x.Gradient, rows[i]);
        });
        return y;
    }

    /// <summary>
    /// Cross-entropy of softmax(x W^T) against one target class a row: x [rows, columns], W [classes, columns]. The loss on the
    /// tape is the sum over rows of weight * cross-entropy.
    /// </summary>
    public TargetScores CrossEntropy(Variable x, Parameter weight, int[] targets, float[] weights)
    {
        var classes = weight.Shape[0];
        var probabilities = New(x.Rows, classes);
        MatrixProduct.MultiplyTransposedB(x.Value, parameters.Value(weight), probabilities.Value, x.Rows, classes, x.Columns);
        var losses = new double[x.Rows];
        var isTop = new bool[x.Rows];
        for (var row = 0; row < x.Rows; row++)
        {
            var logits = probabilities.Row(row);
            isTop[row] = TensorPrimitives.IndexOfMax<float>(logits) == targets[row];
            var target = logits[targets[row]];
            var maximum = TensorPrimitives.Max<float>(logits);
            TensorPrimitives.Subtract(logits, maximum, logits);
            TensorPrimitives.Exp<float>(logits, logits);
            var sum = TensorPrimitives.Sum<float>(logits);
            TensorPrimitives.Divide(logits, sum, logits);
            losses[row] = maximum - target + Math.Log(sum);
        }

        _backward.Add(() =>
        {
            // d loss / d logits = weight (p - one-hot)
            for (var row = 0; row < x.Rows; row++)
            {
                TensorPrimitives.Multiply(probabilities.Row(row), weights[row], probabilities.GradientRow(row));
                probabilities.GradientRow(row)[targets[row]] -= weights[row];
            }

            MatrixProduct.MultiplyTransposedA(probabilities.Gradient, x.Value, Gradient(weight), classes, x.Columns, x.Rows, accumulate: true);
            MatrixProduct.Multiply(probabilities.Gradient, parameters.Value(weight), x.Gradient, x.Rows, x.Columns, classes, accumulate: true);
        });
        return new TargetScores(losses, isTop);
    }

    private Span<float> Gradient(Parameter parameter) => _parameterGradient.AsSpan(parameter.Offset, parameter.Count);

    private static void AddRow(ReadOnlySpan<float> source, Span<float> matrix, int row)
    {
        var target = matrix.Slice(row * source.Length, source.Length);
        TensorPrimitives.Add(target, source, target);
    }
}
