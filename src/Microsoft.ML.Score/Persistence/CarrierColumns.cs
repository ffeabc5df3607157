using Microsoft.ML.Data;
using Microsoft.ML.Score.Rows;

#pragma warning disable CS0649 // ML.NET sets the fields by reflection

namespace Microsoft.ML.Score.Persistence;

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

/// <summary>What the saved form's mapping writes, each new column into the next free slot of its kind.</summary>
internal sealed class CarrierOutput
{
    public const string Prefix = "Microsoft.ML.Score>";

    [ColumnName(Prefix + nameof(Text0))] public ReadOnlyMemory<char> Text0;
    [ColumnName(Prefix + nameof(Singles0))] public VBuffer<float> Singles0;
    [ColumnName(Prefix + nameof(Singles1))] public VBuffer<float> Singles1;
    [ColumnName(Prefix + nameof(Booleans0))] public VBuffer<bool> Booleans0;
    [ColumnName(Prefix + nameof(Integers0))] public VBuffer<int> Integers0;
}
