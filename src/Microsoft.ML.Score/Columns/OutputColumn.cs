using Microsoft.ML.Data;

namespace Microsoft.ML.Score.Columns;

/// <summary>A column that a transformer adds: its schema entry and how its value is read from the row's result.</summary>
/// <param name="Name">The column's name.</param>
/// <param name="Type">The column's type.</param>
/// <param name="Annotations">The column's annotations, or null.</param>
/// <param name="CreateGetter">Makes the <c>ValueGetter</c> over a function that gives the current row's result.</param>
internal sealed record OutputColumn<TResult>(string Name, DataViewType Type, DataViewSchema.Annotations? Annotations, Func<Func<TResult>, Delegate> CreateGetter);

internal static class OutputColumn
{
    public static OutputColumn<TResult> Vector<TResult, TValue>(string name, VectorDataViewType type, Func<TResult, ReadOnlyMemory<TValue>> values,
        DataViewSchema.Annotations? annotations = null) =>
        new(name, type, annotations, result => (ValueGetter<VBuffer<TValue>>)((ref VBuffer<TValue> destination) =>
        {
            var source = values(result()).Span;
            var editor = VBufferEditor.Create(ref destination, source.Length);
            source.CopyTo(editor.Values);
            destination = editor.Commit();
        }));

    public static OutputColumn<TResult> Boolean<TResult>(string name, Func<TResult, bool> value) =>
        new(name, BooleanDataViewType.Instance, null, result => (ValueGetter<bool>)((ref bool destination) => destination = value(result())));

    public static OutputColumn<TResult> Text<TResult>(string name, Func<TResult, string> value, DataViewSchema.Annotations? annotations = null) =>
        new(name, TextDataViewType.Instance, annotations,
            result => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> destination) => destination = value(result()).AsMemory()));
}
