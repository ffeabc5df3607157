using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML.Score.Kernels;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Training;

/// <summary>The metadata and tensors of a training checkpoint, read strictly: each as it is written, in its range, and no others.</summary>
/// <param name="file">The checkpoint.</param>
/// <param name="known">Metadata that is checked elsewhere.</param>
internal sealed class CheckpointFields(SafetensorsFile file, IEnumerable<string> known)
{
    private readonly HashSet<string> _keys = [.. known];
    private readonly HashSet<string> _tensors = [];

    public static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    public static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    public static string Text(bool value) => value ? "true" : "false";

    /// <summary>Refuses any other value than the expected one.</summary>
    public void Expect(string key, string expected)
    {
        if (Value(key) is var value && value != expected)
            throw Fault(key, $"'{expected}'", value);
    }

    /// <summary>An integer in a range.</summary>
    public int Integer(string key, int least, int most)
    {
        var text = Value(key);
        return int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && Text(value) == text && value >= least && value <= most
            ? value
            : throw Fault(key, least == most ? Text(least) : $"an integer from {least} to {most}", text);
    }

    /// <summary>A finite number, or infinity.</summary>
    public double Number(string key, bool isFinite)
    {
        var text = Value(key);
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && Text(value) == text
            && (isFinite ? double.IsFinite(value) : double.IsPositiveInfinity(value))
            ? value
            : throw Fault(key, isFinite ? "a finite number" : Text(double.PositiveInfinity), text);
    }

    /// <summary>A finite number, or null for infinity.</summary>
    public double? NumberOrNone(string key) => Value(key) == Text(double.PositiveInfinity) ? null : Number(key, isFinite: true);

    public bool Flag(string key) => Value(key) switch
    {
        "true" => true,
        "false" => false,
        var other => throw Fault(key, "true or false", other),
    };

    /// <summary>A SHA-256 in hexadecimal digits.</summary>
    public byte[] Hash(string key)
    {
        var text = Value(key);
        return text.Length == 2 * SHA256.HashSizeInBytes && text.All(char.IsAsciiHexDigitLower)
            ? Convert.FromHexString(text)
            : throw Fault(key, $"{2 * SHA256.HashSizeInBytes} hexadecimal digits", text);
    }

    /// <summary>A tensor of so many finite doubles.</summary>
    public double[] Doubles(string name, int count)
    {
        ThrowIfNotOf(name, TensorType.F64, count);
        var values = MemoryMarshal.Cast<byte, double>(file.Bytes(name)).ToArray();
        return Array.FindIndex(values, value => !double.IsFinite(value)) is >= 0 and var at
            ? throw Fault(name, "finite values", FormattableString.Invariant($"{values[at]} at index {at}"))
            : values;
    }

    /// <summary>A tensor of so many finite values.</summary>
    public float[] Finite(string name, int count, float least = float.MinValue)
    {
        ThrowIfNotOf(name, TensorType.F32, count);
        var values = file.ReadSingle(name);
        if (FiniteValues.FirstNotFinite(values) is >= 0 and var at)
            throw Fault(name, "finite values", FormattableString.Invariant($"{values[at]} at index {at}"));
        if (values.AsSpan().IndexOfAnyExceptInRange(least, float.MaxValue) is >= 0 and var low)
            throw Fault(name, FormattableString.Invariant($"values of at least {least}"), FormattableString.Invariant($"{values[low]} at index {low}"));
        return values;
    }

    /// <summary>Whether there is a tensor that a state may do without.</summary>
    public bool Has(string name) => file.Tensors.ContainsKey(name);

    /// <summary>Two tensors as a dictionary: distinct keys, finite values.</summary>
    public OrderedDictionary<long, double> Pairs(string keys, string values)
    {
        var count = file.Tensors.TryGetValue(keys, out var entry) ? entry.Count : 0;
        ThrowIfNotOf(keys, TensorType.I64, count);
        ThrowIfNotOf(values, TensorType.F64, count);
        var pairs = new OrderedDictionary<long, double>();
        foreach (var (key, value) in file.ReadInt64(keys).Zip(MemoryMarshal.Cast<byte, double>(file.Bytes(values)).ToArray()))
            if (!double.IsFinite(value))
                throw Fault(values, "finite values", FormattableString.Invariant($"{value} at index {pairs.Count}"));
            else if (!pairs.TryAdd(key, value))
                throw Fault(keys, "distinct keys", FormattableString.Invariant($"{key} again at index {pairs.Count}"));
        return pairs;
    }

    /// <summary>Refuses what nobody has asked for.</summary>
    public void ThrowIfOthers()
    {
        if (file.Metadata.Keys.FirstOrDefault(key => !_keys.Contains(key)) is { } other)
            throw Fault(other, "no such metadata", file.Metadata[other]);
        if (file.Tensors.Keys.FirstOrDefault(name => !_tensors.Contains(name)) is { } tensor)
            throw Fault(tensor, "no such tensor", file.Tensors[tensor].ToString());
    }

    public InvalidDataException Fault(string field, string expected, string actual) => new(
        $"The checkpoint '{file.Name}' is damaged: '{Excerpt.Of(field)}' must be {expected}, got '{Excerpt.Of(actual)}'. Delete it to start anew.");

    private string Value(string key)
    {
        _keys.Add(key);
        return file.Metadata.GetValueOrDefault(key) ?? "(nothing)";
    }

    private void ThrowIfNotOf(string name, TensorType type, long count)
    {
        _tensors.Add(name);
        if (!file.Tensors.TryGetValue(name, out var entry) || entry.Type != type || entry.Shape is not [var size] || size != count)
            throw Fault(name, $"{type.Word()} [{count}]", entry?.ToString() ?? "(nothing)");
    }
}
