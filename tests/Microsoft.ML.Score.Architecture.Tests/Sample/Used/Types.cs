namespace Microsoft.ML.Score.Architecture.Sample;

internal class BaseType;

internal interface IImplemented;

internal sealed class FieldType;

internal sealed class ParameterType;

internal sealed class ResultType;

internal sealed class TypeArgument;

internal interface IConstraint;

internal sealed class MarkAttribute : Attribute;

internal sealed class CreatedType;

internal static class CalledType
{
    public static void Call()
    {
    }
}

internal sealed class CreatedInLambda;

internal sealed class CreatedInIterator;

internal sealed class CreatedAfterAwait;

internal sealed class CaughtType : Exception;

internal sealed class TestedType;

internal enum EnumType
{
    Value,
}
