namespace Score.Cli.Usage;

/// <summary>The command line cannot be meant as it stands, whatever is on the disk.</summary>
internal sealed class UsageException(string message) : Exception(message);
