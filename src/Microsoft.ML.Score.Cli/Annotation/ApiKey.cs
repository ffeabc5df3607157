namespace Score.Cli.Annotation;

/// <summary>The key of an endpoint. No message shows it, nor the name of its variable, which might be the key itself.</summary>
internal static class ApiKey
{
    /// <summary>The key that an environment variable holds, without the spaces and line ends around it that a file or a shell leaves.</summary>
    /// <exception cref="InvalidOperationException">There is none, or it cannot be the value of a header.</exception>
    public static string Of(string variable)
    {
        var key = Environment.GetEnvironmentVariable(variable)?.Trim() ?? "";
        if (key.Length == 0)
            throw new InvalidOperationException("The environment variable that --api-key-env names is not set, or is empty.");
        if (key.AsSpan().IndexOfAnyExceptInRange('!', '~') is >= 0 and var at)
            throw new InvalidOperationException(
                $"The key in the environment variable that --api-key-env names has U+{(int)key[at]:X4} as character {at + 1} of {key.Length}; expected visible ASCII characters only. Set it to the key alone.");
        return key;
    }
}
