using System.Text.Json;

namespace Score.Cli.Runs;

/// <summary>A field of a run file: an option or argument without its dashes, and what it is given.</summary>
/// <param name="Name">As it stands in the file.</param>
/// <param name="Place">File, line and column.</param>
/// <param name="IsList">Whether the value is a list.</param>
/// <param name="Items">The value, or the items of the list: what each is in JSON, and its text.</param>
internal sealed record RunField(string Name, string Place, bool IsList, IReadOnlyList<(JsonTokenType Type, string Text)> Items)
{
    /// <summary>The option that it gives.</summary>
    public string OptionName => "--" + Name;
}
