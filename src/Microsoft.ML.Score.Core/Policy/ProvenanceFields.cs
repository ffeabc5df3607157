using System.Globalization;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Policy;

/// <summary>
/// A <see cref="PolicyProvenance"/> in the metadata of a policy's file. Files of earlier versions have none; one that has any of it has all of it, each field
/// as it is written and in its range. Other keys are passed over, so that a later version may add some.
/// </summary>
internal static class ProvenanceFields
{
    private const string Prefix = "provenance.";
    private const string None = "none";
    private const int MostCharacters = 200;
    private const int HashCharacters = 64;

    public static IEnumerable<KeyValuePair<string, string>> Write(PolicyProvenance provenance) =>
    [
        Field("version", provenance.Version),
        Field("model", provenance.Model),
        Field("model_fingerprint", provenance.ModelFingerprint),
        Field("seed", Text(provenance.Seed)),
        Field("warm_up_steps", Text(provenance.WarmUpSteps)),
        Field("main_steps", Text(provenance.MainSteps)),
        Field("kept_step", Text(provenance.KeptStep)),
        Field("retention_ratio", Text(provenance.RetentionRatio)),
        Field("rows", Text(provenance.Rows)),
        Field("stills", Text(provenance.Stills)),
        Field("rows_sha256", provenance.RowsHash),
        Field("initial_policy", provenance.InitialPolicy ?? None),
        Field("validation_cross_entropy", Text(provenance.ValidationCrossEntropy)),
        Field("untrained_cross_entropy", Text(provenance.UntrainedCrossEntropy)),
    ];

    /// <returns>Null where the file has none.</returns>
    /// <exception cref="InvalidDataException">A field is missing or out of range.</exception>
    public static PolicyProvenance? Read(SafetensorsFile file)
    {
        if (!file.Metadata.Keys.Any(key => key.StartsWith(Prefix, StringComparison.Ordinal)))
            return null;

        var (warmUpSteps, mainSteps) = (Integer("warm_up_steps", 0, int.MaxValue), Integer("main_steps", 0, int.MaxValue));
        var rows = Integer("rows", 0, int.MaxValue);
        return new PolicyProvenance
        {
            Version = Short("version"),
            Model = Short("model"),
            ModelFingerprint = Short("model_fingerprint"),
            Seed = Integer("seed", int.MinValue, int.MaxValue),
            WarmUpSteps = warmUpSteps,
            MainSteps = mainSteps,
            KeptStep = Integer("kept_step", 0, (int)Math.Min((long)warmUpSteps + mainSteps, int.MaxValue)),
            RetentionRatio = Number("retention_ratio", "a number above 0 and at most 1", value => value is > 0 and <= 1),
            Rows = rows,
            Stills = Integer("stills", 0, rows),
            RowsHash = Hash("rows_sha256"),
            InitialPolicy = Value("initial_policy") == None ? null : Hash("initial_policy"),
            ValidationCrossEntropy = CrossEntropy("validation_cross_entropy"),
            UntrainedCrossEntropy = CrossEntropy("untrained_cross_entropy"),
        };

        string Value(string name) => file.Metadata.GetValueOrDefault(Prefix + name) ?? throw Fault(name, "there", "(nothing)");

        string Short(string name) => Value(name) is var text && IsShort(text) ? text : throw Fault(name, $"1 to {MostCharacters} characters, none of control", text);

        string Hash(string name) => Value(name) is var text && text.Length == HashCharacters && text.All(char.IsAsciiHexDigitLower)
            ? text
            : throw Fault(name, $"{HashCharacters} hexadecimal digits", text);

        int Integer(string name, int least, int most) =>
            Value(name) is var text && int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && Text(value) == text && value >= least && value <= most
                ? value
                : throw Fault(name, $"an integer from {least} to {most}", text);

        double Number(string name, string expected, Func<double, bool> isValid) =>
            Value(name) is var text && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && Text(value) == text && isValid(value)
                ? value
                : throw Fault(name, expected, text);

        double? CrossEntropy(string name) => Value(name) == None ? null : Number(name, $"a finite number or '{None}'", double.IsFinite);

        InvalidDataException Fault(string name, string expected, string actual) => new(
            $"The policy '{file.Name}' is damaged: '{Prefix}{name}' must be {expected}, got '{Excerpt.Of(actual)}'. Copy it from its source again, or train it anew.");
    }

    /// <summary>A name of any origin as the file may hold it.</summary>
    public static string Shortened(string text)
    {
        var visible = string.Concat(text.Where(character => !char.IsControl(character) && !char.IsSurrogate(character)).Take(MostCharacters));
        return visible.Length > 0 ? visible : "unnamed";
    }

    private static bool IsShort(string text) => text.Length is >= 1 and <= MostCharacters && !text.Any(char.IsControl);

    private static KeyValuePair<string, string> Field(string name, string value) => new(Prefix + name, value);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Text(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? None;
}
