namespace Microsoft.ML.Score.TinyModel;

/// <summary>A named weight: where its values lie in <see cref="ParameterSet.Values"/>. The name and the shape are the checkpoint's own.</summary>
internal sealed record Parameter(string Name, int[] Shape, int Offset, int Count, bool Exported);

/// <summary>All weights of the model in one flat array, so that the optimiser and the gradients are flat arrays too.</summary>
/// <param name="random">Draws the initial values, in the order in which the parameters are added.</param>
internal sealed class ParameterSet(Random random)
{
    private readonly List<Parameter> _parameters = [];
    private float[] _values = new float[1 << 16];
    private int _count;

    /// <summary>Every parameter, in the order added.</summary>
    public IReadOnlyList<Parameter> Parameters => _parameters;

    /// <summary>The values of all parameters.</summary>
    public Span<float> Values => _values.AsSpan(0, _count);

    /// <summary>Number of values.</summary>
    public int Count => _count;

    /// <summary>A matrix [rows, columns] with normal values of the given standard deviation; not exported if only training needs it.</summary>
    public Parameter AddMatrix(string name, int rows, int columns, double standardDeviation, bool exported = true) =>
        Add(name, [rows, columns], exported, () => (float)(Normal() * standardDeviation));

    /// <summary>A vector filled with one value.</summary>
    public Parameter AddVector(string name, int length, float value) => Add(name, [length], true, () => value);

    /// <summary>A parameter of any shape; the initial values come one by one from <paramref name="next"/>.</summary>
    public Parameter Add(string name, int[] shape, bool exported, Func<float> next)
    {
        var count = shape.Aggregate(1, (product, size) => product * size);
        var parameter = new Parameter(name, shape, _count, count, exported);
        _count += count;
        if (_count > _values.Length)
            Array.Resize(ref _values, Math.Max(_count, 2 * _values.Length));
        foreach (ref var value in Value(parameter))
            value = next();
        _parameters.Add(parameter);
        return parameter;
    }

    /// <summary>The values of one parameter.</summary>
    public Span<float> Value(Parameter parameter) => _values.AsSpan(parameter.Offset, parameter.Count);

    /// <inheritdoc cref="Value"/>
    public Memory<float> Memory(Parameter parameter) => _values.AsMemory(parameter.Offset, parameter.Count);

    /// <summary>A standard normal value (Box-Muller).</summary>
    public double Normal() =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
