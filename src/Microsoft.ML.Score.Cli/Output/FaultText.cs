using System.Reflection;

namespace Score.Cli.Output;

/// <summary>What a user is told of an exception.</summary>
internal static class FaultText
{
    /// <summary>The message without the names that only a programmer knows; for a fault of the program itself, what a report of it needs.</summary>
    public static string Of(Exception exception) => exception switch
    {
        AggregateException or TargetInvocationException or TypeInitializationException when exception.InnerException is { } cause => Of(cause),
        NullReferenceException or IndexOutOfRangeException or InvalidCastException =>
            $"the program has a fault: {exception.GetType().Name}{Place(exception)}: {exception.Message} Please report it with the command line.",
        ArgumentException { ParamName: { } parameter } => exception.Message.Replace($" (Parameter '{parameter}')", "", StringComparison.Ordinal),
        _ when string.IsNullOrWhiteSpace(exception.Message) => $"{exception.GetType().Name}{Place(exception)}, without a message.",
        _ => exception.Message,
    };

    private static string Place(Exception exception) => exception.TargetSite is { DeclaringType: { } type } method ? $" in {type.Name}.{method.Name}" : "";
}
