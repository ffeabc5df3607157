using System.Globalization;
using System.Text.RegularExpressions;

namespace Score.Cli.Usage;

/// <summary>
/// Numbers as the command line has them, whatever the machine's language: digits 0 to 9, a leading minus, and for numbers that need not be whole a
/// point and an exponent. Nothing is passed over, because what a comma or a space means depends on who wrote it.
/// </summary>
internal static partial class NumberText
{
    /// <summary>The number of a text; false where it is none, or one that <typeparamref name="T"/> cannot hold.</summary>
    /// <typeparam name="T">int or double.</typeparam>
    public static bool TryParse<T>(string text, out T value)
        where T : struct, IParsable<T>
    {
        value = default;
        return Form<T>().IsMatch(text) && T.TryParse(text, CultureInfo.InvariantCulture, out value) && Holds(value, text);
    }

    /// <summary>The number of an item of a list; null where it is none.</summary>
    public static T? Parse<T>(string text)
        where T : struct, IParsable<T> => TryParse(text, out T value) ? value : null;

    /// <summary>What to write in place of a text that was refused: a sentence with a space before it, or nothing where there is nothing to say.</summary>
    public static string Hint<T>(string text)
        where T : struct, IParsable<T>
    {
        if (Form<T>().IsMatch(text))
            return TryParse(text, out T _) ? "" : $" It is out of range: {Range<T>()}.";
        if (text.Count(character => character == ',') == 1 && Decimal().IsMatch(text.Replace(',', '.')))
            return typeof(T) == typeof(double) ? $" Write {text.Replace(',', '.')} with a point." : " A whole number has no comma.";
        return text.Contains(',') ? " Numbers are written without commas between thousands." : "";
    }

    /// <summary>The <see cref="Hint"/> about a list of which an item was refused: a comma in it may have been meant as a point.</summary>
    /// <param name="items">The list as it was given.</param>
    public static string ListHint<T>(string items)
        where T : struct => typeof(T) == typeof(double) && WholePair().IsMatch(items) ? $" A comma separates items; write {items.Replace(',', '.')} with a point." : "";

    private static Regex Form<T>() => typeof(T) == typeof(double) ? Decimal() : Whole();

    private static string Range<T>() => typeof(T) == typeof(double)
        ? "its size must be from 5e-324 to 1.7976931348623157e308"
        : $"it must be from {int.MinValue} to {int.MaxValue}";

    // A number too large becomes infinite and one too small becomes zero, neither of which was written.
    private static bool Holds<T>(T value, string text) =>
        value is not double number || (double.IsFinite(number) && (number != 0 || !text.Split('e', 'E')[0].AsSpan().ContainsAnyInRange('1', '9')));

    [GeneratedRegex(@"\A-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?\z")]
    private static partial Regex Decimal();

    [GeneratedRegex(@"\A-?[0-9]+\z")]
    private static partial Regex Whole();

    [GeneratedRegex(@"\A[0-9]+,[0-9]+\z")]
    private static partial Regex WholePair();
}
