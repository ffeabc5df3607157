using System.Reflection;

namespace Microsoft.ML.Data;

/// <summary>Getters whose value type is known at run time only.</summary>
internal static class Getters
{
    /// <summary>The getter as one of <typeparamref name="TValue"/>, or the error for asking the wrong type.</summary>
    public static ValueGetter<TValue> Cast<TValue>(Delegate getter, DataViewSchema.Column column) =>
        getter as ValueGetter<TValue>
        ?? throw new InvalidOperationException(
            $"Invalid TValue in GetGetter for column '{column.Name}': '{typeof(TValue)}', expected type: '{column.Type.RawType}'.");

    /// <summary>The getter of a column at its own raw type.</summary>
    public static Delegate Of(DataViewRow row, DataViewSchema.Column column) =>
        (Delegate)CallGeneric(Of<int>, [column.Type.RawType], row, column);

    /// <summary>Calls the generic method that <paramref name="example"/> is an instance of, with other type arguments.</summary>
    public static object CallGeneric(Delegate example, Type[] typeArguments, params object[] arguments) =>
        example.Method.GetGenericMethodDefinition().MakeGenericMethod(typeArguments)
            .Invoke(example.Target, BindingFlags.DoNotWrapExceptions, null, arguments, null);

    private static Delegate Of<TValue>(DataViewRow row, DataViewSchema.Column column) => row.GetGetter<TValue>(column);
}
