using System.Text.Json;

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
            var data = new byte[reader.ReadInt32()];
            reader.BaseStream.ReadExactly(data);
            return new SavedTransformer(kind, settings, data);
        }
        catch (Exception error) when (error is FormatException or IOException or OverflowException)
        {
            throw new InvalidDataException($"The saved transformer is damaged: {error.Message}", error);
        }
    }

    /// <summary>The settings, of the type that the kind has.</summary>
    /// <exception cref="InvalidDataException">They are not of that type.</exception>
    public TSettings Read<TSettings>()
    {
        try
        {
            return JsonSerializer.Deserialize<TSettings>(Settings, s_complete) ?? throw new InvalidDataException($"The saved {Kind} has no settings.");
        }
        catch (Exception error) when (error is JsonException or NotSupportedException or ArgumentException)
        {
            throw new InvalidDataException($"The settings of the saved {Kind} are damaged or of another version: {error.Message}", error);
        }
    }
}
