namespace Microsoft.ML.Score.TinyModel;

[TestFixture]
public class TapeTests
{
    private const int Classes = 5;

    [Test]
    public void Linear_WithBiasAndResidual_DerivativesAgreeWithDifferences() => Check([(6, 7), (6, 9)], (tape, x, parameters) =>
        tape.Linear(x[0], parameters("weight", 9, 7), parameters("bias", 9, 1), residual: x[1]));

    [Test]
    public void RmsNorm_DerivativesAgreeWithDifferences() => Check([(4, 12)], (tape, x, parameters) => tape.RmsNorm(x[0], parameters("weight", 12, 1)));

    [Test]
    public void SwiGlu_DerivativesAgreeWithDifferences() => Check([(4, 9), (4, 9)], (tape, x, _) => tape.SwiGlu(x[0], x[1]));

    [Test]
    public void Gelu_DerivativesAgreeWithDifferences() => Check([(4, 9)], (tape, x, _) => tape.Gelu(x[0]));

    [Test]
    public void SelectRows_RowTakenTwice_DerivativesAgreeWithDifferences() => Check([(5, 6)], (tape, x, _) => tape.SelectRows(x[0], [3, 0, 3]));

    [Test]
    public void Sequence_TokenUsedTwice_DerivativesAgreeWithDifferences() => Check([(3, 6)], (tape, x, parameters) =>
        tape.Sequence(parameters("embedding", 4, 6), [1, 2], x[0], [2, 0]));

    [Test]
    public void WindowAttention_DerivativesAgreeWithDifferences() => Check([(8, 3 * 8)], (tape, x, _) =>
        tape.WindowAttention(x[0], heads: 2, window: 4, Angles(4, 2)));

    [Test]
    public void StreamAttention_PrefixOverSeveralBlocksAndTwoStreams_DerivativesAgreeWithDifferences()
    {
        var layout = new StreamLayout(70, [9, 5]);

        Check([(84, 8), (84, 8), (84, 8)], (tape, x, _) => tape.StreamAttention(x[0], x[1], x[2], heads: 2, layout, Angles(84, 2)));
    }

    [Test]
    public void StreamAttention_AnyRow_IsTheSoftmaxOverThePrefixAndItsOwnStreamSoFar()
    {
        const int rows = 84, d = 4;
        var random = new Random(5);
        var layout = new StreamLayout(70, [9, 5]);
        var tape = new Tape(new ParameterSet(random));
        var (q, k, v) = (Filled(tape, rows, d, random), Filled(tape, rows, d, random), Filled(tape, rows, d, random));

        var result = tape.StreamAttention(q, k, v, heads: 1, layout, RotaryTable.FromAngles(new float[rows * 2], 2));

        foreach (var row in (int[])[0, 63, 64, 69, 70, 78, 79, 83])
        {
            var firstOfStream = row < 70 ? 0 : row < 79 ? 70 : 79;
            int[] visible = [.. Enumerable.Range(0, Math.Min(70, row + 1)), .. Enumerable.Range(firstOfStream, row - firstOfStream + 1).Where(i => i >= 70)];
            double[] weights = [.. visible.Select(key => Math.Exp(Enumerable.Range(0, d).Sum(j => (double)q.Row(row)[j] * k.Row(key)[j]) / Math.Sqrt(d)))];
            for (var j = 0; j < d; j++)
            {
                var expected = visible.Select((key, i) => weights[i] * v.Row(key)[j]).Sum() / weights.Sum();
                Assert.That(result.Row(row)[j], Is.EqualTo(expected).Within(1e-5), $"row {row}, value {j}");
            }
        }
    }

    private delegate Parameter NamedParameter(string name, int rows, int columns);

    /// <summary>Runs inputs through an operation into a cross-entropy and checks the derivatives of all inputs and parameters.</summary>
    private static void Check((int Rows, int Columns)[] shapes, Func<Tape, Variable[], NamedParameter, Variable> operation)
    {
        var random = new Random(3);
        var parameters = new ParameterSet(random);
        var named = new Dictionary<string, Parameter>();
        Parameter Named(string name, int rows, int columns) => named.TryGetValue(name, out var known) ? known
            : named[name] = columns == 1 ? parameters.Add(name, [rows], true, () => (float)parameters.Normal()) : parameters.AddMatrix(name, rows, columns, 0.5);

        float[][] inputs = [.. shapes.Select(shape => Enumerable.Range(0, shape.Rows * shape.Columns).Select(_ => (float)parameters.Normal()).ToArray())];
        var tape = new Tape(parameters);
        Variable[] variables = [];
        double Loss()
        {
            tape.Clear();
            variables = [.. shapes.Select(shape => tape.New(shape.Rows, shape.Columns))];
            for (var i = 0; i < inputs.Length; i++)
                inputs[i].CopyTo(variables[i].Value);
            var y = operation(tape, variables, Named);
            int[] targets = [.. Enumerable.Range(0, y.Rows).Select(row => row % Classes)];
            float[] weights = [.. targets.Select(target => (0.5f + target) / y.Rows)];
            return tape.CrossEntropy(y, Named("head", Classes, y.Columns), targets, weights).Losses.Select((loss, row) => loss * weights[row]).Sum();
        }

        Loss();
        var gradient = new float[parameters.Count];
        tape.Backward(gradient);

        FiniteDifferences.AssertGradients(Loss,
        [
            .. inputs.Select((input, i) => ($"input {i}", input.AsMemory(), variables[i].Gradient.ToArray())),
            .. named.Values.Select(parameter => (parameter.Name, parameters.Memory(parameter), gradient.AsSpan(parameter.Offset, parameter.Count).ToArray())),
        ], samples: 200);
    }

    private static RotaryTable Angles(int rows, int half) =>
        RotaryTable.FromAngles([.. Enumerable.Range(0, rows * half).Select(i => 0.3f * i)], half);

    private static Variable Filled(Tape tape, int rows, int columns, Random random)
    {
        var variable = tape.New(rows, columns);
        foreach (ref var value in variable.Value)
            value = random.NextSingle() - 0.5f;
        return variable;
    }
}
