using System.Globalization;
using System.Text;

namespace Microsoft.ML.Transforms;

/// <summary>Reads the one form of expression that is supported: parameters, an arrow and a text literal.</summary>
internal static class ConstantLambda
{
    /// <returns>The literal's text.</returns>
    public static string Parse(string expression, int parameterCount)
    {
        var arrow = expression.IndexOf("=>", StringComparison.Ordinal);
        if (arrow < 0)
            throw new ArgumentException($"The expression must be a lambda such as x => \"text\", got: {Shortened(expression)}", nameof(expression));

        var parameters = expression[..arrow].Trim();
        if (parameters is ['(', .., ')'])
            parameters = parameters[1..^1];
        var names = parameters.Split(',', StringSplitOptions.TrimEntries);
        if (names.Any(name => name.Length == 0 || !name.All(letter => char.IsLetterOrDigit(letter) || letter == '_')))
            throw new ArgumentException($"The parameters of the expression are not names: {Shortened(parameters)}", nameof(expression));
        if (names.Length != parameterCount)
            throw new ArgumentException($"The expression has {names.Length} parameters but there are {parameterCount} input columns", nameof(expression));

        var body = expression.AsSpan(arrow + 2).Trim();
        if (body.Length < 2 || body[0] != '"' || body[^1] != '"')
            throw NotSupported(expression);
        return Unescape(body[1..^1], expression);
    }

    private static string Unescape(ReadOnlySpan<char> literal, string expression)
    {
        var text = new StringBuilder(literal.Length);
        while (!literal.IsEmpty)
        {
            var plain = literal.IndexOfAny("\"\\\r\n");
            if (plain < 0)
                plain = literal.Length;
            text.Append(literal[..plain]);
            literal = literal[plain..];
            if (literal.IsEmpty)
                break;
            if (literal[0] is '\r' or '\n')
                throw new ArgumentException("The expression's text has a line break; write it as \\n or \\r", nameof(expression));
            if (literal[0] == '"')
                throw NotSupported(expression);
            literal = literal[Escape(literal, text, expression)..];
        }
        return text.ToString();
    }

    /// <returns>The length of the escape at the start of <paramref name="literal"/>.</returns>
    private static int Escape(ReadOnlySpan<char> literal, StringBuilder text, string expression)
    {
        switch (literal.Length > 1 ? literal[1] : '\0')
        {
            case '\\' or '"' or '\'':
                text.Append(literal[1]);
                return 2;
            case 'n':
                text.Append('\n');
                return 2;
            case 'r':
                text.Append('\r');
                return 2;
            case 't':
                text.Append('\t');
                return 2;
            case 'u' when literal.Length >= 6 && ushort.TryParse(literal[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code):
                text.Append((char)code);
                return 6;
            default:
                throw new ArgumentException(
                    $"The expression's text has an escape other than \\\\ \\\" \\' \\n \\r \\t \\uXXXX: {Shortened(expression)}", nameof(expression));
        }
    }

    private static NotSupportedException NotSupported(string expression) =>
        new($"Without the ML.NET packages an expression can only be a constant text, x => \"text\", got: {Shortened(expression)}");

    private static string Shortened(string text) => text.Length <= 80 ? text : text[..80] + "...";
}
