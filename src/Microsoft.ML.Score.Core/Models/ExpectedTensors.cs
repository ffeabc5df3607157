using System.Collections;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Models;

/// <summary>A tensor that a checkpoint must hold.</summary>
/// <param name="Name">The canonical name, that of the released files.</param>
/// <param name="Shape">Dimensions, outermost first.</param>
/// <param name="Part">The part of the model that it belongs to, in words.</param>
internal sealed record ExpectedTensor(string Name, int[] Shape, string Part)
{
    /// <summary>Elements: the product of the dimensions.</summary>
    public long Count => Shape.Aggregate(1L, (product, length) => product * length);

    public override string ToString() => $"'{Name}' {TensorTypes.Describe<int>(Shape)}";
}

/// <summary>
/// The tensors of an architecture, from the configuration alone: what a checkpoint is held to, what it is described by, and where
/// the model looks up the shape of what it reads. In the order in which they were added.
/// </summary>
internal sealed class ExpectedTensors : IReadOnlyCollection<ExpectedTensor>
{
    private readonly OrderedDictionary<string, ExpectedTensor> _tensors = [];
    private readonly List<ExpectedTensor> _whereStored = [];
    private string _part = "";

    public int Count => _tensors.Count;

    /// <summary>Elements of all tensors.</summary>
    public long Parameters => _tensors.Values.Sum(tensor => tensor.Count);

    public ExpectedTensor this[string name] => _tensors[name];

    public bool Contains(string name) => _tensors.ContainsKey(name);

    /// <summary>Names the part of the model that the tensors added next belong to.</summary>
    public void BeginPart(string part) => _part = part;

    public void Add(string name, params int[] shape) => _tensors.Add(name, new ExpectedTensor(name, shape, _part));

    /// <summary>A linear layer: NAME.weight [output, input] and, with a bias, NAME.bias [output].</summary>
    public void AddLinear(string name, int output, int input, bool bias = true)
    {
        Add($"{name}.weight", output, input);
        if (bias)
            Add($"{name}.bias", output);
    }

    /// <summary>A tensor that the model reads where a checkpoint holds it, and does without elsewhere.</summary>
    public void AddWhereStored(string name, params int[] shape) => _whereStored.Add(new ExpectedTensor(name, shape, _part));

    /// <summary>The list for one checkpoint: with those of <see cref="AddWhereStored"/> that it holds.</summary>
    /// <param name="isStored">Whether the checkpoint holds a tensor of that name.</param>
    public ExpectedTensors Of(Func<string, bool> isStored)
    {
        var tensors = new ExpectedTensors();
        foreach (var tensor in _tensors.Values.Concat(_whereStored.Where(tensor => isStored(tensor.Name))))
            tensors._tensors.Add(tensor.Name, tensor);
        return tensors;
    }

    /// <summary>Holds a checkpoint to the list. Tensors beyond it are none of the model's business, as in transformers.</summary>
    /// <exception cref="InvalidDataException">
    /// Tensors are missing, of another shape or no floating-point numbers; the message counts them all and names the first.
    /// </exception>
    public void ThrowIfNotIn(Checkpoint checkpoint)
    {
        var missing = this.Where(tensor => !checkpoint.Contains(tensor.Name)).ToArray();
        var present = this.Except(missing).ToArray();
        var different = present.Where(tensor => !checkpoint.Entry(tensor.Name).Shape.SequenceEqual(tensor.Shape.Select(length => (long)length))).ToArray();
        var integers = present.Where(tensor => !checkpoint.Entry(tensor.Name).IsFloatingPoint).ToArray();
        string[] faults =
        [
            .. Faults(missing, "are missing", tensor => $"{tensor}"),
            .. Faults(different, "have another shape", tensor => $"'{tensor.Name}' is {checkpoint.Entry(tensor.Name)}, expected the shape {TensorTypes.Describe<int>(tensor.Shape)}"),
            .. Faults(integers, "do not hold floating-point numbers of a type that is read", tensor => $"'{tensor.Name}' is {checkpoint.Entry(tensor.Name)}"),
        ];
        if (faults.Length > 0)
            throw new InvalidDataException($"In {checkpoint.Description} {string.Join(" ", faults)}");
    }

    public IEnumerator<ExpectedTensor> GetEnumerator() => _tensors.Values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private IEnumerable<string> Faults(ExpectedTensor[] tensors, string what, Func<ExpectedTensor, string> describe)
    {
        if (tensors.Length > 0)
            yield return $"{tensors.Length} of the {Count} tensors that config.json asks for {what}: {describe(tensors[0])}{(tensors.Length > 1 ? "; ..." : "")}.";
    }
}
