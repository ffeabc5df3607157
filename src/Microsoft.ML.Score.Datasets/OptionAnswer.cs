using Microsoft.ML.Score.Datasets.Annotations;

namespace Microsoft.ML.Score.Datasets;

/// <summary>How an annotation tells the right option: by letter, by index or by text. Which one is a matter of the layout, never guessed from the value ("2" may be an index or a text).</summary>
internal static class OptionAnswer
{
    /// <summary>What exports write for an answer that is held back, beside null, NaN and an index beyond the options.</summary>
    private static readonly string[] s_hidden = ["", ".", "?", "-", "none", "null", "nan", "n/a", "hidden"];

    /// <summary>The letter of the option at an index, of 26; more options make no question.</summary>
    public static char Letter(int index) => (char)('A' + index);

    /// <summary>The index of the option; null when there is no answer or it is beyond the options, as "-1" and a full stop are for hidden answers.</summary>
    public static int? ByLetter(AnnotationRow row, string field, int options)
    {
        if (!IsGiven(row, field))
            return null;
        var answer = row.Text(field).Trim();
        return answer.Length == 1 && char.ToUpperInvariant(answer[0]) - 'A' is >= 0 and var index && index < options ? index : null;
    }

    /// <inheritdoc cref="ByLetter"/>
    public static int? ByIndex(AnnotationRow row, string field, int options) => IsGiven(row, field) && row.Integer(field) is >= 0 and var index && index < options ? index : null;

    /// <summary>The first option with that text; null when none has it. Texts that differ in more than their surrounding space are not taken for one another.</summary>
    public static int? ByText(AnnotationRow row, string field, IReadOnlyList<string> options)
    {
        var answer = row.Text(field).Trim();
        for (var index = 0; index < options.Count; index++)
            if (options[index].Trim() == answer)
                return index;
        return null;
    }

    /// <summary>The reason for which a question is left out when none of the above finds its answer.</summary>
    public static string NotAnOption(AnnotationRow row, string field) => IsGiven(row, field) ? $"its answer '{row.Text(field)}' is not among its options" : "it has no answer";

    private static bool IsGiven(AnnotationRow row, string field) => row.Has(field) && !s_hidden.Contains(row.Text(field).Trim().ToLowerInvariant());
}
