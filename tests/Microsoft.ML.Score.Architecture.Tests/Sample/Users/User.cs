namespace Microsoft.ML.Score.Architecture.Sample;

/// <summary>Uses each type of Used/Types.cs once, each in another way; <see cref="ReferenceReaderTests"/> says that all are found.</summary>
[Mark]
internal sealed class User : BaseType, IImplemented
{
    public readonly FieldType Field = new();

    public List<TypeArgument[]> Lists { get; } = [];

    public static void Constrained<T>()
        where T : IConstraint
    {
    }

    public static ResultType? Signature(ParameterType parameter) => null;

    public static object Body(object value)
    {
        try
        {
            CalledType.Call();
            return value is TestedType ? value : new CreatedType();
        }
        catch (CaughtType)
        {
            return value;
        }
    }

    public static Func<object> Lambda(int captured) => () => captured > 0 ? new CreatedInLambda() : captured;

    public static IEnumerable<object> Iterator()
    {
        yield return new CreatedInIterator();
    }

    public static async Task<object> AfterAwait()
    {
        await Task.Yield();
        return new CreatedAfterAwait();
    }

    public static string EnumName(EnumType value) => value.ToString();
}
