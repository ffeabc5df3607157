using System.CommandLine;
using System.CommandLine.Invocation;
using Microsoft.ML;
using Score.Cli.Usage;

namespace Score.Cli.Commands;

/// <summary><c>score --version</c>: the program's version, and which ML.NET it was built with.</summary>
internal sealed class VersionAction : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        // MLContext stands in the assembly Microsoft.ML.Data of the package Microsoft.ML, which is the name that users know.
        parseResult.InvocationConfiguration.Output.WriteLine($"score {ProgramVersion.Text} with Microsoft.ML {ProgramVersion.Of(typeof(MLContext).Assembly)}");
        return 0;
    }
}
