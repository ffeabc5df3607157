using System.Runtime.InteropServices;
using System.Text.Unicode;
using Microsoft.ML.Score.Storage;
using ParquetSharp;

namespace Microsoft.ML.Score.Datasets.Parquet;

/// <summary>Goes through one column of a row group, a row at a time. Few values are fetched at once, so that neither long texts nor long columns take much memory.</summary>
internal abstract class ColumnCursor(ParquetColumn column) : IDisposable
{
    public ParquetColumn Column => column;

    /// <summary>Whether there is another row.</summary>
    public abstract bool HasNext { get; }

    /// <summary>The next row's value or list of values.</summary>
    /// <param name="budget">The bytes that the row may still take; less afterwards.</param>
    /// <exception cref="InvalidDataException">The column ends too early, or the row takes too many bytes.</exception>
    public abstract object? Next(ref long budget);

    public abstract void Dispose();

    public static ColumnCursor Open(ParquetColumn column, RowGroupReader group)
    {
        var reader = group.Column(column.Index);
        return (column.Meaning, reader) switch
        {
            (ValueMeaning.AsItStands, ColumnReader<bool> booleans) => new Cursor<bool>(column, booleans, Number),
            (ValueMeaning.AsItStands, ColumnReader<int> numbers) => new Cursor<int>(column, numbers, Number),
            (ValueMeaning.AsItStands, ColumnReader<long> numbers) => new Cursor<long>(column, numbers, Number),
            (ValueMeaning.AsItStands, ColumnReader<float> numbers) => new Cursor<float>(column, numbers, Number),
            (ValueMeaning.AsItStands, ColumnReader<double> numbers) => new Cursor<double>(column, numbers, Number),
            (ValueMeaning.Unsigned, ColumnReader<int> numbers) => new Cursor<int>(column, numbers, (int number, ref long _) => (uint)number),
            (ValueMeaning.Unsigned, ColumnReader<long> numbers) => new Cursor<long>(column, numbers, (long number, ref long _) => (ulong)number),
            (_, ColumnReader<ByteArray> texts) => new Cursor<ByteArray>(column, texts, new TextDecoder(column).Decode),
            _ => throw Unread(column, reader),
        };
    }

    private static object Number<T>(T value, ref long budget) where T : struct => value;

    private static InvalidDataException Unread(ParquetColumn column, ColumnReader reader)
    {
        reader.Dispose();
        return new InvalidDataException($"its column '{column.Name}' is of the type {column.Type} in the schema and of another one in a row group");
    }

    private delegate object? Convert<T>(T value, ref long budget);

    private sealed class Cursor<T>(ParquetColumn column, ColumnReader<T> reader, Convert<T> convert) : ColumnCursor(column) where T : unmanaged
    {
        private const int Levels = 128;

        /// <summary>About what an element takes that holds nothing.</summary>
        private const int BytesOfAnElement = 16;

        private readonly short[] _definitions = new short[Levels];
        private readonly short[] _repetitions = new short[Levels];
        private readonly T[] _values = new T[Levels];
        private int _levels;
        private int _level;
        private int _value;

        public override bool HasNext => _level < _levels || reader.HasNext;

        public override object? Next(ref long budget)
        {
            if (!HasNext)
                throw new InvalidDataException($"its column '{Column.Name}' ends before its row group");
            Fetch();
            if (!Column.IsList)
                return Value(ref budget);
            if (_repetitions[_level] != 0)
                throw new InvalidDataException($"its column '{Column.Name}' goes on with a list that was not begun");

            var definition = _definitions[_level];
            if (definition < Column.ElementDefinition)
            {
                _level++;
                return definition == Column.ElementDefinition - 1 ? new List<object?>() : null;
            }

            var list = new List<object?> { Value(ref budget) };
            for (; HasNext; list.Add(Value(ref budget)))
            {
                Fetch();
                if (_repetitions[_level] == 0)
                    break;
                if (_definitions[_level] < Column.ElementDefinition)
                    throw new InvalidDataException($"its column '{Column.Name}' goes on with a list by nothing");
            }

            return list;
        }

        public override void Dispose() => reader.Dispose();

        private object? Value(ref long budget)
        {
            budget -= BytesOfAnElement;
            if (budget < 0)
                throw new InvalidDataException($"a row is too long for its column '{Column.Name}'");
            return _definitions[_level++] == Column.MaxDefinition ? convert(_values[_value++], ref budget) : null;
        }

        /// <summary>Values of bytes point into the page and are gone with the next fetch, so there is none before all are used.</summary>
        private void Fetch()
        {
            if (_level < _levels)
                return;
            _level = _value = 0;
            var values = 0L;
            try
            {
                _levels = (int)reader.ReadBatch(Levels, _definitions, _repetitions, _values, out values);
            }
            catch (ParquetException exception)
            {
                throw new InvalidDataException($"its column '{Column.Name}' is damaged or in an encoding that is not read: {Excerpt.Of(exception)}", exception);
            }

            var levels = _definitions.AsSpan(0, _levels);
            if (Column.MaxDefinition == 0)
                levels.Clear();
            if (_levels == 0 || values != levels.Count(Column.MaxDefinition))
                throw new InvalidDataException($"its column '{Column.Name}' has a page of {_levels} levels and {values} values");
        }
    }

    private sealed class TextDecoder(ParquetColumn column)
    {
        private byte[] _bytes = [];

        public object? Decode(ByteArray value, ref long budget)
        {
            if (value.Length > budget && column.Meaning == ValueMeaning.Bytes)
                return null;
            if (value.Length < 0 || value.Length > budget)
                throw new InvalidDataException($"a row is too long for the {value.Length} bytes of its column '{column.Name}'");
            if (_bytes.Length < value.Length)
                _bytes = new byte[value.Length * 2L > Array.MaxLength ? value.Length : value.Length * 2];
            if (value.Length > 0)
                Marshal.Copy(value.Pointer, _bytes, 0, value.Length);
            var bytes = _bytes.AsSpan(0, value.Length);
            if (!Utf8.IsValid(bytes))
                return column.Meaning == ValueMeaning.Bytes ? null : throw new InvalidDataException($"its column '{column.Name}' has a text that is not UTF-8");
            budget -= value.Length;
            return System.Text.Encoding.UTF8.GetString(bytes);
        }
    }
}
