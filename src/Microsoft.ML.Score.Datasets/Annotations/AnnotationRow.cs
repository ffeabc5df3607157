using System.Globalization;
using System.Text.Json;
using Microsoft.ML.Score.Evaluation;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Datasets.Annotations;

/// <summary>
/// One row of an annotation file, whatever its format: fields by name. Exports write one thing in several ways (numbers as text,
/// lists as text), which is accepted here; what is missing or something else altogether is an error that names file, row and field.
/// </summary>
internal sealed class AnnotationRow(JsonElement fields, string where)
{
    /// <summary>Of a question with its options, many times the longest of a published benchmark.</summary>
    public const int MostCharacters = 32768;

    /// <summary>File and row, for messages.</summary>
    public string Where => where;

    public bool Has(string field) => Find(field) is { ValueKind: not JsonValueKind.Null };

    /// <summary>The first of the fields that the row has.</summary>
    /// <exception cref="InvalidDataException">It has none of them.</exception>
    public string FirstOf(params ReadOnlySpan<string> names)
    {
        foreach (var field in names)
            if (Has(field))
                return field;
        throw Error($"needs a field '{string.Join("' or '", names)}'");
    }

    /// <summary>A text; a number as it is written, since some files mix both in one field.</summary>
    /// <exception cref="InvalidDataException">The field is missing or neither.</exception>
    public string Text(string field) => Text(Value(field), field);

    /// <summary>A whole number, or a text of one; exports of columns with gaps write 1 as 1.0.</summary>
    /// <exception cref="InvalidDataException">The field is missing or no such number.</exception>
    public int Integer(string field) => int.TryParse(Text(field), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)
        ? number
        : throw Error($"'{field}' must be a whole number, is '{Excerpt.Of(Text(field))}'");

    /// <summary>A list of texts: a JSON array, or a text that holds a Python list of them.</summary>
    /// <exception cref="InvalidDataException">The field is missing or no such list, or has a null, without which later options would get the letters of others.</exception>
    public IReadOnlyList<string> Texts(string field)
    {
        var value = Value(field);
        if (value.ValueKind == JsonValueKind.Array)
            return [.. value.EnumerateArray().Select(item => Text(item, field))];
        if (value.ValueKind == JsonValueKind.String && PythonList.TryParse(Text(value, field), out var items))
            return items;
        throw Error(value.ValueKind == JsonValueKind.String && PythonList.IsElided(Text(value, field))
            ? $"'{field}' is an array from which NumPy left out items ('...'); export the list whole, with numpy.set_printoptions(threshold=sys.maxsize) or tolist()"
            : $"'{field}' must be a list of texts");
    }

    /// <summary>Whether the field holds a list or a text that is written as one.</summary>
    public bool HasList(string field) => Has(field) && Value(field) is var value
        && (value.ValueKind == JsonValueKind.Array || (value.ValueKind == JsonValueKind.String && PythonList.TryParse(Text(value, field), out _)));

    /// <summary>The objects of a list.</summary>
    /// <exception cref="InvalidDataException">The field is missing or no list of objects.</exception>
    public IEnumerable<AnnotationRow> Rows(string field)
    {
        var value = Value(field);
        if (value.ValueKind != JsonValueKind.Array || value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.Object))
            throw Error($"'{field}' must be a list of objects");
        return value.EnumerateArray().Select((item, index) => new AnnotationRow(item, $"{where}, {field}[{index}]"));
    }

    /// <exception cref="InvalidDataException">The parts make no question.</exception>
    public MultipleChoiceQuestion Question(string text, IReadOnlyList<string> options, int answer, string task)
    {
        if (string.IsNullOrWhiteSpace(task))
            throw Error("its task is empty");
        if (text.Length > MostCharacters)
            throw Error($"the question and its options have {text.Length} characters; expected at most {MostCharacters}");
        try
        {
            return new MultipleChoiceQuestion(text, options, answer, task);
        }
        catch (ArgumentException exception)
        {
            throw new InvalidDataException($"{where}: {Excerpt.Of(exception)}", exception);
        }
    }

    public InvalidDataException Error(string message) => new($"{where}: {message}.");

    private JsonElement Value(string field) => Find(field) is { ValueKind: not JsonValueKind.Null } value ? value : throw Error($"needs a field '{field}'");

    private JsonElement? Find(string field)
    {
        try
        {
            return fields.TryGetProperty(field, out var value) ? value : null;
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidDataException($"{where}: a property's name is no valid Unicode text.", exception);
        }
    }

    private string Text(JsonElement value, string field)
    {
        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString()!,
                JsonValueKind.Number => value.GetRawText(),
                _ => throw Error($"'{field}' must be a text, is {value.ValueKind.ToString().ToLowerInvariant()}"),
            };
        }
        catch (InvalidOperationException exception)
        {
            throw new InvalidDataException($"{where}: '{field}' is no valid Unicode text.", exception);
        }
    }
}
