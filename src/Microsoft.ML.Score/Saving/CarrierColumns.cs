using Microsoft.ML.Data;
using Microsoft.ML.Score.Columns;

#pragma warning disable CS0649 // ML.NET sets the fields by reflection

namespace Microsoft.ML.Score.Saving;

/// <summary>
/// The input columns of the saved form, under names of our own. Each column of the user's is copied onto the next free slot of its
/// kind; the others stay blank.
/// </summary>
internal class CarrierSlots
{
    public const string Prefix = "Microsoft.ML.Score<";

    [ColumnName(Prefix + nameof(Text0))] public ReadOnlyMemory<char> Text0;
    [ColumnName(Prefix + nameof(Text1))] public ReadOnlyMemory<char> Text1;
    [ColumnName(Prefix + nameof(Singles0))] public VBuffer<float> Singles0;
    [ColumnName(Prefix + nameof(Singles1))] public VBuffer<float> Singles1;
    [ColumnName(Prefix + nameof(Singles2))] public VBuffer<float> Singles2;
    [ColumnName(Prefix + nameof(Booleans0))] public VBuffer<bool> Booleans0;
    [ColumnName(Prefix + nameof(Integers0))] public VBuffer<int> Integers0;
    [ColumnName(Prefix + nameof(Bytes0))] public VBuffer<byte> Bytes0;

    /// <summary>The slots of the given columns, in order.</summary>
    public static string[] Assign(IEnumerable<DataViewSchema.DetachedColumn> columns)
    {
        var used = new Dictionary<string, int>();
        return [.. columns.Select(column => Next(column.Type))];

        string Next(DataViewType type)
        {
            var kind = type switch
            {
                _ when ColumnKind.Text.Fits(type) => "Text",
                _ when ColumnKind.Boolean.Fits(type) => "Boolean",
                _ when ColumnKind.Singles.Fits(type) => "Singles",
                _ when ColumnKind.Booleans.Fits(type) => "Booleans",
                _ when ColumnKind.Integers.Fits(type) => "Integers",
                _ when ColumnKind.Bytes.Fits(type) => "Bytes",
                _ => throw new NotSupportedException($"A column of type {type} has no place in a saved transformer."),
            };
            var ordinal = used.GetValueOrDefault(kind);
            used[kind] = ordinal + 1;
            return kind + ordinal;
        }
    }
}

/// <summary>Blank slots, and a scalar for the constant to hang on.</summary>
internal sealed class CarrierBlanks : CarrierSlots
{
    public const string AnchorColumn = Prefix + nameof(Anchor);

    [ColumnName(AnchorColumn)] public float Anchor;
}

/// <summary>What the saved form's mapping reads: the slots and the constant.</summary>
internal sealed class CarrierInput : CarrierSlots
{
    public const string PayloadColumn = Prefix + nameof(Payload);

    [ColumnName(PayloadColumn)] public ReadOnlyMemory<char> Payload;
}

/// <summary>
/// What the saved form's mapping writes, each new column into the next free slot of its kind. A mapping's slots have one type for all
/// pipelines; a vector of any known size is put together, by concatenation, of parts whose sizes are powers of two.
/// </summary>
internal sealed class CarrierOutput
{
    public const string Prefix = "Microsoft.ML.Score>";

    [ColumnName(Prefix + nameof(Text0))] public ReadOnlyMemory<char> Text0;
    [ColumnName(Prefix + nameof(Boolean0))] public bool Boolean0;
    [ColumnName(Prefix + nameof(Singles0))] public VBuffer<float> Singles0;
    [ColumnName(Prefix + nameof(Singles1))] public VBuffer<float> Singles1;
    [ColumnName(Prefix + nameof(Singles2))] public VBuffer<float> Singles2;
    [ColumnName(Prefix + nameof(Booleans0))] public VBuffer<bool> Booleans0;
    [ColumnName(Prefix + nameof(Integers0))] public VBuffer<int> Integers0;
    [ColumnName(Prefix + nameof(Part0))][VectorType(1)] public VBuffer<float> Part0;
    [ColumnName(Prefix + nameof(Part1))][VectorType(2)] public VBuffer<float> Part1;
    [ColumnName(Prefix + nameof(Part2))][VectorType(4)] public VBuffer<float> Part2;
    [ColumnName(Prefix + nameof(Part3))][VectorType(8)] public VBuffer<float> Part3;
    [ColumnName(Prefix + nameof(Part4))][VectorType(16)] public VBuffer<float> Part4;
    [ColumnName(Prefix + nameof(Part5))][VectorType(32)] public VBuffer<float> Part5;
    [ColumnName(Prefix + nameof(Part6))][VectorType(64)] public VBuffer<float> Part6;
    [ColumnName(Prefix + nameof(Part7))][VectorType(128)] public VBuffer<float> Part7;
    [ColumnName(Prefix + nameof(Part8))][VectorType(256)] public VBuffer<float> Part8;
    [ColumnName(Prefix + nameof(Part9))][VectorType(512)] public VBuffer<float> Part9;
    [ColumnName(Prefix + nameof(Part10))][VectorType(1024)] public VBuffer<float> Part10;
    [ColumnName(Prefix + nameof(Part11))][VectorType(2048)] public VBuffer<float> Part11;
    [ColumnName(Prefix + nameof(Part12))][VectorType(4096)] public VBuffer<float> Part12;
    [ColumnName(Prefix + nameof(Part13))][VectorType(8192)] public VBuffer<float> Part13;
    [ColumnName(Prefix + nameof(Part14))][VectorType(16384)] public VBuffer<float> Part14;
    [ColumnName(Prefix + nameof(Part15))][VectorType(32768)] public VBuffer<float> Part15;

    private static readonly Action<CarrierOutput, VBuffer<float>>[] s_parts =
    [
        (output, part) => output.Part0 = part,
        (output, part) => output.Part1 = part,
        (output, part) => output.Part2 = part,
        (output, part) => output.Part3 = part,
        (output, part) => output.Part4 = part,
        (output, part) => output.Part5 = part,
        (output, part) => output.Part6 = part,
        (output, part) => output.Part7 = part,
        (output, part) => output.Part8 = part,
        (output, part) => output.Part9 = part,
        (output, part) => output.Part10 = part,
        (output, part) => output.Part11 = part,
        (output, part) => output.Part12 = part,
        (output, part) => output.Part13 = part,
        (output, part) => output.Part14 = part,
        (output, part) => output.Part15 = part,
    ];

    /// <summary>The names of the parts that a vector of the given size consists of, in order.</summary>
    public static string[] PartColumns(int size) => [.. Exponents(size).Select(exponent => $"{Prefix}Part{exponent}")];

    /// <summary>Writes a vector into its parts.</summary>
    public void SetParts(float[] values)
    {
        var offset = 0;
        foreach (var exponent in Exponents(values.Length))
        {
            s_parts[exponent](this, new VBuffer<float>(1 << exponent, values[offset..(offset + (1 << exponent))]));
            offset += 1 << exponent;
        }
    }

    private static IEnumerable<int> Exponents(int size) => Enumerable.Range(0, s_parts.Length).Where(exponent => (size >> exponent & 1) == 1);
}
