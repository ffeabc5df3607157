using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Microsoft.ML.Score.Cli.Commands;

/// <summary><c>score --version</c>: the program's version, and which ML.NET it was built with.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var (score, ml) = (typeof(VersionAction).Assembly, typeof(MLContext).Assembly);
        parseResult.InvocationConfiguration.Output.WriteLine($"score {VersionOf(score)} with {ml.GetName().Name} {VersionOf(ml)}");
        return 0;
    }

    private static string VersionOf(Assembly assembly) =>
        assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
