namespace Microsoft.ML.Score.Models.Qwen2;

/// <summary>
/// What config.json says of rotary positions, wherever it says it: <c>rope_scaling</c> with <c>rope_theta</c> beside it, or <c>rope_parameters</c>
/// with it inside (transformers 5), beside the language model's keys or outside its <c>text_config</c>. Places that contradict each other
/// and whatever would change positions otherwise are errors.
/// </summary>
/// <param name="Theta">The base of the frequencies; null where none is named.</param>
/// <param name="MropeSection">How many frequencies follow each of three positions; null where none is named.</param>
internal sealed record RopeSettings(double? Theta, int[]? MropeSection)
{
    // They say nothing of their own for the types that run here.
    private static readonly string[] s_neutral = ["rope_type", "type", "rope_theta", "mrope_section", "original_max_position_embeddings"];

    /// <param name="config">All of config.json.</param>
    /// <param name="types">The types that the model has; where none is named, the first.</param>
    /// <param name="interleaved">Whether the model's axes alternate among the frequencies; settings that say otherwise are refused.</param>
    /// <exception cref="InvalidDataException">The settings are of another type, or contradict each other.</exception>
    public static RopeSettings Read(ConfigSection config, IReadOnlyList<string> types, bool interleaved = false)
    {
        (double Value, string Where)? theta = null;
        (int[] Value, string Where)? sections = null;
        foreach (var (section, prefix) in (IEnumerable<(ConfigSection?, string)>)[(config.Section("text_config"), "text_config."), (config, "")])
        {
            if (section is null)
                continue;
            SeeTheta(section, $"{prefix}rope_theta");
            foreach (var key in (string[])["rope_parameters", "rope_scaling"])
            {
                if (section.Section(key) is not { } rope)
                    continue;
                var where = prefix + key;
                ThrowIfOther(rope, where, types, interleaved);
                SeeTheta(rope, $"{where}.rope_theta");
                if (rope.Integers("mrope_section") is not { } found)
                    continue;
                if (sections is { } known && !known.Value.AsSpan().SequenceEqual(found))
                    throw new InvalidDataException($"{config.File}: mrope_section is [{string.Join(", ", known.Value)}] in {known.Where} and [{string.Join(", ", found)}] in {where}; remove the wrong one.");
                sections ??= (found, where);
            }
        }

        return new RopeSettings(theta?.Value, sections?.Value);

        void SeeTheta(ConfigSection section, string where)
        {
            if (section.Positive("rope_theta") is not { } found)
                return;
            if (theta is { } known && known.Value != found)
                throw new InvalidDataException($"{config.File}: {known.Where} is {known.Value:R} and {where} is {found:R}; remove the wrong one.");
            theta ??= (found, where);
        }
    }

    private static void ThrowIfOther(ConfigSection rope, string where, IReadOnlyList<string> types, bool interleaved)
    {
        var expected = string.Join(" or ", types.Select(type => $"'{type}'"));
        foreach (var key in (string[])["rope_type", "type"])
            if (rope.Text(key) is { } type && !types.Contains(type))
                throw new InvalidDataException(
                    $"{rope.File}: the {key} '{Storage.Excerpt.Of(type)}' of {where} is not supported; expected {expected}. Take the checkpoint without scaled positions.");
        foreach (var key in rope.Keys.Except(s_neutral))
            if (!IsNeutral(rope, key, interleaved))
                throw new InvalidDataException(
                    $"{rope.File}: {where} has '{Storage.Excerpt.Of(key)}', which the supported types {expected} do not have. Take the checkpoint without scaled positions.");
    }

    private static bool IsNeutral(ConfigSection rope, string key, bool interleaved) => key switch
    {
        "factor" or "partial_rotary_factor" or "attention_factor" => rope.Positive(key) == 1,
        "mrope_interleaved" => rope.Flag(key, false) == interleaved,
        _ => false,
    };
}
