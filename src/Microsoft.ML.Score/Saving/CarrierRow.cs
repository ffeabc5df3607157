using Microsoft.ML.Data;

namespace Microsoft.ML.Score.Saving;

/// <summary>A row of the columns that a transformer was fitted on, served from the slots of a <see cref="CarrierInput"/>.</summary>
internal sealed class CarrierRow(DataViewSchema schema, string[] slots) : DataViewRow
{
    private CarrierSlots _source = new();
    private long _position = -1;

    public override DataViewSchema Schema => schema;

    public override long Position => _position;

    public override long Batch => 0;

    public void MoveTo(CarrierSlots source)
    {
        _source = source;
        _position++;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => true;

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => (ValueGetter<TValue>)Getter(slots[column.Index]);

    private Delegate Getter(string slot) => slot switch
    {
        nameof(CarrierSlots.Text0) => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = _source.Text0),
        nameof(CarrierSlots.Text1) => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = _source.Text1),
        nameof(CarrierSlots.Singles0) => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => _source.Singles0.CopyTo(ref value)),
        nameof(CarrierSlots.Singles1) => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => _source.Singles1.CopyTo(ref value)),
        nameof(CarrierSlots.Singles2) => (ValueGetter<VBuffer<float>>)((ref VBuffer<float> value) => _source.Singles2.CopyTo(ref value)),
        nameof(CarrierSlots.Integers0) => (ValueGetter<VBuffer<int>>)((ref VBuffer<int> value) => _source.Integers0.CopyTo(ref value)),
        nameof(CarrierSlots.Booleans0) => (ValueGetter<VBuffer<bool>>)((ref VBuffer<bool> value) => _source.Booleans0.CopyTo(ref value)),
        nameof(CarrierSlots.Bytes0) => (ValueGetter<VBuffer<byte>>)((ref VBuffer<byte> value) => _source.Bytes0.CopyTo(ref value)),
        _ => throw new NotSupportedException($"A saved transformer has no input slot '{slot}'."),
    };
}
