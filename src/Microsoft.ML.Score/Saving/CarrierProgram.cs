using System.Collections.Concurrent;

namespace Microsoft.ML.Score.Saving;

/// <summary>
/// Runs a transformer on slots: the saved form computes with the very code of the real transformer. Safe for concurrent calls,
/// each of which borrows a bound row.
/// </summary>
internal sealed class CarrierProgram(VideoTransformer transformer)
{
    private readonly ConcurrentBag<BoundRow> _idle = [];

    public void Run(CarrierInput input, CarrierOutput output)
    {
        if (!_idle.TryTake(out var row))
            row = new BoundRow(transformer);
        row.Run(input, output);
        _idle.Add(row); // not after an exception: that row's buffers may be half written
    }

    private sealed class BoundRow
    {
        private readonly CarrierRow _input;
        private readonly Action<CarrierOutput>[] _writers;

        public BoundRow(VideoTransformer transformer)
        {
            var fitted = transformer.FittedColumns.ToArray();
            var builder = new DataViewSchema.Builder();
            builder.AddColumns(fitted);
            var mapper = transformer.GetRowToRowMapper(builder.ToSchema());
            var added = mapper.OutputSchema.Skip(mapper.InputSchema.Count).ToArray();
            var slots = CarrierSlots.Assign(added.Select(column => new DataViewSchema.DetachedColumn(column)));

            _input = new CarrierRow(mapper.InputSchema, CarrierSlots.Assign(fitted));
            var row = mapper.GetRow(_input, added);
            _writers = [.. added.Select((column, i) => column.Name == transformer.OutputOfKnownSize ? PartsWriter(row, column) : Writer(row, column, slots[i]))];
        }

        public void Run(CarrierInput input, CarrierOutput output)
        {
            _input.MoveTo(input);
            foreach (var write in _writers)
                write(output);
        }

        private static Action<CarrierOutput> PartsWriter(DataViewRow row, DataViewSchema.Column column)
        {
            var getter = row.GetGetter<Data.VBuffer<float>>(column);
            var values = new Data.VBuffer<float>();
            return output =>
            {
                getter(ref values);
                output.SetParts([.. values.DenseValues()]);
            };
        }

        private static Action<CarrierOutput> Writer(DataViewRow row, DataViewSchema.Column column, string slot)
        {
            switch (slot)
            {
                case nameof(CarrierOutput.Text0):
                    var text = row.GetGetter<ReadOnlyMemory<char>>(column);
                    return output => text(ref output.Text0);
                case nameof(CarrierOutput.Boolean0):
                    var boolean = row.GetGetter<bool>(column);
                    return output => boolean(ref output.Boolean0);
                case nameof(CarrierOutput.Singles0):
                    var singles0 = row.GetGetter<Data.VBuffer<float>>(column);
                    return output => singles0(ref output.Singles0);
                case nameof(CarrierOutput.Singles1):
                    var singles1 = row.GetGetter<Data.VBuffer<float>>(column);
                    return output => singles1(ref output.Singles1);
                case nameof(CarrierOutput.Singles2):
                    var singles2 = row.GetGetter<Data.VBuffer<float>>(column);
                    return output => singles2(ref output.Singles2);
                case nameof(CarrierOutput.Booleans0):
                    var booleans = row.GetGetter<Data.VBuffer<bool>>(column);
                    return output => booleans(ref output.Booleans0);
                case nameof(CarrierOutput.Integers0):
                    var integers = row.GetGetter<Data.VBuffer<int>>(column);
                    return output => integers(ref output.Integers0);
                default:
                    throw new NotSupportedException($"A saved transformer has no output slot '{slot}'.");
            }
        }
    }
}
