using System.Text.Json;
using Microsoft.ML.Score.Storage;

namespace Microsoft.ML.Score.Saving;

/// <summary>What a zip holds of one transformer.</summary>
/// <param name="Kind">Which transformer it is.</param>
/// <param name="Settings">Its settings as JSON: column names and types as fitted, options, identity of the frozen model.</param>
/// <param name="Data">Its learnt part, the bytes of a policy file; empty where there is none.</param>
internal sealed record SavedTransformer(string Kind, string Settings, byte[] Data)
{
    private static readonly JsonSerializerOptions s_complete = new() { RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

    public static SavedTransformer Create<TSettings>(string kind, TSettings settings, byte[]? data = null) =>
        new(kind, JsonSerializer.Serialize(settings), data ?? []);

    /// <summary>The transformer as text that an expression's literal can hold.</summary>
    public string Encode()
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes))
        {
            writer.Write(Kind);
            writer.Write(Settings);
            writer.Write(Data.Length);
            writer.Write(Data);
        }

        return Convert.ToBase64String(bytes.ToArray());
    }

    public static SavedTransformer Decode(ReadOnlySpan<char> text)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(Convert.FromBase64String(text.ToString())));
            var kind = reader.ReadString();
            var settings = reader.ReadString();
            var length = reader.ReadInt32();
            var left = reader.BaseStream.Length - reader.BaseStream.Position;
            return length == left
                ? new SavedTransformer(kind, settings, reader.ReadBytes(length))
                : throw new InvalidDataException($"The saved transformer is damaged: its learnt part claims {length} bytes, {left} are there.");
        }
        catch (Exception error) when (error is FormatException or IOException)
        {
            throw new InvalidDataException($"The saved transformer is damaged: {Excerpt.Of(error)}", error);
        }
    }

    /// <summary>The settings, of the type that the kind has.</summary>
    /// <exception cref="InvalidDataException">They are not of that type, or one is out of range.</exception>
    public TSettings Read<TSettings>() where TSettings : ISavedSettings
    {
        try
        {
            var settings = JsonSerializer.Deserialize<TSettings>(Settings, s_complete) ?? throw new JsonException("they are null");
            return settings.Faults().All is { Count: > 0 } faults ? throw new JsonException(string.Join("; ", faults)) : settings;
        }
        catch (Exception error) when (error is JsonException or NotSupportedException or ArgumentException)
        {
            throw new InvalidDataException($"The settings of the saved {Kind} are damaged or of another version: {Excerpt.Of(error)}", error);
        }
    }
}

/// <summary>Settings as a zip holds them. Anyone may have written it: they are held to what the options were held to when the pipeline was made.</summary>
internal interface ISavedSettings
{
    /// <summary>Every setting that no pipeline of ours has.</summary>
    OptionFaults Faults();
}
