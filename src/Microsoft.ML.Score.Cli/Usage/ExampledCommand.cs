using System.CommandLine;

namespace Score.Cli.Usage;

/// <summary>A command line that help shows; tests run every one.</summary>
/// <param name="Line">As it is typed, the program's name first. Double quotes hold words together.</param>
/// <param name="Does">What it does, as a sentence.</param>
internal sealed record Example(string Line, string Does);

/// <summary>A command whose help ends with examples, which stand beside the command's options.</summary>
/// <param name="name">The word of the command line.</param>
/// <param name="description">What it does, for help.</param>
/// <param name="examples">Two to four.</param>
internal sealed class ExampledCommand(string name, string description, params Example[] examples) : Command(name, description)
{
    public IReadOnlyList<Example> Examples => examples;
}
