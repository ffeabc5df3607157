using System.Text.RegularExpressions;

namespace Score.Cli.Hub;

/// <summary>
/// Which files of a model are wanted: * and ? stand for characters within a name, ** for folders too. So the default takes none of the folders in
/// which some models keep their weights again in other formats.
/// </summary>
/// <param name="patterns">Any of them has to fit the whole path.</param>
internal sealed class FilePatterns(IReadOnlyList<string> patterns)
{
    private readonly Regex[] _forms = [.. patterns.Select(pattern => new Regex(
        $@"^{Regex.Escape(pattern).Replace(@"\*\*/", "(.*/)?", StringComparison.Ordinal).Replace(@"\*\*", ".*", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal).Replace(@"\?", "[^/]", StringComparison.Ordinal)}\z",
        RegexOptions.NonBacktracking | RegexOptions.Singleline))];

    /// <summary>What a model is loaded from: configurations and tokenizer, weights as safetensors, vocabulary and merges, chat template.</summary>
    public static IReadOnlyList<string> Default { get; } = ["*.json", "*.safetensors", "*.txt", "*.jinja"];

    public bool Match(string name) => _forms.Any(form => form.IsMatch(name));

    public override string ToString() => string.Join(", ", patterns);
}
